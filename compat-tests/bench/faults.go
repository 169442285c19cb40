package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"lvsha/compat-tests/pair"
)

const (
	// aloneInitdead is the initdead of the node that starts alone.
	aloneInitdead = 5 * time.Second
	// healLimit is how long a pair may take to come to one holder. The originals
	// restart; in one of the plays they never come to it.
	healLimit = 75 * time.Second
	// healQuiet without a change of the holder is the end of a heal: the originals
	// let go, wait and take again.
	healQuiet = 14 * time.Second
)

// faultPlay is one thing that is done to a pair that is at rest with the address
// on the master. It gives the figure of its row.
type faultPlay struct {
	key       string // for -faults
	name, how string
	play      func(*pairPlay) (time.Duration, error)
}

var faultPlays = []faultPlay{
	{"heal", "partition healed: client without an answer", "cable of the master out for 5 s: both hold the address; longest gap after it is back", healed},
	{"sigstop", "SIGSTOP past deadtime: one holder after SIGCONT", "every process of the holder stopped for 5 s; from SIGCONT to the last change of the address", continued},
	{"quick", "holder killed, started again within 1 s: one holder", "SIGKILL of the daemon, start 0.5 s later; from the kill to the last change of the address", func(p *pairPlay) (time.Duration, error) {
		return p.restarted(500 * time.Millisecond)
	}},
	{"late", "holder killed, started again 15 s later: one holder", "the same, start 15 s later; from the start to the last change of the address", func(p *pairPlay) (time.Duration, error) {
		return p.restarted(15 * time.Second)
	}},
}

// aloneKey chooses the cold start of one node alone.
const aloneKey = "alone"

// faultKeys are the rows that -faults chooses from.
func faultKeys() []string {
	keys := []string{aloneKey}
	for _, f := range faultPlays {
		keys = append(keys, f.key)
	}
	return keys
}

// playFaults plays what the originals get over slowly or never.
func playFaults(b *bench) error {
	const setting = "namespaces, keepalive 200ms, deadtime 2s, initdead 10s: "
	var alone *row
	if slices.Contains(b.faults, aloneKey) {
		alone = b.table.row("cold start of one node alone: VIP up after initdead", "s", 0.01, "initdead 5s; from the call of the init script to the address, minus initdead")
	}
	return b.each([]cast{original, ours}, func(c cast) error {
		var failed error
		for _, f := range faultPlays {
			if !slices.Contains(b.faults, f.key) {
				continue
			}
			row := b.table.row(f.name, "s", pair.GapMin.Seconds(), setting+f.how)
			for i := range b.repeat {
				b.say("faults: %s, %s, %d of %d", c, f.name, i+1, b.repeat)
				took, err := playFault(b, c, f)
				var unsettled *unsettledError
				if errors.As(err, &unsettled) {
					row.notes[c] = "never: " + unsettled.holders
					break
				}
				if err != nil {
					failed = errors.Join(failed, fmt.Errorf("%s: %w", f.name, err))
					break
				}
				row.add(c, took.Seconds())
			}
		}
		for i := 0; alone != nil && i < b.repeat; i++ {
			took, err := playAlone(b, c)
			if err != nil {
				return errors.Join(failed, err)
			}
			alone.add(c, took.Seconds())
		}
		return failed
	})
}

// unsettledError says that a pair did not come to one holder.
type unsettledError struct{ holders string }

func (e *unsettledError) Error() string { return "the address is on " + e.holders }

func playFault(b *bench, c cast, f faultPlay) (time.Duration, error) {
	p, end, err := newPair(b, c, pair.Options{Keepalive: pairKeepalive, Deadtime: pairDeadtime})
	if err != nil {
		return 0, err
	}
	defer end()
	if err := p.startBoth(); err != nil {
		return 0, err
	}
	if _, err := p.settle("both started", pairWarm, pair.Master); err != nil {
		return 0, err
	}
	return f.play(p)
}

// one waits until one node has held the address for a while, and gives the time
// of the last change.
func (p *pairPlay) one() (time.Time, error) {
	ctx, cancel := context.WithTimeout(p.ctx, healLimit)
	defer cancel()
	last, err := p.History.WaitOneHolder(ctx, healQuiet)
	if err != nil && p.ctx.Err() == nil {
		holders := p.History.Holders()
		if holders == "" {
			holders = "no node"
		}
		return last, &unsettledError{holders}
	}
	return last, err
}

// pass waits: faults last for a time.
func (p *pairPlay) pass(d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-p.ctx.Done():
		return p.ctx.Err()
	}
}

func healed(p *pairPlay) (time.Duration, error) {
	if err := p.Master.CutLink(); err != nil {
		return 0, err
	}
	if err := p.pass(5 * time.Second); err != nil {
		return 0, err
	}
	m := p.History.Now()
	if err := p.Master.HealLink(); err != nil {
		return 0, err
	}
	_, err := p.one()
	return p.longest(m), err
}

func continued(p *pairPlay) (time.Duration, error) {
	if err := p.Master.Freeze(); err != nil {
		return 0, err
	}
	if err := p.pass(5 * time.Second); err != nil {
		return 0, err
	}
	began := time.Now()
	if err := p.Master.Thaw(); err != nil {
		return 0, err
	}
	return p.firstAlone(began)
}

// firstAlone gives the time from which on exactly one node held the address, and
// checks that it stays so but for a move.
func (p *pairPlay) firstAlone(began time.Time) (time.Duration, error) {
	last, err := p.one()
	return max(last.Sub(began), 0), err
}

// restarted kills the daemon of the holder and starts it again.
func (p *pairPlay) restarted(after time.Duration) (time.Duration, error) {
	began := time.Now()
	if err := p.Master.Kill(); err != nil {
		return 0, err
	}
	if err := p.pass(after); err != nil {
		return 0, err
	}
	if after > pairDeadtime {
		began = time.Now()
	}
	if err := p.Master.Start(); err != nil {
		return 0, fmt.Errorf("start again: %w", err)
	}
	return p.firstAlone(began)
}

// playAlone starts one node, and the other one never.
func playAlone(b *bench, c cast) (time.Duration, error) {
	b.say("faults: %s alone", c)
	p, end, err := newPair(b, c, pair.Options{Keepalive: pairKeepalive, Deadtime: pairDeadtime, Initdead: aloneInitdead})
	if err != nil {
		return 0, err
	}
	defer end()
	began := time.Now()
	if err := p.Master.Start(); err != nil {
		return 0, err
	}
	last, err := p.settle("one node alone", pairQuiet, pair.Master)
	return last.Sub(began) - aloneInitdead, err
}
