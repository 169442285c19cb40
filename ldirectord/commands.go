package main

import (
	"context"
	"fmt"
	"os"
	"syscall"
	"time"

	"lvsha/pkg/lvs/config"
	"lvsha/pkg/lvs/director"
	"lvsha/pkg/system/daemon"
)

// stopLimit is how long stop waits for the daemon to clean up.
const stopLimit = 60 * time.Second

// notFound says that there is no such configuration.
func (a *app) notFound() int {
	text := "Config file " + a.name + " not found"
	if !a.debug {
		fmt.Fprintln(a.stderr, text)
	}
	a.note(text, "Exiting with exit_status 1: Initialisation Error")
	return statusFailed
}

// check reads the configuration and prints what is wrong with it. The status is
// 0 if it can be used.
func (a *app) check(host config.Host) (*director.Loaded, int) {
	if !a.found {
		return nil, a.notFound()
	}
	loaded, report := director.Load(a.path, host)
	for _, f := range report.Findings {
		fmt.Fprintln(a.stderr, f.Format(a.path, os.Getpid()))
	}
	if loaded == nil {
		a.note("Exiting with exit_status 2: config_error: Configuration Error")
		return nil, statusConfigError
	}
	return loaded, statusOK
}

// stop ends the daemon and waits until it has cleaned up. It needs no
// configuration.
func (a *app) stop() int {
	pid, state := a.running()
	if state != daemon.Running {
		return statusOK
	}
	a.note(a.invoked())
	if err := a.terminate(pid); err != nil {
		fmt.Fprintf(a.stderr, "ldirectord for %s: stop: %v\n", a.path, err)
		return statusFailed
	}
	return statusOK
}

func (a *app) terminate(pid int) error {
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil && err != syscall.ESRCH {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopLimit)
	defer cancel()
	return daemon.WaitExit(ctx, pid)
}

// restart stops the daemon and starts it; always says whether it is started
// also if it was not running.
func (a *app) restart(always bool) int {
	pid, state := a.running()
	if state == daemon.Running && !always && a.stands() {
		return statusOK // as status says, it is stopped
	}
	if state != daemon.Running {
		if always {
			return a.start()
		}
		return statusOK
	}
	// A file with errors must not leave the director without a daemon.
	if _, status := a.check(readOnly); status != statusOK {
		return status
	}
	if err := a.terminate(pid); err != nil {
		fmt.Fprintf(a.stderr, "ldirectord for %s: stop: %v\n", a.path, err)
		return statusFailed
	}
	return a.start()
}

// reload has the daemon read its file again and returns its verdict. The
// original has no way to tell; it is given the signal if its file is in order.
func (a *app) reload() int {
	pid, state := a.running()
	if state != daemon.Running {
		if _, status := a.check(readOnly); status != statusOK {
			return status
		}
		a.note(a.invoked(), "ldirectord is stopped for "+a.path, "Exiting with exit_status 1: ldirectord is not running")
		return statusFailed
	}
	a.note(a.invoked())
	status, text, err := request(a.socket(), reloadRequest)
	if err == nil {
		fmt.Fprint(a.stderr, text)
		return status
	}
	if _, status := a.check(readOnly); status != statusOK {
		return status
	}
	if err := syscall.Kill(pid, syscall.SIGHUP); err != nil {
		fmt.Fprintf(a.stderr, "ldirectord for %s: reload: %v\n", a.path, err)
		return statusFailed
	}
	return statusOK
}

// status says whether the daemon runs. The line goes to both streams, as
// heartbeat looks for it on the standard output and the original has it on the
// standard error; once if they are the same.
func (a *app) status() int {
	defer a.siblingStatus()
	pid, state := a.running()
	if state == daemon.Running && a.stands() {
		fmt.Fprintf(a.stderr, "ldirectord for %s is standing by with pid: %d\n", a.path, pid)
		fmt.Fprintf(a.stdout, "ldirectord is stopped for %s\n", a.path)
		return statusStopped
	}
	if state == daemon.Running {
		text := fmt.Sprintf("ldirectord for %s is running with pid: %d\n", a.path, pid)
		fmt.Fprint(a.stderr, text)
		if !sameStream(a.stdout, a.stderr) {
			fmt.Fprint(a.stdout, text)
		}
		return statusOK
	}
	if _, status := a.check(readOnly); status != statusOK {
		return status
	}
	status := statusStopped
	if state == daemon.Stale {
		fmt.Fprintf(a.stderr, "ldirectord stale pid file %s for %s\n", a.pidFile(), a.path)
		status = statusFailed
	}
	fmt.Fprintf(a.stdout, "ldirectord is stopped for %s\n", a.path)
	return status
}

// sameStream says whether two streams end in the same place.
func sameStream(a, b any) bool {
	one, ok1 := a.(*os.File)
	two, ok2 := b.(*os.File)
	if !ok1 || !ok2 {
		return false
	}
	info1, err1 := one.Stat()
	info2, err2 := two.Stat()
	return err1 == nil && err2 == nil && os.SameFile(info1, info2)
}
