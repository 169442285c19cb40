package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"lvsha/compat-tests/pair"
)

// The pair's times; the originals' figures in the issue were measured with
// similar ones.
const (
	pairKeepalive = 200 * time.Millisecond
	pairDeadtime  = 2 * time.Second
	pairLimit     = time.Minute     // for one step
	pairQuiet     = 2 * time.Second // without a change of the holder ends a step
	// pairWarm is how long a node must have run before it dies: for its first
	// five seconds it asks the others for two seconds more of patience.
	pairWarm = 7 * time.Second
)

// playPairs plays the address-only pair, each cast -n times.
func playPairs(b *bench) error {
	const setting = "namespaces, keepalive 200ms, deadtime 2s, initdead 10s, a client that asks by ping every 5 ms: "
	floor := pair.GapMin.Seconds()
	dead := b.table.row("master killed: VIP answers, beyond deadtime", "s", 0.01, setting+"SIGKILL of every process and cable out until the first answer, minus deadtime; keepalive may make it negative")
	stop := b.table.row("heartbeat stop: client without an answer", "s", floor, setting+"longest gap")
	back := b.table.row("failback: client without an answer", "s", floor, setting+"longest gap after heartbeat start on the master")
	start := b.table.row("both started together: VIP up", "s", 0, setting+"from calling both init scripts at once until the address is on the interface")
	for _, r := range []*row{dead, stop, back, start} {
		r.notes[keepalived] = "not a haresources cluster"
	}
	return b.each([]cast{original, ours}, func(c cast) error {
		for i := range b.repeat {
			b.say("pair: %s beside %s, %d of %d", c, c, i+1, b.repeat)
			f, err := playPair(b, c)
			if err != nil {
				return err
			}
			start.add(c, f.start.Seconds())
			stop.add(c, f.stop.Seconds())
			back.add(c, f.back.Seconds())
			dead.add(c, f.dead.Seconds())
		}
		return nil
	})
}

// pairFigures are what one life of a pair shows.
type pairFigures struct{ start, stop, back, dead time.Duration }

// pairPlay is one life of a pair.
type pairPlay struct {
	*pair.Pair
	ctx context.Context
}

// newPair makes a pair of one cast.
func newPair(b *bench, c cast, o pair.Options) (*pairPlay, func(), error) {
	o.Programs = [2]pair.Program{pair.Original, pair.Original}
	if c == ours {
		o.Programs = [2]pair.Program{pair.Ours, pair.Ours}
	}
	o.Stage = b.stage
	if err := pair.Missing(o.Programs[:]...); err != nil {
		return nil, nil, err
	}
	var err error
	if o.Dir, err = os.MkdirTemp("", "bench-pair-"); err != nil {
		return nil, nil, err
	}
	p, err := pair.New(o)
	if err != nil {
		return nil, nil, errors.Join(err, os.RemoveAll(o.Dir))
	}
	return &pairPlay{Pair: p, ctx: b.ctx}, func() {
		p.Close()
		_ = os.RemoveAll(o.Dir)
	}, nil
}

func playPair(b *bench, c cast) (f pairFigures, err error) {
	p, end, err := newPair(b, c, pair.Options{Keepalive: pairKeepalive, Deadtime: pairDeadtime})
	if err != nil {
		return f, err
	}
	defer end()
	began := time.Now()
	if err := p.startBoth(); err != nil {
		return f, err
	}
	last, err := p.settle("both started", pairQuiet, pair.Master)
	if err != nil {
		return f, err
	}
	f.start = last.Sub(began)
	m := p.History.Now()
	if err := p.Master.Stop(); err != nil {
		return f, fmt.Errorf("stop master: %w", err)
	}
	if _, err := p.settle("master stopped", pairQuiet, pair.Standby); err != nil {
		return f, err
	}
	f.stop = p.longest(m)
	m = p.History.Now()
	if err := p.Master.Start(); err != nil {
		return f, fmt.Errorf("start master: %w", err)
	}
	if _, err := p.settle("failback", pairWarm, pair.Master); err != nil {
		return f, err
	}
	f.back = p.longest(m)
	f.dead, err = p.die()
	return f, err
}

// startBoth starts both nodes at the same time.
func (p *pairPlay) startBoth() error {
	errs := make(chan error, 2)
	for _, n := range []*pair.Node{p.Master, p.Standby} {
		go func() { errs <- n.Start() }()
	}
	return errors.Join(<-errs, <-errs)
}

// settle waits until exactly these nodes have held the address for the time of
// quiet, and gives the time from which on they did.
func (p *pairPlay) settle(what string, quiet time.Duration, nodes ...string) (time.Time, error) {
	ctx, cancel := context.WithTimeout(p.ctx, pairLimit)
	defer cancel()
	last, err := p.History.WaitHolders(ctx, quiet, nodes...)
	if err != nil {
		err = fmt.Errorf("%s: %w\n%s", what, err, p.History)
	}
	return last, err
}

// longest is the client's longest time without an answer after a mark.
func (p *pairPlay) longest(m pair.Mark) time.Duration {
	var gap time.Duration
	for _, e := range p.History.Since(m) {
		if e.Kind == pair.Gap {
			gap = max(gap, e.Length)
		}
	}
	return gap
}

// die kills the master as a power failure does, and gives the time until the
// client is answered again, beyond deadtime.
func (p *pairPlay) die() (time.Duration, error) {
	ctx, cancel := context.WithTimeout(p.ctx, pairLimit)
	defer cancel()
	m, began := p.History.Now(), time.Now()
	if err := errors.Join(p.Master.Kill(), p.Master.CutLink()); err != nil {
		return 0, fmt.Errorf("kill master: %w", err)
	}
	e, err := p.History.Wait(ctx, m, func(e pair.Event) bool { return e.Kind == pair.Gap && e.Length > pairDeadtime/2 })
	if err != nil {
		return 0, fmt.Errorf("master killed: no answer: %w\n%s", err, p.History)
	}
	return e.At.Sub(began) - pairDeadtime, nil
}
