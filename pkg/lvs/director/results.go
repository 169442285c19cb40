package director

import (
	"lvsha/pkg/lvs/health"
	"lvsha/pkg/lvs/plan"
	"lvsha/pkg/system/logging"
)

// Short names of what is used all over the package.
const (
	up      = health.Up
	info    = logging.Info
	warning = logging.Warn
)

// maxBatch bounds how many outcomes are taken before anything else is looked
// at.
const maxBatch = 512

// take takes an outcome and those that wait behind it. The table of a service
// is read once for all of them.
func (d *Director) take(o outcome) {
	t := d.turn()
	changed := 0
	for n := 0; ; n++ {
		if t.takeOne(o) {
			changed++
		}
		if n == maxBatch || n%heldEvery == heldEvery-1 && t.held() {
			break
		}
		select {
		case o = <-d.outcomes:
			continue
		default:
		}
		break
	}
	t.end()
	for range changed {
		d.changes.note() // when it is in the table
	}
	if !d.isReady {
		d.checkReady()
	}
}

// takeOne takes an outcome. It reports whether somebody who looks on sees another
// verdict or state.
func (t *turn) takeOne(o outcome) (changed bool) {
	c := o.checker
	if c.ctx.Err() != nil {
		return false // the job ended while its outcome was under way
	}
	changed = c.last.checker == nil || c.last.verdict != o.verdict
	c.last = o
	c.tally.count(o)
	t.d.arrived(c)
	for _, sub := range c.subs {
		changed = t.judge(sub, o) || changed
	}
	return changed
}

// judge applies an outcome to one server of one service. It reports whether the
// server's state is another one.
func (t *turn) judge(sub subscription, o outcome) bool {
	d, s, i := t.d, sub.service, sub.index
	before := s.servers[i].State
	server, events := s.servers[i].Step(o.verdict, s.config.FailureCount)
	s.servers[i] = server
	s.marks[i].noteState(before, server.State, o.ended)
	d.monitor(s, i, o)
	change := s.retry[i]
	for _, e := range events {
		switch e {
		case health.SoftFailure:
			t.logf(warning, "Soft failure real server: %s (%s) failure %d/%d", s.real(i), s.config.ID(), server.Failures, s.config.FailureCount)
		case health.Recovered:
			t.logf(info, "Resetting soft failure count: %s (%s)", s.real(i), s.config.ID())
		case health.WentDown:
			t.logReason(s, i, o, before)
			change = true
		case health.WentUp:
			change = true
		case health.StillMaintained:
			change = change || s.config.Quiescent && d.config.Global.ReaddQuiescent
		}
	}
	if change && s.config.Refused == "" && !d.standby {
		s.retry[i] = !t.changeTable(s, i, before == health.Unknown)
	}
	switch {
	case s.settled:
		t.tellFallbackCommand(s)
	case s.allKnown():
		t.settle(s)
	}
	return server.State != before
}

func (s *service) real(i int) string { return s.config.Reals[i].Name() }

// logReason says why a server goes, or why it is not put into service.
func (t *turn) logReason(s *service, i int, o outcome, before health.State) {
	what := "Failed real server"
	if before == health.Unknown {
		what = "Real server is not available"
	}
	switch {
	case o.verdict == health.Maintenance:
		t.logf(info, "Real server in maintenance: %s (%s)", s.real(i), s.config.ID())
	case o.result.Err != nil:
		t.logf(warning, "%s: %s (%s): %v", what, s.real(i), s.config.ID(), o.result.Err)
	}
}

// changeTable brings the entries of one server and of the fallback in line with
// the server's new state. A server that is judged for the first time gets its
// entry of weight 0 as at start. It returns false if that cannot be tried.
func (t *turn) changeTable(s *service, i int, first bool) bool {
	entry, err := t.entry(s)
	if err != nil {
		t.d.logOnce(err)
		return false
	}
	if s.absent && !t.now(s, plan.Op{Action: plan.AddService, Service: plan.ServiceOf(s.config)}) {
		return false
	}
	for _, op := range plan.Change(entry, s.plan(), i, first || t.d.config.Global.ReaddQuiescent) {
		t.change(s, op, func() { s.retry[i] = true })
	}
	return true
}

// tellFallbackCommand runs the fallback command when the service loses its last
// server or gets the first one back, and once when its state is first known:
// the daemon before may have ended while the fallback was on. That no server is
// up is only said when all of them have been asked.
func (t *turn) tellFallbackCommand(s *service) {
	d := t.d
	if d.standby {
		return
	}
	noneUp := s.plan().NoneUp()
	if s.told && noneUp == s.noneUp || noneUp && !s.allKnown() {
		return
	}
	s.noneUp, s.told = noneUp, true
	if s.config.FallbackCommand == "" {
		return
	}
	action := "stop"
	if noneUp {
		action = "start"
	}
	command := s.config.FallbackCommand + " " + action + " " + s.config.Name() + " " + s.config.Protocol.String()
	t.then(func() { d.shell.run(command) })
}
