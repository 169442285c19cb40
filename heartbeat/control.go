package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"lvsha/pkg/ha/config"
	"lvsha/pkg/system/daemon"
)

// Exit statuses that the init script and its readers know.
const (
	exitOK         = 0
	exitFailed     = 1
	exitUsage      = 2
	exitStopped    = 3
	exitPermission = 4
	exitConfig     = 6
)

func runHeartbeat(args []string, stdout, stderr io.Writer) int {
	o, ok := parse(args, stderr)
	if !ok {
		return exitUsage
	}
	switch o.action {
	case printVersion:
		fmt.Fprintln(stdout, version)
		return exitOK
	case status:
		return runStatus(pidFile, stdout)
	case stop:
		return runStop(pidFile, stderr)
	case reload:
		return runReload(configDir, pidFile, o, stdout, stderr)
	}
	return runStart(o, stdout, stderr)
}

// runStatus prints what monitoring greps for.
func runStatus(file string, stdout io.Writer) int {
	pid, state := daemon.Find(file, daemon.SameProgram)
	if state == daemon.Running {
		host, _ := os.Hostname()
		fmt.Fprintf(stdout, "heartbeat OK [pid %d et al] is running on %s [%s]...\n", pid, host, strings.ToLower(host))
		return exitOK
	}
	fmt.Fprintln(stdout, "heartbeat is stopped. No process")
	if state == daemon.Stale {
		return exitFailed
	}
	return exitStopped
}

// runStop asks the daemon to give up everything and returns when it has gone.
func runStop(file string, stderr io.Writer) int {
	pid, state := daemon.Find(file, daemon.SameProgram)
	if state != daemon.Running {
		fmt.Fprintln(stderr, "INFO: Heartbeat already stopped.")
		return exitOK
	}
	gone, err := watchExit(pid)
	if err != nil {
		fmt.Fprintf(stderr, "ERROR: heartbeat: watch process %d: %v\n", pid, err)
		return exitFailed
	}
	defer gone.close()
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil && !errors.Is(err, syscall.ESRCH) {
		fmt.Fprintf(stderr, "ERROR: Could not kill pid %d: %v\n", pid, err)
		if errors.Is(err, syscall.EPERM) {
			return exitPermission
		}
		return exitFailed
	}
	gone.wait()
	return exitOK
}

// runReload checks the configuration and tells the daemon to read it again.
func runReload(dir, file string, o options, stdout, stderr io.Writer) int {
	pid, state := daemon.Find(file, daemon.SameProgram)
	if state != daemon.Running {
		return runStart(o, stdout, stderr)
	}
	_, report := config.Load(dir, config.SystemHost())
	for _, line := range report.Lines() {
		fmt.Fprintf(stderr, "heartbeat: %s: %s\n", line.Level, line.Text)
	}
	if !report.OK() {
		fmt.Fprintf(stderr, "heartbeat: info: Config errors: Heartbeat pid %d NOT restarted\n", pid)
		return report.Status
	}
	fmt.Fprintf(stderr, "heartbeat: info: Signalling heartbeat pid %d to reread config files\n", pid)
	if err := syscall.Kill(pid, syscall.SIGHUP); err != nil {
		fmt.Fprintf(stderr, "heartbeat: ERROR: signal pid %d: %v\n", pid, err)
		return exitFailed
	}
	return exitOK
}

// exitWatch waits for the end of a process that is not a child.
type exitWatch struct {
	pid int
	fd  int // pidfd, -1 where the kernel has none
}

func watchExit(pid int) (*exitWatch, error) {
	fd, err := unix.PidfdOpen(pid, 0)
	switch {
	case err == nil:
		return &exitWatch{pid: pid, fd: fd}, nil
	case errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EPERM):
		return &exitWatch{pid: pid, fd: -1}, nil
	case errors.Is(err, unix.ESRCH):
		return &exitWatch{pid: 0, fd: -1}, nil
	}
	return nil, err
}

func (w *exitWatch) wait() {
	if w.fd >= 0 {
		poll := []unix.PollFd{{Fd: int32(w.fd), Events: unix.POLLIN}}
		for {
			if n, err := unix.Poll(poll, -1); n > 0 || err != nil && !errors.Is(err, unix.EINTR) {
				return
			}
		}
	}
	// Kernels before 5.3 can only be asked again and again.
	for w.pid > 0 && daemon.Exists(w.pid) {
		_, _ = unix.Poll(nil, 50)
	}
}

func (w *exitWatch) close() {
	if w.fd >= 0 {
		_ = unix.Close(w.fd)
	}
}
