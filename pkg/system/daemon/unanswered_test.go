package daemon

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

func TestUnanswered(t *testing.T) {
	t.Parallel()
	self := os.Getpid()
	for _, c := range []struct {
		err  error
		want string
	}{
		{fmt.Errorf("ask: %w", os.ErrDeadlineExceeded), fmt.Sprintf("kill -KILL %d", self)},
		{fmt.Errorf("ask: %w", context.DeadlineExceeded), "no answer in time"},
		{&os.SyscallError{Syscall: "connect", Err: syscall.ENOENT}, "restart it"},
		{&os.SyscallError{Syscall: "connect", Err: syscall.EACCES}, "only root may ask"},
		{&os.SyscallError{Syscall: "read", Err: syscall.ECONNRESET}, "ask again"},
		{errors.New("form 2"), "form 2"},
	} {
		if got := Unanswered(self, c.err); !strings.Contains(got, c.want) || strings.Contains(got, "i/o") {
			t.Errorf("%v: %s", c.err, got)
		}
	}
}

// TestUnansweredWhileHalted: a process that gets no time is told from one that
// hangs.
func TestUnansweredWhileHalted(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("sh", "-c", "kill -STOP $$; cat")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	pid := cmd.Process.Pid
	defer func() {
		_ = syscall.Kill(pid, syscall.SIGCONT)
		_ = stdin.Close()
		_ = cmd.Wait()
	}()
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(pid, &status, syscall.WUNTRACED, nil); err != nil || !status.Stopped() {
		t.Fatal(status, err)
	}
	if got := Unanswered(pid, os.ErrDeadlineExceeded); !strings.Contains(got, fmt.Sprintf("kill -CONT %d", pid)) {
		t.Error(got)
	}
}
