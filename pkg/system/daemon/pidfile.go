package daemon

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Form is the layout of a pid file.
type Form uint8

// The layouts of the originals.
const (
	Plain  Form = iota // decimal and newline, as ldirectord
	Padded             // right-aligned in ten columns and newline, as heartbeat
)

// State is what a pid file says about its daemon.
type State uint8

// The states. They are the rows of ldirectord's table of commands and the exit
// statuses 3, 1 and 0 of heartbeat -s.
const (
	Stopped State = iota // no pid file, or nothing usable in it
	Stale                // the process is gone, or another program has its pid
	Running
)

// String returns the state as a word.
func (s State) String() string {
	switch s {
	case Stopped:
		return "stopped"
	case Stale:
		return "stale"
	case Running:
		return "running"
	}
	return "unknown"
}

// WritePID writes a pid file of mode 0644 in one step: a reader sees the old
// content or the new, never an empty file.
func WritePID(path string, form Form, pid int) error {
	text := strconv.Itoa(pid) + "\n"
	if form == Padded {
		text = fmt.Sprintf("%10d\n", pid)
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("write pid file %s: %w", path, err)
	}
	_, err = tmp.WriteString(text)
	if e := tmp.Chmod(0o644); err == nil {
		err = e
	}
	if e := tmp.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		_ = os.Remove(tmp.Name())
		return fmt.Errorf("write pid file %s: %w", path, err)
	}
	return nil
}

// ReadPID returns the pid in a pid file of either layout.
func ReadPID(path string) (int, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, fmt.Errorf("read pid file: %w", err)
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(b)), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil || pid <= 0 {
		return 0, fmt.Errorf("read pid file %s: no pid in it", path)
	}
	return pid, nil
}

// RemovePID removes a pid file if it names the given process, so that a daemon
// which ends late never removes the file of its successor.
func RemovePID(path string, pid int) error {
	if found, err := ReadPID(path); err != nil || found != pid {
		return nil
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("remove pid file: %w", err)
	}
	return nil
}

// Find reads a pid file and asks whether its process is the daemon meant: same
// is SameProgram or LdirectordOf. The pid is 0 if the state is Stopped.
func Find(path string, same func(pid int) bool) (pid int, state State) {
	pid, err := ReadPID(path)
	if err != nil {
		return 0, Stopped
	}
	if !Exists(pid) || ending("/proc", pid) || !same(pid) {
		return pid, Stale
	}
	return pid, Running
}

// Exists reports whether a process of that pid exists.
func Exists(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || err == syscall.EPERM
}
