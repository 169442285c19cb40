package check

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"syscall"
	"time"

	"lvsha/pkg/lvs/config"
)

// external is checktype=external: a program is run with the addresses of the
// virtual and the real server, and its exit status 0 means up. external-perl is
// the same with perl as the interpreter.
type external struct {
	target Target
	argv   []string
}

func newExternal(t Target) Check {
	argv := append([]string{t.Command}, t.Args[:]...)
	if t.Type == config.ExternalPerl {
		argv = append([]string{"perl"}, argv...)
	}
	return external{t, argv}
}

// killGrace is how long a program that is out of time may take to end.
const killGrace = 500 * time.Millisecond

func (e external) Run(ctx context.Context) Result {
	ctx, cancel := within(ctx, e.target.Timeout)
	defer cancel()
	cmd, err := e.start()
	if err != nil {
		return down("", fmt.Errorf("run %s: %w", e.target.Command, err))
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		return e.judge(err)
	case <-ctx.Done():
	}
	// The whole group is told to end, then made to: a script's children too.
	group := -cmd.Process.Pid
	_ = syscall.Kill(group, syscall.SIGTERM)
	grace := time.NewTimer(killGrace)
	defer grace.Stop()
	select {
	case <-ended:
		_ = syscall.Kill(group, syscall.SIGKILL)
	case <-grace.C:
		_ = syscall.Kill(group, syscall.SIGKILL)
		<-ended
	}
	return down("", fmt.Errorf("run %s: %w after %v", e.target.Command, errTimeout, e.target.Timeout))
}

// start runs the program in a process group of its own, with /dev/null as its
// streams: whatever it prints is neither read nor kept. A file without an
// interpreter line is a shell script, as for execvp(3).
func (e external) start() (*exec.Cmd, error) {
	cmd := command(e.argv)
	err := cmd.Start()
	if errors.Is(err, syscall.ENOEXEC) {
		cmd = command(append([]string{"/bin/sh"}, e.argv...))
		err = cmd.Start()
	}
	return cmd, err
}

func command(argv []string) *exec.Cmd {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

func (e external) judge(err error) Result {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return Result{Up: true}
	case errors.As(err, &exit):
		return down("", fmt.Errorf("%s: %s", e.target.Command, exit.ProcessState))
	}
	return down("", fmt.Errorf("run %s: %w", e.target.Command, err))
}
