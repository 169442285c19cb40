package daemon

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// marker is the environment variable that tells a process that it is the
// detached one. Its value names the descriptor of the report and the identity
// of the pipe, so that a variable left over from elsewhere means nothing.
const marker = "LVSHA_DETACHED"

// maxReport bounds what the parent reads from the child.
const maxReport = 64 << 10

// DetachOptions says how the background process lives.
type DetachOptions struct {
	// Dir is its working directory once it is ready; empty means "/". Until
	// then it has that of the start command, so that relative names in the
	// arguments keep their meaning.
	Dir string
}

// Result is how the start of the background process went.
type Result struct {
	PID    int
	Status int    // exit status for the start command, 0 when it is ready
	Text   string // why, when the status is not 0
}

// Detach runs the program again in the background, with the same arguments, a
// session of its own and its streams on /dev/null, and waits until that process
// calls Ready or Fail, or ends. The error is not nil only if it could not be
// started at all.
func Detach(o DetachOptions) (Result, error) {
	self, err := os.Executable()
	if err != nil {
		return Result{}, fmt.Errorf("detach: %w", err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		return Result{}, fmt.Errorf("detach: %w", err)
	}
	defer r.Close()
	id, err := identity(w)
	if err != nil {
		_ = w.Close()
		return Result{}, fmt.Errorf("detach: %w", err)
	}
	dir := o.Dir
	if dir == "" {
		dir = "/"
	}
	const fd = 3 // the first of ExtraFiles
	cmd := &exec.Cmd{
		Path:        self,
		Args:        os.Args,
		Env:         append(os.Environ(), fmt.Sprintf("%s=%d:%s:%s", marker, fd, id, dir)),
		ExtraFiles:  []*os.File{w},
		SysProcAttr: &syscall.SysProcAttr{Setsid: true},
	}
	err = cmd.Start()
	_ = w.Close()
	if err != nil {
		return Result{}, fmt.Errorf("detach: %w", err)
	}
	report, err := io.ReadAll(io.LimitReader(r, maxReport))
	if err != nil {
		return Result{}, fmt.Errorf("detach: %w", err)
	}
	if res, ok := parseReport(report); ok {
		res.PID = cmd.Process.Pid
		_ = cmd.Process.Release()
		return res, nil
	}
	// It closed the pipe without a word: it ended.
	res := Result{PID: cmd.Process.Pid, Status: 1}
	err = cmd.Wait()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit) && exit.ExitCode() > 0:
		res.Status = exit.ExitCode()
		res.Text = "ended during its start: " + exit.String()
	case err != nil:
		res.Text = "ended during its start: " + err.Error()
	default:
		res.Text = "ended during its start without a report"
	}
	return res, nil
}

func parseReport(b []byte) (Result, bool) {
	head, text, ok := strings.Cut(string(b), "\n")
	if !ok {
		return Result{}, false
	}
	status, err := strconv.Atoi(head)
	if err != nil {
		return Result{}, false
	}
	return Result{Status: status, Text: text}, true
}

// child is the detached side of this process.
var child struct {
	sync.Mutex
	pipe     *os.File // nil once reported
	dir      string
	detached bool
}

// The descriptor must be closed on exec before anything else runs, and the
// variable must not reach the children of the daemon.
func init() {
	value, ok := os.LookupEnv(marker)
	if !ok {
		return
	}
	_ = os.Unsetenv(marker)
	parts := strings.SplitN(value, ":", 3)
	if len(parts) != 3 {
		return
	}
	fd, err := strconv.Atoi(parts[0])
	if err != nil || fd < 3 {
		return
	}
	var st syscall.Stat_t
	if syscall.Fstat(fd, &st) != nil || parts[1] != statIdentity(&st) {
		return
	}
	syscall.CloseOnExec(fd)
	child.pipe = os.NewFile(uintptr(fd), "start report")
	child.dir = parts[2]
	child.detached = true
}

// Detached reports whether this process is the background one that Detach made.
func Detached() bool { return child.detached }

// Ready tells the start command that the daemon runs, and changes into its
// working directory. In a process that is not detached it does nothing.
func Ready() error {
	child.Lock()
	defer child.Unlock()
	if child.pipe == nil {
		return nil
	}
	if err := os.Chdir(child.dir); err != nil {
		return fmt.Errorf("detach: %w", err)
	}
	report(0, "")
	return nil
}

// Fail tells the start command that the daemon does not run: the exit status
// that it shall return and the text that it shall print. The caller ends the
// process. In a process that is not detached, or that was ready, it does
// nothing.
func Fail(status int, text string) {
	child.Lock()
	defer child.Unlock()
	if child.pipe != nil {
		report(status, text)
	}
}

// report writes the word of the child. A start command that was interrupted
// does not read it any more, which is no fault of the daemon.
func report(status int, text string) {
	_, _ = fmt.Fprintf(child.pipe, "%d\n%s", status, text)
	_ = child.pipe.Close()
	child.pipe = nil
}

// identity names an open file, the same in both processes.
func identity(f *os.File) (string, error) {
	var st syscall.Stat_t
	if err := syscall.Fstat(int(f.Fd()), &st); err != nil {
		return "", err
	}
	return statIdentity(&st), nil
}

func statIdentity(st *syscall.Stat_t) string { return fmt.Sprintf("%d.%d", st.Dev, st.Ino) }
