// Package director joins configuration, checks, plan and kernel. One goroutine
// owns the health of all servers and the table; checks run concurrently and
// send it their results.
package director

import (
	"context"
	"fmt"
	"sync"
	"time"

	"lvsha/pkg/lvs/alert"
	"lvsha/pkg/lvs/check"
	"lvsha/pkg/lvs/config"
	"lvsha/pkg/lvs/plan"
	"lvsha/pkg/lvs/view"
	"lvsha/pkg/system/logging"
)

// Kernel is the IPVS table.
type Kernel interface {
	Table() (plan.Table, error)
	Entry(service plan.Service) (plan.Entry, error)
	// ApplyAll carries out operations, one after the other; each is tried. It
	// returns nil, or the error of each or nil.
	ApplyAll(ops []plan.Op) []error
}

// Options say what a director works with.
type Options struct {
	// Path is the configuration file, absolute.
	Path string
	// PID is printed in findings of the file.
	PID    int
	Host   config.Host
	Kernel Kernel
	Log    logging.Sink
	Checks check.Env
	// Mailer sends the alerts; it is closed at the end. Nil means a new one.
	Mailer Mailer
	// Renewed is sent to when the kernel's IPVS has been loaded anew and is empty.
	Renewed <-chan struct{}
	// Reloaded is called when another configuration has taken effect; it must not
	// block. May be nil.
	Reloaded func(*config.Config)
	// Alive is called by the loop every AliveEvery; it must not block. Zero means
	// never.
	Alive      func()
	AliveEvery time.Duration
	// Grace is how long silent servers are waited for before the fallback takes
	// over and the director counts as ready. Zero means one second.
	Grace time.Duration
	// Standby has the servers checked and the table left alone until Activate.
	Standby bool
	// Parallel bounds the checks that run at once. Zero means as many as this
	// process may have open files for, at most 4096.
	Parallel int

	// tune changes every configuration that is loaded; tests set it.
	tune func(*config.Config)
}

// Director runs the virtual services of one configuration file.
type Director struct {
	o     Options
	ready chan struct{}
	calls chan func()
	ended chan struct{}

	// What follows belongs to the goroutine of Run.
	work     context.Context // of everything that Run starts
	config   *config.Config
	digest   [32]byte
	phase    config.AlertStatus
	standby  bool
	services []*service
	byKey    map[plan.Key]*service
	checkers map[job]*checker
	missing  int // of the checkers, those of which no result has come yet
	outcomes chan outcome
	roster   *roster
	grace    *time.Timer
	graceEnd <-chan time.Time
	isReady  bool
	failures map[string]bool // errors of the kernel that were logged
	// maintained is the directory that is watched, endMaintained ends that.
	maintained    string
	endMaintained context.CancelFunc
	// For those who look on.
	changes       *changes
	started, read time.Time // read is when the file in effect was
	lastReload    *view.Reload

	reminders alert.Reminders
	reminder  *time.Timer

	workers  sync.WaitGroup
	shell    *shell
	monitors *monitors
	loading  sync.Mutex // held by the one reload that reads the file
	latest   *Loaded    // belongs to who holds it
}

// New returns a director for a configuration that Load accepted.
func New(o Options, loaded *Loaded) *Director {
	if o.Grace == 0 {
		o.Grace = time.Second
	}
	if o.Parallel == 0 {
		o.Parallel = parallelChecks()
	}
	outcomes := make(chan outcome, 1024)
	now := time.Now()
	return &Director{
		o: o, ready: make(chan struct{}), calls: make(chan func()), ended: make(chan struct{}),
		config: loaded.Config, digest: loaded.digest, latest: loaded, phase: config.Starting, standby: o.Standby,
		checkers: make(map[job]*checker), outcomes: outcomes, roster: newRoster(o.Parallel, outcomes), failures: make(map[string]bool),
		started: now, read: now, endMaintained: func() {}, changes: newChanges(),
	}
}

