package fence

import (
	"os/exec"
	"syscall"
	"time"
)

// killDelay is how long the output of what the tool started is waited for after
// its own end.
const killDelay = time.Second

// isolate gives the tool a process group, so that a plugin that hangs goes with
// it when its time is over.
func isolate(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = killDelay
}
