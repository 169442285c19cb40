package director

import (
	"fmt"
	"slices"
	"syscall"
	"testing"
	"time"

	"lvsha/pkg/lvs/config"
	"lvsha/pkg/lvs/ipvs/ipvstest"
	"lvsha/pkg/lvs/plan"
	"lvsha/pkg/system/logging"
)

// calls is a kernel that remembers what it was asked to do at once, and refuses what
// refuse says.
type calls struct {
	ipvstest.Kernel
	made   [][]string
	refuse func(plan.Op) bool
}

func (c *calls) ApplyAll(ops []plan.Op) []error {
	var call []string
	errs := ipvstest.Each(ops, func(op plan.Op) error {
		call = append(call, op.Action.String())
		if c.refuse != nil && c.refuse(op) {
			return syscall.EINVAL
		}
		return c.Kernel.Apply(op)
	})
	c.made = append(c.made, call)
	return errs
}

// unstarted is a director that knows its services and does nothing by itself.
func unstarted(t *testing.T, kernel Kernel, content string) (*Director, *world) {
	t.Helper()
	w := newWorld(t, content)
	loaded, report := Load(w.path, config.System{})
	if loaded == nil {
		t.Fatal(report.Findings)
	}
	d := New(Options{Path: w.path, PID: 1, Host: w.host, Kernel: kernel, Log: w}, loaded)
	d.adopt(nil)
	return d, w
}

const turnConfig = `virtual=10.9.0.1:80
	real=10.1.0.11:80 masq
	real=10.1.0.12:80 masq
	real=10.1.0.13:80 masq
	checktype=connect
`

func TestTurnTellsInOrder(t *testing.T) {
	t.Parallel()
	kernel := &calls{refuse: func(op plan.Op) bool { return op.Dest.Addr.Addr().String() == "10.1.0.12" }}
	d, w := unstarted(t, kernel, turnConfig)
	d.synchronise(nil, nil)
	kernel.made, w.lines = nil, nil
	s := d.services[0]
	turn := d.turn()
	turn.logf(logging.Info, "before")
	if !slices.Equal(w.lines, []string{"before"}) {
		t.Errorf("what waits for nothing is told at once: %q", w.lines)
	}
	refused := 0
	for i, r := range s.config.Reals {
		dest := plan.Dest{Addr: plan.RealAddr(s.config, r), Forward: r.Forward, Weight: 1}
		turn.change(s, plan.Op{Action: plan.AddDest, Service: plan.ServiceOf(s.config), Dest: dest}, func() { refused++ })
		turn.logf(logging.Info, "behind %d", i)
	}
	if len(kernel.made) != 0 || len(w.lines) != 1 {
		t.Errorf("before its end it did %v and told %q", kernel.made, w.lines)
	}
	turn.end()
	turn.end()
	const added = "Added real server: 10.1.0.1%d:80 (10.9.0.1:80) (Weight set to 1)"
	want := []string{
		"before", fmt.Sprintf(added, 1), "behind 0", "invalid argument; it will be tried again", "behind 1", fmt.Sprintf(added, 3), "behind 2",
	}
	if !slices.Equal(w.lines, want) {
		t.Errorf("told\n%q\nwant\n%q", w.lines, want)
	}
	if len(kernel.made) != 1 || len(kernel.made[0]) != 3 || refused != 1 {
		t.Errorf("calls %v, %d refused", kernel.made, refused)
	}
}

// TestTurnReadsAgainWhatWasRefused: what it thinks is in the kernel is not there.
func TestTurnReadsAgainWhatWasRefused(t *testing.T) {
	t.Parallel()
	kernel := &calls{}
	d, _ := unstarted(t, kernel, turnConfig)
	d.synchronise(nil, nil)
	s := d.services[0]
	turn := d.turn()
	if _, err := turn.entry(s); err != nil {
		t.Fatal(err)
	}
	dest := plan.Dest{Addr: plan.RealAddr(s.config, s.config.Reals[0]), Weight: 1}
	op := plan.Op{Action: plan.AddDest, Service: plan.ServiceOf(s.config), Dest: dest}
	kernel.refuse = func(plan.Op) bool { return true }
	if turn.now(s, op) {
		t.Error("what the kernel refused is taken for done")
	}
	if entry, err := turn.entry(s); err != nil || len(entry.Dests) != 0 {
		t.Errorf("the service has %v, %v", entry.Dests, err)
	}
	kernel.refuse = nil
	if !turn.now(s, op) {
		t.Error("what the kernel did is taken for refused")
	}
	if entry, err := turn.entry(s); err != nil || len(entry.Dests) != 1 {
		t.Errorf("the service has %v, %v", entry.Dests, err)
	}
}

// TestResultsGoTogether: those that wait are carried out with one call, and what the
// kernel refuses of them is tried with the next result of its server.
func TestResultsGoTogether(t *testing.T) {
	t.Parallel()
	kernel := &calls{}
	d, _ := unstarted(t, kernel, turnConfig)
	d.synchronise(nil, nil)
	d.work = t.Context()
	d.startCheckers()
	s := d.services[0]
	kernel.made = nil
	kernel.refuse = func(op plan.Op) bool { return op.Dest.Addr.Addr().String() == "10.1.0.12" }
	pass := func() {
		for _, c := range s.checkers {
			d.outcomes <- outcome{checker: c}
		}
		d.take(<-d.outcomes)
		for len(d.outcomes) > 0 { // more than 2 ms went by
			d.take(<-d.outcomes)
		}
	}
	pass()
	table, err := kernel.Table()
	if err != nil || len(table[s.key].Dests) != 2 || !s.retry[1] || s.retry[0] || s.retry[2] {
		t.Errorf("the table has %v, %v; to be tried again: %v", table[s.key].Dests, err, s.retry)
	}
	kernel.refuse = nil
	pass()
	if table, err = kernel.Table(); err != nil || len(table[s.key].Dests) != 3 || slices.Contains(s.retry, true) {
		t.Errorf("the table has %v, %v; to be tried again: %v", table[s.key].Dests, err, s.retry)
	}
	if !d.isReady {
		t.Error("all results are there and it is not ready")
	}
}

func TestOperationsWaitForOthersOnlySoLong(t *testing.T) {
	t.Parallel()
	d, _ := unstarted(t, &calls{}, turnConfig)
	turn := d.turn()
	turn.since = time.Now().Add(-time.Hour)
	if turn.held() {
		t.Error("nothing waits")
	}
	turn.change(d.services[0], plan.Op{Action: plan.AddService, Service: plan.ServiceOf(d.services[0].config)}, nil)
	turn.since = time.Now().Add(time.Hour)
	if turn.held() {
		t.Error("it waits no longer than it may")
	}
	turn.since = time.Now().Add(-maxHeld)
	if !turn.held() {
		t.Error("it waits longer than it may")
	}
}
