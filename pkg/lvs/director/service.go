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
	added := make(map[plan.Key]bool)
	for _, op := range plan.Diff(table, d.virtuals(), former) {
		added[op.Service.Key] = added[op.Service.Key] || op.Action == plan.AddService
		d.apply(d.serviceOf(op.Service.Key), op)
	}
	var changed []string
	for _, s := range d.services {
		if _, exists := table[s.key]; exists && s.config.Refused == "" {
			changed = append(changed, "Changed virtual server: "+s.config.Name())
		}
	}
	logging.Lines(d.o.Log, logging.Info, changed)
}

// apply carries out one operation and says so. It returns false if the kernel
// refused. An error that repeats is logged once, until the operation succeeds.
func (d *Director) apply(s *service, op plan.Op) bool {
	what := op.Action.String() + op.Service.Key.String() + op.Dest.Addr.String()
	err := d.o.Kernel.Apply(op)
	if s != nil && op.Action == plan.AddService {
		s.absent = err != nil
	}
	if err != nil {
		if !d.failures[what] {
			d.failures[what] = true
			d.logf(logging.Error, "%v; it will be tried again", err)
		}
		return false
	}
	delete(d.failures, what)
	if text := describe(s, op, d.phase); text != "" {
		d.logf(logging.Info, "%s", text)
		if s != nil && op.Action >= plan.AddDest {
			d.alert(s, op, text)
		}
	}
	return true
}

// settleKnown stops waiting for the servers of services that know all of them.
func (d *Director) settleKnown() {
	for _, s := range d.services {
		if !s.settled && s.allKnown() {
			d.settle(s)
		}
	}
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
	for _, s := range d.services {
		if !s.settled {
			d.settle(s)
		}
	}
	d.becomeReady()
}

func (d *Director) settle(s *service) {
	s.settled = true
	if s.config.Refused != "" || d.standby {
		return
	}
	if s.plan().NoneUp() && s.config.Fallback != nil {
		entry, err := d.o.Kernel.Entry(plan.ServiceOf(s.config))
		if err != nil {
			d.logOnce(err)
			return
		}
		for _, op := range plan.Settle(entry, s.plan()) {
			d.apply(s, op)
		}
	}
	d.tellFallbackCommand(s)
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
