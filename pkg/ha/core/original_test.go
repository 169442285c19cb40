package core_test

import (
	"testing"
	"time"

	"lvsha/pkg/ha/core"
	"lvsha/pkg/ha/membership"
	"lvsha/pkg/ha/message"
	"lvsha/pkg/ha/takeover"
)

// TestBugRestartInPlaceHidesAPartition: a node that has kept its resources through
// a restart in place hears an original for the first time. If that says "up" it has
// just begun; if it is active at once it has gone on meanwhile and holds all.
func TestBugRestartInPlaceHidesAPartition(t *testing.T) {
	for _, c := range []struct {
		first string
		again bool
	}{{"active", true}, {"up", false}} {
		now := epoch
		node := core.New(membership.Config{
			Self: "m", UUID: [16]byte{1}, Generation: 5, Links: []string{"eth0"},
			Nodes:     []membership.Node{{Name: "m"}, {Name: "s"}},
			Keepalive: time.Second, Deadtime: 5 * time.Second, Initdead: 5 * time.Second, MaxRexmit: 250 * time.Millisecond,
		}, takeover.Config{Self: "m", Others: []string{"s"}, Kept: true, Holding: takeover.Local})
		gone := false
		var carry func(effects []core.Effect)
		carry = func(effects []core.Effect) {
			for _, e := range effects {
				if run, ok := e.(core.Run); ok {
					gone = gone || run.Work.Operation == takeover.Release
					carry(node.Done(now, run.Work, takeover.Result{Up: true}))
				}
			}
		}
		pass := func(d time.Duration, each func()) {
			for end := now.Add(d); now.Before(end); {
				now = now.Add(250 * time.Millisecond)
				if each != nil {
					each()
				}
				carry(node.Tick(now))
			}
		}
		carry(node.Start(now))
		pass(10*time.Second, nil)
		seq, status := uint64(0), c.first
		pass(8*time.Second, func() {
			seq++
			carry(node.Receive(now, "eth0", message.New("status").Add("st", status).AddHex("dt", 5000).
				Add("src", "s").AddHex("seq", seq).AddHex("hg", 3).AddHex("ts", uint64(now.Unix()))))
			if seq == 8 {
				status = "active"
			}
		})
		if gone != c.again {
			t.Errorf("first heard as %s: begins anew %v, want %v", c.first, gone, c.again)
		}
	}
}
