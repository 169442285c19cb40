package pair_test

import (
	"context"
	"testing"
	"time"

	"lvsha/compat-tests/pair"
)

// TestBothFamiliesAnnouncedAfterAnOverlap parts two nodes until both hold the group
// and the other one has spoken last. When they hear each other again the keeper
// announces each address once more, by ARP and by neighbour advertisements.
func TestBothFamiliesAnnouncedAfterAnOverlap(t *testing.T) {
	t.Parallel()
	const ip6 = "fd77::100"
	p := &player{T: t, Pair: newPair(t, pair.Options{
		Programs:  [2]pair.Program{pair.Ours, pair.Ours},
		Resources: []string{"IPv6addr::fd77:0:0:0:0:0:0:100/64/eth0", "IPaddr2::" + pair.VIP + "/32/eth0"},
	})}
	p.do("sniff", p.Sniff(ip6))
	p.step()
	startBoth(p)
	p.holder("both started", upWithin, quiet, pair.Master)
	p.step()
	p.do("cut", p.Master.CutLink())
	p.holder("parted", moveWithin, quiet, pair.Master, pair.Standby)
	for _, kind := range []pair.Kind{pair.ARP, pair.Neighbour} {
		if last, _ := announcements(p, kind); last != p.Standby.MAC() {
			t.Errorf("in the partition the last %s frame is from %q", kind, last)
		}
	}
	p.step()
	p.do("heal", p.Master.HealLink())
	p.holder("healed", moveWithin, quiet, pair.Master)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for _, kind := range []pair.Kind{pair.ARP, pair.Neighbour} {
		_, err := p.History.Wait(ctx, p.mark, func(e pair.Event) bool { return e.Kind == kind && e.Text == p.Master.MAC() })
		if last, frames := announcements(p, kind); err != nil || last != p.Master.MAC() || frames < 2 {
			t.Errorf("after the heal the last %s frame is from %q, %d are from the keeper, %v", kind, last, frames, err)
		}
	}
}

// announcements gives who has announced last in this step, and how many frames of
// it there were.
func announcements(p *player, kind pair.Kind) (last string, frames int) {
	count := make(map[string]int)
	for _, e := range p.History.Since(p.mark) {
		if e.Kind == kind {
			last = e.Text
			count[last]++
		}
	}
	return last, count[last]
}
