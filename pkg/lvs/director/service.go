package director

import (
	"time"

	"lvsha/pkg/lvs/config"
	"lvsha/pkg/lvs/health"
	"lvsha/pkg/lvs/plan"
	"lvsha/pkg/system/logging"
)

// service is one virtual service with what is believed of its servers.
type service struct {
	config  *config.Virtual
	key     plan.Key
	servers []health.Server
	marks   []mark // one for each of the servers
	// checkers are those of the servers; nil where there is none.
	checkers []*checker
	retry    []bool // the table could not be changed as the server's state demands
	settled  bool
	absent   bool // the kernel refused the service
	// noneUp is what was last told to the fallback command, if anything was.
	noneUp, told bool
}

func newService(v *config.Virtual, now time.Time) *service {
	n := len(v.Reals)
	return &service{
		config: v, key: plan.KeyOf(v), servers: make([]health.Server, n), checkers: make([]*checker, n), retry: make([]bool, n),
		marks: newMarks(n, now),
	}
}

// plan is the service as the plan sees it.
func (s *service) plan() plan.Virtual {
	states := make([]health.State, len(s.servers))
	for i, server := range s.servers {
		states[i] = server.State
	}
	return plan.Virtual{Config: s.config, States: states, Settled: s.settled}
}

// adopt takes every service over from the table as it is found.
func (d *Director) adopt(table plan.Table) {
	var services []*service
	now := time.Now()
	for i := range d.config.Virtuals {
		s := newService(&d.config.Virtuals[i], now)
		for j, state := range plan.Adopt(s.config, table[s.key]) {
			s.servers[j].State = state
		}
		if s.config.Refused != "" {
			d.logf(logging.Error, "Virtual server %s is not set up: %s", s.config.Name(), s.config.Refused)
		}
		services = append(services, s)
	}
	d.setServices(services)
}

// synchronise brings the kernel's whole table in line, at start and at reload.
func (d *Director) synchronise(table plan.Table, former []plan.Key) {
	t := d.turn()
	for _, op := range plan.Diff(table, d.virtuals(), former) {
		t.change(d.serviceOf(op.Service.Key), op, nil)
	}
	t.end()
	var changed []string
	for _, s := range d.services {
		if _, exists := table[s.key]; exists && s.config.Refused == "" {
			changed = append(changed, "Changed virtual server: "+s.config.Name())
		}
	}
	logging.Lines(d.o.Log, logging.Info, changed)
}

// settleKnown stops waiting for the servers of services that know all of them.
func (d *Director) settleKnown() {
	t := d.turn()
	for _, s := range d.services {
		if !s.settled && s.allKnown() {
			t.settle(s)
		}
	}
	t.end()
	d.checkReady()
}

func (s *service) allKnown() bool {
	for _, server := range s.servers {
		if server.State == health.Unknown {
			return false
		}
	}
	return true
}

// settleAll ends the grace time.
func (d *Director) settleAll() {
	t := d.turn()
	for _, s := range d.services {
		if !s.settled {
			t.settle(s)
		}
	}
	t.end()
	d.becomeReady()
}

func (t *turn) settle(s *service) {
	s.settled = true
	if s.config.Refused != "" || t.d.standby {
		return
	}
	if s.plan().NoneUp() && s.config.Fallback != nil {
		entry, err := t.entry(s)
		if err != nil {
			t.d.logOnce(err)
			return
		}
		for _, op := range plan.Settle(entry, s.plan()) {
			t.change(s, op, nil)
		}
	}
	t.tellFallbackCommand(s)
}

func (d *Director) logOnce(err error) {
	if text := err.Error(); !d.failures[text] {
		d.failures[text] = true
		d.logf(logging.Error, "%s", text)
	}
}

// checkReady ends the start when no first result is missing.
func (d *Director) checkReady() {
	if d.missing == 0 {
		d.becomeReady()
	}
}

func (d *Director) becomeReady() {
	if d.isReady {
		return
	}
	d.isReady = true
	d.phase = config.Running
	close(d.ready)
}
