package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"lvsha/pkg/lvs/check"
	"lvsha/pkg/lvs/config"
	"lvsha/pkg/lvs/director"
	"lvsha/pkg/lvs/ipvs"
	"lvsha/pkg/system/daemon"
	"lvsha/pkg/system/logging"
)

// start runs the daemon in the background and returns when the table stands. A
// daemon that runs already is left alone.
func (a *app) start() int {
	switch a.serving() {
	case modeStandby:
		return a.takeOver()
	case modeActive:
		return statusOK
	}
	return a.launch()
}

// launch is the start of a daemon, active or standing by as the command says.
func (a *app) launch() int {
	loaded, status := a.check(config.System{})
	if status != statusOK {
		return status
	}
	if instance, pid := a.twin(); pid != 0 {
		fmt.Fprintf(a.stderr, "Warning: ldirectord already runs %s as the instance %s with pid %d\n", a.path, instance, pid)
	}
	if a.debug || loaded.Config.Global.Supervised {
		return a.foreground(loaded)
	}
	if a.stay {
		return a.background()
	}
	result, err := daemon.Detach(daemon.DetachOptions{Dir: "/"})
	if err != nil {
		fmt.Fprintf(a.stderr, "ldirectord for %s: %v\n", a.path, err)
		return statusFailed
	}
	if result.Text != "" {
		fmt.Fprintln(a.stderr, result.Text)
	}
	return result.Status
}

// foreground is -d and supervised: no pid file, the log on the terminal.
func (a *app) foreground(loaded *director.Loaded) int {
	l, err := a.openLog(loaded.Config.Global.LogFile, loaded.Config.Global.Supervised)
	if err != nil {
		fmt.Fprintln(a.stderr, err)
		return statusFailed
	}
	defer l.Close()
	l.Log(logging.Info, a.invoked())
	logging.Logf(l, logging.Info, "Starting Linux Director v%s-ha with pid: %d", version, os.Getpid())
	a.noteStandby(l)
	return a.serve(loaded, l, "")
}

// background is the detached process, or the one that a service manager watches.
func (a *app) background() int {
	lock, status, text := a.takeLock()
	if lock == nil {
		return a.giveUp(status, text)
	}
	defer lock.Release()
	loaded, report := director.Load(a.path, config.System{})
	if loaded == nil {
		return a.giveUp(statusConfigError, report.Findings[0].Format(a.path, os.Getpid()))
	}
	l, err := a.openLog(loaded.Config.Global.LogFile, false)
	if err != nil {
		return a.giveUp(statusFailed, err.Error())
	}
	defer l.Close()
	l.Log(logging.Info, a.invoked())
	logging.Logf(l, logging.Info, "Starting Linux Director v%s-ha as daemon", version)
	a.noteStandby(l)
	for _, f := range report.Findings {
		l.Log(logging.Warn, f.Format(a.path, os.Getpid()))
	}
	status = a.serve(loaded, l, a.pidFile())
	if err := daemon.RemovePID(a.pidFile(), os.Getpid()); err != nil {
		logging.Logf(l, logging.Error, "%v", err)
	}
	return status
}

// takeLock takes the lock of the instance, when the starts that are under way and
// a daemon that ends have come to their end. If there is a daemon then, the lock is
// nil and the status is the answer to this start: one that stands by has to take
// the table over.
func (a *app) takeLock() (lock *daemon.Lock, status int, text string) {
	ctx, cancel := context.WithTimeout(context.Background(), controlLimit)
	defer cancel()
	starting, err := daemon.TryLock(a.startFile())
	if errors.Is(err, daemon.ErrLocked) {
		if a.command == standbyCommand {
			return nil, statusOK, "" // to the caller it is running
		}
		starting, err = daemon.WaitLock(ctx, a.startFile())
	}
	if err != nil {
		return nil, statusFailed, fmt.Sprintf("ldirectord for %s: another start: %v", a.path, err)
	}
	a.begun = func() { _ = starting.Release() }
	mode := a.serving()
	if mode == "" {
		if lock, err = daemon.WaitLock(ctx, a.lockFile()); err == nil {
			return lock, statusOK, ""
		}
		status, text = statusFailed, fmt.Sprintf("ldirectord for %s: another daemon: %v", a.path, err)
	}
	if mode == modeStandby && a.command != standbyCommand {
		status, text = a.activation()
	}
	a.begun()
	return nil, status, text
}

