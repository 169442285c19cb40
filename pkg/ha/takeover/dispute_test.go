package takeover_test

import (
	"testing"
	"time"

	"lvsha/pkg/ha/takeover"
)

// TestDispute: an original node whose scripts still took over while it gave the
// groups back ends with them, and says so. It never lets go of what both hold.
func TestDispute(t *testing.T) {
	late := from("resource", "rsc_hold=foreign", "info=mach_down")
	relents := from("resource", "rsc_hold=local", "rtype=full", "isstable=1")
	play(t, []rule{
		{"both hold the groups", failbackOn, stableState, []step{late},
			[]string{"ERROR: Both machines own our resources!"}, takeover.Local},
		{"what both go on to hold is given up", failbackOn, stableState, []step{late, pass(5 * time.Second)},
			[]string{
				"WARN: Both machines still own our resources: giving them up to begin again.",
				"send resource rsc_hold=none rtype=full isstable=0 info=shutdown",
				"info: Heartbeat shutdown in progress. (7)",
				"info: Giving up all HA resources.",
				"run release all",
			}, takeover.None},
		{"unless the other node lets go", failbackOn, stableState, []step{late, relents, pass(time.Minute)},
			nil, takeover.Local},
	})
}
