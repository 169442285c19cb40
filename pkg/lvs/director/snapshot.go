package director

import (
	"context"
	"slices"
	"time"

	"lvsha/pkg/lvs/config"
	"lvsha/pkg/lvs/health"
	"lvsha/pkg/lvs/view"
)

// tally is what is remembered of a job's rounds for those who look on.
type tally struct {
	at             time.Time // of the last result
	passed, failed uint64
	spent          time.Duration
}

// count takes an outcome into the tally.
func (t *tally) count(o outcome) {
	t.at = o.ended
	switch o.verdict {
	case health.Passed:
		t.passed++
	case health.Failed:
		t.failed++
	case health.Maintenance:
		return
	}
	t.spent += o.took
}

// mark is what is remembered of a server's state for those who look on.
type mark struct {
	since       time.Time
	transitions uint64
}

// noteState remembers when a server's state has changed.
func (m *mark) noteState(before, after health.State, at time.Time) {
	if before == after {
		return
	}
	m.since = at
	if before != health.Unknown {
		m.transitions++
	}
}

// noteReload remembers the verdict of a reload.
func (d *Director) noteReload(report *config.Report) {
	r := &view.Reload{At: time.Now()}
	for _, f := range report.Findings {
		switch {
		case f.Severity != config.Error:
			r.Warnings++
			if r.Errors == 0 && r.Warnings == 1 {
				r.Line = f.Line
			}
		default:
			r.Errors++
			if r.Errors == 1 {
				r.Line = f.Line
			}
		}
	}
	d.lastReload = r
	if r.Errors == 0 {
		d.read = r.At
	}
}

// Snapshot returns a copy of what the director believes. The loop only copies
// values: who asks does the work, and waits while the loop is busy. The error is
// ErrEnded or that of the context.
func (d *Director) Snapshot(ctx context.Context) (*view.State, error) {
	got := make(chan *view.State, 1)
	select {
	case d.calls <- func() { got <- d.snapshot() }:
		return <-got, nil
	case <-d.ended:
		return nil, ErrEnded
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (d *Director) snapshot() *view.State {
	s := &view.State{
		At: time.Now(), Changes: d.changes.count(), Path: d.o.Path, Started: d.started, Phase: d.phase, Ready: d.isReady, Standby: d.standby, Read: d.read, Reload: d.lastReload,
		Config: d.config, Services: make([]view.Service, len(d.services)),
	}
	total := 0
	for _, service := range d.services {
		total += len(service.servers)
	}
	servers := make([]view.Server, total)
	for i, service := range d.services {
		n := len(service.servers)
		s.Services[i] = view.Service{Config: service.config, Settled: service.settled, Servers: servers[:n:n]}
		service.copyTo(servers[:n])
		servers = servers[n:]
	}
	return s
}

func (s *service) copyTo(servers []view.Server) {
	for i := range servers {
		to := &servers[i]
		to.Health, to.Since, to.Transitions = s.servers[i], s.marks[i].since, s.marks[i].transitions
		c := s.checkers[i]
		if c == nil || c.last.checker == nil {
			continue
		}
		to.Check = view.Check{
			Last: c.last.verdict, At: c.tally.at, Took: c.last.took, Err: c.last.result.Err,
			Passed: c.tally.passed, Failed: c.tally.failed, Spent: c.tally.spent,
		}
	}
}

// newMarks are those of servers of which nothing is known yet.
func newMarks(n int, now time.Time) []mark { return slices.Repeat([]mark{{since: now}}, n) }

// Unstarted is what can be said of a configuration that no director runs.
func Unstarted(path string, loaded *Loaded) *view.State {
	now := time.Now()
	s := &view.State{At: now, Path: path, Started: now, Read: now, Config: loaded.Config}
	for i := range loaded.Config.Virtuals {
		v := &loaded.Config.Virtuals[i]
		s.Services = append(s.Services, view.Service{Config: v, Servers: make([]view.Server, len(v.Reals))})
	}
	return s
}