// giveUp ends a start that cannot go on: the text and the status go to the
// start command, or to who runs the daemon in the foreground.
func (a *app) giveUp(status int, text string) int {
	if !daemon.Detached() && text != "" {
		fmt.Fprintln(a.stderr, text)
	}
	daemon.Fail(status, text)
	return status
}

// serve runs the director until a signal ends it.
func (a *app) serve(loaded *director.Loaded, l *logging.Log, pidFile string) int {
	manager := daemon.NewNotifier()
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGHUP, syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGABRT, syscall.SIGXCPU, syscall.SIGXFSZ)
	signal.Ignore(syscall.SIGPIPE, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGALRM)
	kernel, err := ipvs.Open()
	if err != nil {
		return a.failed(l, err)
	}
	defer kernel.Close()
	var renewed <-chan struct{}
	if watch, err := kernel.Watch(); err != nil {
		logging.Logf(l, logging.Warn, "%v", err)
	} else {
		defer watch.Close()
		renewed = watch.Renewed()
	}
	further := a.newSiblings(l)
	defer further.stop()
	readLogFormat(sysconfigFile, l) // the log is open by now and can take the complaint
	if a.command == standbyCommand {
		further.begin = standbyCommand
	}
	d := director.New(director.Options{
		Path: a.path, PID: os.Getpid(), Host: config.System{}, Kernel: kernel, Log: l, Renewed: renewed,
		Checks:   check.Env{Verify: readVerify(sysconfigFile, l)},
		Reloaded: func(c *config.Config) { further.reload(c.Global.Execute) },
		Standby:  a.command == standbyCommand,
		Alive:    func() { manager.Alive(time.Now()) }, AliveEvery: manager.Every(),
	}, loaded)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	reader := ipvs.NewReader()
	defer reader.Close()
	watched := a.newSource(d, reader.Usage)
	if pidFile != "" {
		// Who finds the pid finds the socket as well.
		control, err := listenControl(a.socket(), answers(d, further, watched))
		if err != nil {
			logging.Logf(l, logging.Warn, "%v; reload returns before its work is done", err)
		} else {
			defer control.close()
		}
		if err := daemon.WritePID(pidFile, daemon.Plain, os.Getpid()); err != nil {
			//lint:ignore ST1005 legacy text
			return a.failed(l, fmt.Errorf("Can not open %s: %w", pidFile, err))
		}
		a.begun()
	}
	defer startPage(watched, readListen(sysconfigFile, a.instance, l), l)()
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	return a.follow(cancel, d, l, manager, signals, ended, func() { further.start(loaded.Config.Global.Execute) })
}

// follow reports readiness and obeys signals until the director has ended.
func (a *app) follow(cancel context.CancelFunc, d *director.Director, l *logging.Log, manager *daemon.Notifier, signals <-chan os.Signal,
	ended <-chan error, begun func(),
) int {
	ready := d.Ready()
	name := ""
	for {
		select {
		case <-ready:
			ready = nil
			if err := daemon.Ready(); err != nil {
				logging.Logf(l, logging.Error, "%v", err)
			}
			manager.Tell(daemon.NotifyReady)
			begun()
		case s := <-signals:
			if s == syscall.SIGHUP {
				l.Log(logging.Info, "Reloading Linux Director Daemon config on signal")
				go d.Reload()
				continue
			}
			if name == "" {
				name = signalName(s)
				manager.Tell(daemon.NotifyStopping)
				cancel()
			}
		case err := <-ended:
			if err != nil {
				return a.failed(l, err)
			}
			logging.Logf(l, logging.Info, "Linux Director Daemon terminated on signal: %s", name)
			return statusOK
		}
	}
}

// failed ends the start with an error in the log and at the start command.
func (a *app) failed(l *logging.Log, err error) int {
	text := "ldirectord for " + a.path + ": " + err.Error()
	l.Log(logging.Error, text)
	l.Log(logging.Info, "Exiting with exit_status 1: Initialisation Error")
	if a.debug {
		return statusFailed
	}
	return a.giveUp(statusFailed, text)
}

var signalNames = map[os.Signal]string{
	syscall.SIGTERM: "TERM", syscall.SIGINT: "INT", syscall.SIGQUIT: "QUIT", syscall.SIGABRT: "ABRT",
	syscall.SIGXCPU: "XCPU", syscall.SIGXFSZ: "XFSZ",
}

func signalName(s os.Signal) string { return signalNames[s] }
