package uml

import (
	"os"
	"testing"
)

// Require ends the test if no machine can be booted: in continuous integration
// (CI=true) as failed, because a test that silently does not run proves
// nothing, elsewhere as skipped.
func Require(tb testing.TB) {
	tb.Helper()
	if err := Missing(); err != nil {
		if os.Getenv("CI") == "true" {
			tb.Fatal(err)
		}
		tb.Skip(err)
	}
}
