package takeover_test

import (
	"testing"
	"time"

	"lvsha/pkg/ha/takeover"
)

// withDevice begins anew with a fencing device.
func withDevice(state step) step {
	return func(b *bench) {
		b.m = takeover.New(takeover.Config{Self: "a", Others: []string{"b"}, AutoFailback: true, PID: 7, Fencing: true})
		state(b)
	}
}

func fenced(v takeover.Verdict) step {
	return func(b *bench) { b.take(b.m.Fenced(b.now, "b", v)) }
}

// back has b heard again in its old life.
func back(b *bench) {
	b.m.Peer("b", true, false)
	b.take(b.m.Returned(b.now, "b"))
}

// diedEarly is b never heard since the start.
func diedEarly(b *bench) {
	b.take(b.m.Start(b.now))
	died(b)
	done(b)
	b.take(b.m.Joined(b.now))
}

func TestFencing(t *testing.T) {
	taken := []string{
		"send stonith node=b result=OK",
		"info: Resources being acquired from b.",
		"run inherit noneb",
		"send resource rsc_hold=all rtype=full isstable=1",
	}
	play(t, []rule{
		{"a dead node is fenced before anything is taken", failbackOn, withDevice(stableState),
			[]step{died}, []string{"fence b"}, takeover.Local},
		{"what it held is taken after that", failbackOn, withDevice(stableState),
			[]step{died, fenced(takeover.Reset)}, taken, takeover.All},
		{"nothing is taken without it", failbackOn, withDevice(stableState),
			[]step{died, fenced(takeover.NotReset)},
			[]string{"send stonith node=b result=bad", "ERROR: STONITH of b failed.  Retrying..."}, takeover.Local},
		{"a device of other hosts does not count", failbackOn, withDevice(stableState),
			[]step{died, fenced(takeover.BadHost)},
			[]string{"send stonith node=b result=badhost", "ERROR: STONITH of b failed.  Retrying..."}, takeover.Local},
		{"it is tried again", failbackOn, withDevice(stableState),
			[]step{died, fenced(takeover.NotReset), pass(5 * time.Second)}, []string{"fence b"}, takeover.Local},
		{"and is tried only when the last attempt has ended", failbackOn, withDevice(stableState),
			[]step{died, fenced(takeover.NotReset), pass(6 * time.Second), pass(time.Hour)}, nil, takeover.Local},
		{"a node that comes back is not taken over", failbackOn, withDevice(stableState),
			[]step{died, back, fenced(takeover.Reset)}, nil, takeover.Local},
		{"a node never heard is fenced", failbackOn, withDevice(func(*bench) {}),
			[]step{diedEarly}, []string{"run probe all", "send starting", "fence b"}, takeover.None},
		{"own groups wait for it, too", failbackOn, withDevice(diedEarly),
			[]step{fenced(takeover.NotReset), pass(time.Minute), fenced(takeover.NotReset), pass(time.Second)}, nil, takeover.None},
		{"all is taken when a node never heard is reset", failbackOn, withDevice(diedEarly),
			[]step{fenced(takeover.Reset)},
			[]string{taken[0], taken[1], "run acquire local", taken[2], taken[3]}, takeover.All},
		{"a node that has given up everything is not fenced", failbackOn, withDevice(stableState),
			[]step{from("resource", "rsc_hold=none", "rtype=full", "isstable=0", "info=shutdown"), died, done},
			nil, takeover.All},
	})
}
