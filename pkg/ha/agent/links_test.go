package agent

import (
	"os"
	"path/filepath"
	"testing"
)

// TestLinks: every name is installed, as a link to the binary that knows it.
func TestLinks(t *testing.T) {
	for _, name := range append([]string{ocfName}, names()...) {
		to, err := os.Readlink(filepath.Join("..", "..", "..", "resource.d", name))
		if err != nil || filepath.Base(to) != "heartbeat" {
			t.Errorf("%s: %q, %v", name, to, err)
		}
	}
}

func names() []string {
	var out []string
	for name := range scripts {
		out = append(out, name)
	}
	return out
}
