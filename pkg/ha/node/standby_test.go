package node_test

import (
	"os"
	"path/filepath"
	"testing"
)

// director is an ldirectord that notes what it does.
const director = `#!/bin/sh
case $2 in
start) echo active >"$HELD/director" ;;
standby) [ "$(cat "$HELD/director" 2>/dev/null)" = active ] || echo standby >"$HELD/director" ;;
stop) rm -f "$HELD/director" ;;
status) [ "$(cat "$HELD/director" 2>/dev/null)" != active ] || echo running ;;
esac
`

// TestStandbyChecks: with STANDBY_CHECKS in sysconfig the ldirectord of a group
// checks on the node that does not hold it, from the start to the end.
func TestStandbyChecks(t *testing.T) {
	alpha, beta := newPair(t)
	for _, n := range []*testNode{alpha, beta} {
		n.must(os.WriteFile(filepath.Join(n.dir, "resource.d", "ldirectord"), []byte(director), 0o755))
		n.write("haresources", "alpha ldirectord::x.cf thing::one\n")
	}
	does := func(n *testNode, want string) {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(n.dir, "held", "director"))
		if got := string(text); got != want {
			t.Errorf("ldirectord of %s: %q (%v), want %q", n.name, got, err, want)
		}
	}
	const stands, starts = "ldirectord x.cf standby", "ldirectord x.cf start"
	startBoth(alpha, beta)
	beta.says(stands, 1)
	alpha.says(stands, 1)

	before := beta.count(starts)
	standby(alpha, beta)
	beta.says(starts, before+1)
	alpha.says(stands, 2)
	// What follows the line of a script is behind the next work of the node.
	standby(beta, alpha)
	beta.says(stands, 2)
	does(alpha, "active\n")
	standby(alpha, beta)
	does(beta, "active\n")

	alpha.end()
	beta.end()
	does(alpha, "")
	does(beta, "")
}
