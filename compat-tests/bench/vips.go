package main

import (
	"context"
	"fmt"
	"time"

	"lvsha/compat-tests/pair"
)

// manyVIPs is how many addresses the large group has.
const manyVIPs = 100

// playVIPs plays the pair with a group of a hundred addresses. Groups start from
// left to right, so that the address that the pair is watched by, the last one, is
// announced last.
func playVIPs(b *bench) error {
	r := b.table.row("100 VIPs in one group: heartbeat stop until the last one is announced", "s", 0.01,
		"namespaces, keepalive 200ms, deadtime 2s, one group of 100 IPaddr2: from calling the init script's stop on the holder until the first ARP frame of the other node for the last address")
	r.notes[keepalived] = "not a haresources cluster"
	return b.each([]cast{original, ours}, func(c cast) error {
		for i := range b.repeat {
			b.say("100 VIPs: %s beside %s, %d of %d", c, c, i+1, b.repeat)
			took, err := playManyVIPs(b, c)
			if err != nil {
				return err
			}
			r.add(c, took.Seconds())
		}
		return nil
	})
}

func playManyVIPs(b *bench, c cast) (time.Duration, error) {
	var group []string
	for i := 1; i < manyVIPs; i++ {
		group = append(group, fmt.Sprintf("IPaddr2::10.77.1.%d/32/eth0", i))
	}
	group = append(group, "IPaddr2::"+pair.VIP+"/32/eth0")
	p, end, err := newPair(b, c, pair.Options{Keepalive: pairKeepalive, Deadtime: pairDeadtime, Resources: group})
	if err != nil {
		return 0, err
	}
	defer end()
	if err := p.startBoth(); err != nil {
		return 0, err
	}
	if _, err := p.settle("both started", pairQuiet, pair.Master); err != nil {
		return 0, err
	}
	m, began := p.History.Now(), time.Now()
	stopped := make(chan error, 1)
	go func() { stopped <- p.Master.Stop() }()
	ctx, cancel := context.WithTimeout(p.ctx, 2*pairLimit)
	defer cancel()
	mac := p.Standby.MAC()
	e, err := p.History.Wait(ctx, m, func(e pair.Event) bool { return e.Kind == pair.ARP && e.Text == mac })
	if err != nil {
		err = fmt.Errorf("100 VIPs: no announcement: %w\n%s", err, p.History)
	}
	if serr := <-stopped; serr != nil && err == nil {
		err = fmt.Errorf("100 VIPs: stop master: %w", serr)
	}
	return e.At.Sub(began), err
}
