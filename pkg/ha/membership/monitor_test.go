package membership_test

import (
	"testing"

	"lvsha/pkg/ha/membership"
	"lvsha/pkg/ha/message"
)

// TestMonitor: what is not delivered is told once somebody wants to see it, with what
// became of it, and not before.
func TestMonitor(t *testing.T) {
	status := func(b *bench) { b.status(4, "active") }
	for _, c := range []struct {
		name string
		hear func(*bench)
		fate membership.Fate
	}{
		{"again", func(b *bench) { status(b); b.out = nil; status(b) }, membership.Duplicate},
		{"for somebody else", func(b *bench) {
			b.hear(b.header(message.New("resource").Add("dest", "gamma"), 4))
		}, membership.Dropped},
		{"acknowledgement for somebody else", func(b *bench) {
			b.hear(b.header(message.New("NS_ackmsg").Add("dest", "gamma").AddHex("ackseq", 1), 0))
		}, membership.Dropped},
		{"of an earlier life", func(b *bench) { b.gen--; status(b) }, membership.Dropped},
		{"request for a lost message", func(b *bench) { b.hear(rexmit(b, 3)) }, membership.Protocol},
		{"own, come back", func(b *bench) { b.hear(b.sent("status")[0]) }, membership.Duplicate},
	} {
		for _, on := range []bool{true, false} {
			b := newBench(t, nil)
			own := b.out
			b.status(1, "up")
			b.status(3, "active")
			b.out = own
			b.m.Monitor(on)
			c.hear(b)
			var seen []membership.Fate
			for _, e := range b.out {
				if s, ok := e.(membership.Seen); ok {
					seen = append(seen, s.Fate)
				}
			}
			if on && (len(seen) != 1 || seen[0] != c.fate) || !on && len(seen) != 0 {
				t.Errorf("%s, monitored %v: %v, want %v", c.name, on, seen, c.fate)
			}
		}
	}
	b := newBench(t, withRouter)
	b.m.Monitor(true)
	b.echo("router", "NS_st")
	b.mustNotSay("Seen")
	b.echo("router", "NS_st")
	b.mustSay("Seen")
}
