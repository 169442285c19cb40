package director

import (
	"time"

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
	batch := make(plan.Table)
	for n := 0; ; n++ {
		d.takeOne(o, batch)
		if n == maxBatch {
			break
		}
		select {
		case o = <-d.outcomes:
			continue
		default:
		}
		break
	}
	if !d.isReady {
		d.checkReady()
	}
}

func (d *Director) takeOne(o outcome, batch plan.Table) {
	c := o.checker
	if c.ctx.Err() != nil {
		return // the job ended while its outcome was under way
	}
	changed := c.last.checker == nil || c.last.verdict != o.verdict
	c.last = o
	c.tally.count(o, time.Now())
	d.arrived(c)
	for _, sub := range c.subs {
		changed = d.judge(sub, o, batch) || changed
	}
	if changed {
		d.changes.note() // when it is in the table
	}
}

// judge applies an outcome to one server of one service. It reports whether the
// server's state is another one.
func (d *Director) judge(sub subscription, o outcome, batch plan.Table) bool {
	s, i := sub.service, sub.index
	before := s.servers[i].State
	server, events := s.servers[i].Step(o.verdict, s.config.FailureCount)
	s.servers[i] = server
	s.marks[i].noteState(before, server.State)
	d.monitor(s, i, o)
	change := s.retry[i]
	for _, e := range events {
		switch e {
		case health.SoftFailure:
			d.logf(warning, "Soft failure real server: %s (%s) failure %d/%d", s.real(i), s.config.ID(), server.Failures, s.config.FailureCount)
		case health.Recovered:
			d.logf(info, "Resetting soft failure count: %s (%s)", s.real(i), s.config.ID())
		case health.WentDown:
			d.logReason(s, i, o, before)
			change = true
		case health.WentUp:
			change = true
		case health.StillMaintained:
			change = change || s.config.Quiescent && d.config.Global.ReaddQuiescent
		}
	}
	if change && s.config.Refused == "" && !d.standby {
		s.retry[i] = !d.changeTable(s, i, before == health.Unknown, batch)
	}
	switch {
	case s.settled:
		d.tellFallbackCommand(s)
	case s.allKnown():
		d.settle(s)
	}
	return server.State != before
}

func (s *service) real(i int) string { return s.config.Reals[i].Name() }

// logReason says why a server goes, or why it is not put into service.
func (d *Director) logReason(s *service, i int, o outcome, before health.State) {
	what := "Failed real server"
	if before == health.Unknown {
		what = "Real server is not available"
	}
	switch {
	case o.verdict == health.Maintenance:
		d.logf(info, "Real server in maintenance: %s (%s)", s.real(i), s.config.ID())
	case o.result.Err != nil:
		d.logf(warning, "%s: %s (%s): %v", what, s.real(i), s.config.ID(), o.result.Err)
	}
}

// changeTable brings the entries of one server and of the fallback in line with
// the server's new state. A server that is judged for the first time gets its
// entry of weight 0 as at start.
func (d *Director) changeTable(s *service, i int, first bool, batch plan.Table) bool {
	entry, ok := batch[s.key]
	if !ok {
		var err error
		if entry, err = d.o.Kernel.Entry(plan.ServiceOf(s.config)); err != nil {
			d.logOnce(err)
			return false
		}
		batch[s.key] = entry
	}
	if s.absent && !d.apply(s, plan.Op{Action: plan.AddService, Service: plan.ServiceOf(s.config)}) {
		return false
	}
	done := true
	for _, op := range plan.Change(entry, s.plan(), i, first || d.config.Global.ReaddQuiescent) {
		if !d.apply(s, op) {
			done = false
			// What is there is not what was read: it is read again next time.
			delete(batch, s.key)
			continue
		}
		if _, kept := batch[s.key]; kept {
			_ = batch.Apply(op)
		}
	}
	return done
}

// tellFallbackCommand runs the fallback command when the service loses its last
// server or gets the first one back, and once when its state is first known:
// the daemon before may have ended while the fallback was on. That no server is
// up is only said when all of them have been asked.
func (d *Director) tellFallbackCommand(s *service) {
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
	d.shell.run(s.config.FallbackCommand + " " + action + " " + s.config.Name() + " " + s.config.Protocol.String())
}
