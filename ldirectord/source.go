package main

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/netip"
	"os"
	"strconv"
	"time"

	"lvsha/pkg/lvs/director"
	"lvsha/pkg/lvs/plan"
	"lvsha/pkg/lvs/view"
)

// shareStatus is how long one look at the director and the kernel serves all who
// ask, unless something has changed: a crowd of them, each with its own second, costs
// as much as one.
const shareStatus = 900 * time.Millisecond

// source makes the document of a running director.
type source struct {
	facts    view.Facts
	snapshot func(context.Context) (*view.State, error)
	changes  func() uint64
	changed  func(n uint64) <-chan struct{}
	usage    func() (plan.Usage, error)
	host     func() []netip.Addr

	turn    chan struct{} // held by the one that looks, who owns what follows
	last    *view.Status
	at      time.Time
	history view.History // of the page; empty without one
}

func (a *app) newSource(d *director.Director, usage func() (plan.Usage, error)) *source {
	return &source{facts: a.facts(os.Getpid()), snapshot: d.Snapshot, changes: d.Changes, changed: d.Changed, usage: usage, host: hostAddresses, turn: make(chan struct{}, 1)}
}

func (a *app) facts(pid int) view.Facts {
	host, _ := os.Hostname()
	return view.Facts{Version: version, Host: host, Instance: a.instance, PID: pid}
}

// status looks, or returns what was seen just now. The document must not be
// changed.
func (s *source) status(ctx context.Context) (*view.Status, error) {
	if err := s.take(ctx); err != nil {
		return nil, err
	}
	defer s.give()
	if s.last != nil && time.Since(s.at) < shareStatus && s.last.Changes == s.changes() {
		return s.last, nil
	}
	state, err := s.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	out := view.Make(s.facts, state)
	usage, err := s.usage()
	out.AddUsage(usage, err, false)
	out.SetHost(s.host())
	s.history.Fill(out)
	s.last, s.at = out, time.Now()
	return out, nil
}

// take waits for the turn, no longer than its context.
func (s *source) take(ctx context.Context) error {
	select {
	case s.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *source) give() { <-s.turn }

// answer is what the control socket says.
func (s *source) answer(ctx context.Context) (status int, text string) {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	look, err := s.status(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return statusTime, "the director is busy\n"
	}
	if err != nil {
		return statusFailed, err.Error() + "\n"
	}
	document, err := json.Marshal(look)
	if err != nil {
		return statusFailed, err.Error() + "\n"
	}
	return statusOK, string(document)
}

// followEvery is the longest pause between two answers to who follows what
// happens: connections come and go without a word.
const followEvery = time.Second

// follow is answer as soon as something has changed since the status with a count
// of changes.
func (s *source) follow(ctx context.Context, since string) (status int, text string) {
	n, err := strconv.ParseUint(since, 10, 64)
	if err != nil {
		return statusFailed, followRequest + " takes a number\n"
	}
	pause := time.NewTimer(followEvery)
	defer pause.Stop()
	select {
	case <-s.changed(n):
	case <-pause.C:
	case <-ctx.Done():
	}
	return s.answer(ctx)
}

// hostAddresses are the addresses of this host.
func hostAddresses() []netip.Addr {
	list, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	var out []netip.Addr
	for _, a := range list {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			out = append(out, p.Addr())
		}
	}
	return out
}

// remember adds a look to the history every now and then, until the context ends.
func (s *source) remember(ctx context.Context) {
	ticker := time.NewTicker(view.HistoryEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		look, err := s.status(ctx)
		if err != nil {
			continue
		}
		if s.take(ctx) == nil {
			s.history.Add(look)
			s.give()
		}
	}
}