// Ready is closed when every server has its first result, or the grace time is
// over: the table stands.
func (d *Director) Ready() <-chan struct{} { return d.ready }

// Run works until ctx ends, then cleans the table up as cleanstop says. It
// returns an error only if it could not begin.
func (d *Director) Run(ctx context.Context) error {
	work, cancel := context.WithCancel(context.Background())
	d.work = work
	defer d.workers.Wait()
	defer close(d.ended) // those who wait for a call are let go first
	defer cancel()
	if d.o.Mailer == nil {
		d.o.Mailer = alert.NewMailer(d.o.Log)
	}
	defer d.o.Mailer.Close(mailStopLimit)
	d.reminder = time.NewTimer(time.Hour)
	defer d.reminder.Stop()
	d.shell = startShell(work, &d.workers, d.o.Log)
	d.monitors = startMonitors(work, d.o.Log)

	d.workers.Add(1)
	go func() {
		defer d.workers.Done()
		d.roster.run(work)
	}()

	var table plan.Table
	if !d.standby {
		var err error
		if table, err = d.o.Kernel.Table(); err != nil {
			return fmt.Errorf("start: %w", err)
		}
	}
	d.grace = time.NewTimer(d.o.Grace)
	defer d.grace.Stop()
	d.graceEnd = d.grace.C
	d.adopt(table)
	if !d.standby {
		d.synchronise(table, nil)
	}
	alive, quiet := d.signs()
	defer quiet()
	changed := d.watch(work)
	d.watchMaintenance()
	d.startCheckers()
	d.settleKnown()
	for {
		select {
		case <-ctx.Done():
			cancel()
			d.stop()
			return nil
		case o := <-d.outcomes:
			d.take(o)
		case call := <-d.calls:
			call()
		case <-d.graceEnd:
			d.graceEnd = nil
			d.settleAll()
		case <-changed:
			d.fileChanged()
		case <-d.o.Renewed:
			d.renew()
		case <-d.reminder.C:
			d.remind()
		case <-alive:
			d.o.Alive()
		}
	}
}

// signs is when the loop shall give a sign of life, and what ends that.
func (d *Director) signs() (<-chan time.Time, func()) {
	if d.o.AliveEvery == 0 {
		return nil, func() {}
	}
	ticker := time.NewTicker(d.o.AliveEvery)
	return ticker.C, ticker.Stop
}

// call runs a function on the goroutine of Run and waits for it. It returns
// false if the director has ended.
func (d *Director) call(f func()) bool {
	done := make(chan struct{})
	select {
	case d.calls <- func() { f(); close(done) }:
		<-done
		return true
	case <-d.ended:
		return false
	}
}

func (d *Director) logf(level logging.Level, format string, args ...any) {
	logging.Logf(d.o.Log, level, format, args...)
}

// stop takes out of the table what cleanstop says.
func (d *Director) stop() {
	d.phase = config.Stopping
	if d.standby {
		return
	}
	table, err := d.o.Kernel.Table()
	if err != nil {
		d.logf(logging.Error, "stop: %v", err)
		return
	}
	t := d.turn()
	for _, op := range plan.Stop(table, d.virtuals()) {
		s := d.serviceOf(op.Service.Key)
		t.then(func() { s.logPurge(d) })
		t.change(s, op, nil)
	}
	t.end()
}

func (d *Director) virtuals() []plan.Virtual {
	virtuals := make([]plan.Virtual, len(d.services))
	for i, s := range d.services {
		virtuals[i] = s.plan()
	}
	return virtuals
}

func (d *Director) serviceOf(key plan.Key) *service { return d.byKey[key] }

// setServices puts services in the place of those before.
func (d *Director) setServices(services []*service) {
	d.services = services
	d.byKey = make(map[plan.Key]*service, len(services))
	for _, s := range services {
		if d.byKey[s.key] == nil {
			d.byKey[s.key] = s
		}
	}
}
