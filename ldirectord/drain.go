package main

import (
	"context"
	"fmt"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"lvsha/pkg/lvs/director"
	"lvsha/pkg/lvs/view"
	"lvsha/pkg/system/daemon"
)

// statusTime is the exit status of drain and undrain when their time is up, or
// when they were interrupted: the file stays as it is.
const statusTime = 4

// drainPause is the shortest time between two looks at a server that is being
// drained: the daemon answers when something has happened, which may be often.
const drainPause = 100 * time.Millisecond

// drainer is one run of drain or undrain.
type drainer struct {
	*app
	dir   string // maintenancedir
	want  server
	pid   int // of the daemon; 0: it does not run
	pause time.Duration
	next  func(context.Context, *view.Status) (*view.Status, error)
	shown progress
}

// drain takes a real server out of service by a maintenance file and waits for
// its connections to end.
func (a *app) drain() int { return a.maintain((*drainer).drainServer) }

// undrain gives a real server back.
func (a *app) undrain() int { return a.maintain((*drainer).undrainServer) }

func (a *app) maintain(act func(*drainer, context.Context, *view.Status, bool) int) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if a.options.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, a.options.timeout)
		defer cancel()
	}
	pid, state := a.findDaemon()
	if state != daemon.Running {
		pid = 0
	}
	s, running, status := a.known(ctx, pid)
	if s == nil {
		return status
	}
	d := &drainer{
		app: a, pid: pid, dir: s.Config.MaintenanceDir, pause: drainPause, shown: progress{out: a.stdout, terminal: isTerminal(a.stdout)},
		next: func(ctx context.Context, s *view.Status) (*view.Status, error) { return askNext(ctx, a.socket(), s) },
	}
	if d.dir == "" {
		return d.fail("%s names no maintenancedir: a line such as maintenancedir=/etc/ha.d/maintenance, and a reload, is needed", a.path)
	}
	var err error
	if d.want, err = findServer(ctx, s, a.options.real); err != nil {
		return d.fail("%v", err)
	}
	return act(d, ctx, s, running)
}

// known asks the daemon for its servers, or reads the file if none answers; pid is
// 0 if there is none.
func (a *app) known(ctx context.Context, pid int) (s *view.Status, answers bool, status int) {
	if pid != 0 {
		s, err := askStatus(ctx, a.socket())
		if err == nil {
			return s, true, statusOK
		}
		fmt.Fprintln(a.stderr, a.unanswered(pid, err))
	}
	loaded, status := a.check(readOnly)
	if loaded == nil {
		return nil, false, status
	}
	return view.Make(a.facts(0), director.Unstarted(a.path, loaded)), false, statusOK
}

func (a *app) fail(format string, args ...any) int {
	fmt.Fprintf(a.stderr, "ldirectord %s %s: %s\n", a.command, a.options.real, fmt.Sprintf(format, args...))
	return statusFailed
}

func (d *drainer) say(format string, args ...any) { d.shown.line(fmt.Sprintf(format, args...)) }

func (d *drainer) drainServer(ctx context.Context, s *view.Status, running bool) int {
	if d.unchecked(s) {
		return d.fail("checktype=off: ldirectord does not look at maintenancedir for it; set its weight by hand with ipvsadm")
	}
	path, written, err := writeMaintenance(d.dir, d.want)
	switch {
	case err != nil:
		return d.fail("%v; the server is as it was", err)
	case written:
		d.say("wrote %s", path)
	default:
		d.say("%s is there already", path)
	}
	if !running {
		return d.alone("the server is out when it is started")
	}
	reals, _ := d.want.in(s)
	d.shown.begin(sum(reals))
	return d.follow(ctx, s, d.drained)
}

func (d *drainer) undrainServer(ctx context.Context, s *view.Status, running bool) int {
	removed, err := removeMaintenance(ctx, d.dir, d.want)
	for _, path := range removed {
		d.say("removed %s", path)
	}
	if err != nil {
		return d.fail("%v", err)
	}
	if len(removed) == 0 {
		d.say("no file in %s keeps it out", d.dir)
	}
	if !running {
		return d.alone("its checks decide when it is started")
	}
	return d.follow(ctx, s, d.given)
}

// alone is the end where no daemon can be watched.
func (d *drainer) alone(later string) int {
	if d.pid != 0 {
		return d.fail("nobody has confirmed it: ldirectord sees the change by itself as long as it works")
	}
	d.say("ldirectord does not run for %s: %s", d.path, later)
	return statusStopped
}

func (d *drainer) unchecked(s *view.Status) bool {
	_, virtuals := d.want.in(s)
	return !slices.ContainsFunc(virtuals, func(v *view.Virtual) bool { return v.CheckType != "off" })
}
