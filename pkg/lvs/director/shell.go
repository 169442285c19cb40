package director

import (
	"context"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"lvsha/pkg/system/logging"
)

// commandLimit is how long a callback or fallback command may run.
const commandLimit = 60 * time.Second

// shell runs the commands of the configuration one after the other, so that
// start and stop of a fallback command keep their order, without holding up
// anything else.
type shell struct {
	queue chan string
	log   logging.Sink
}

// maxCommands bounds what waits for a command that hangs.
const maxCommands = 1024

func startShell(ctx context.Context, workers *sync.WaitGroup, log logging.Sink) *shell {
	s := &shell{queue: make(chan string, maxCommands), log: log}
	workers.Add(1)
	go func() {
		defer workers.Done()
		for {
			select {
			case <-ctx.Done():
				return
			case command := <-s.queue:
				s.execute(ctx, command)
			}
		}
	}()
	return s
}

// run queues a command.
func (s *shell) run(command string) {
	select {
	case s.queue <- command:
	default:
		logging.Logf(s.log, warning, "system(%s) failed: too many commands are waiting", command)
	}
}

func (s *shell) execute(ctx context.Context, command string) {
	ctx, cancel := context.WithTimeout(ctx, commandLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", command)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	if err := cmd.Run(); err != nil {
		logging.Logf(s.log, warning, "system(%s) failed: %v", command, err)
	}
}
