package resource

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

const (
	// outputMax bounds what is kept of a script's output, in bytes.
	outputMax = 64 << 10
	// tailMax bounds what a log line quotes of it.
	tailMax = 512
	// lingering is how long a status may keep its output open after its end.
	lingering = 500 * time.Millisecond
)

// result is how a script ended.
type result struct {
	code    int // exit status, 128 + signal as a shell has it
	expired bool
	output  []byte // the first outputMax bytes of a status, the last of others
	err     error  // it could not be run
}

// script runs path with the arguments and an action, directly and without a
// shell, in a process group of its own, with nothing but standard streams.
type script struct {
	path  string
	args  []string
	env   []string
	limit time.Duration // 0 = none
}

// status runs the status action and gives its standard output.
func (s script) status(ctx context.Context) result {
	var out head
	return s.run(ctx, "status", &out, nil, func() []byte { return out.Bytes() })
}

// do runs start or stop. Its output goes to a file, the debug log as with the
// original: what the script leaves running may write on for months, which a pipe
// would either block or end.
func (s script) do(ctx context.Context, action string) result {
	f, from := s.outputFile()
	if f == nil {
		return s.run(ctx, action, nil, nil, func() []byte { return nil })
	}
	defer f.Close()
	return s.run(ctx, action, f, f, func() []byte { return tail(f, from) })
}

func (s script) run(ctx context.Context, action string, stdout, stderr io.Writer, output func() []byte) result {
	cancel := func() {}
	if s.limit > 0 {
		ctx, cancel = context.WithTimeout(ctx, s.limit)
	}
	defer cancel()
	cmd := s.command(ctx, s.path, append(append([]string{}, s.args...), action))
	cmd.Stdout, cmd.Stderr = stdout, stderr
	err := cmd.Start()
	if errors.Is(err, syscall.ENOEXEC) {
		// A script without "#!": a shell that runs it falls back to sh.
		cmd = s.command(ctx, "/bin/sh", append(append([]string{s.path}, s.args...), action))
		cmd.Stdout, cmd.Stderr = stdout, stderr
		err = cmd.Start()
	}
	if err != nil {
		return result{code: 126, err: err}
	}
	err = cmd.Wait()
	r := result{output: output(), expired: ctx.Err() != nil}
	if ws, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		r.code = 128 + int(ws.Signal())
	} else {
		r.code = cmd.ProcessState.ExitCode()
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) && !errors.Is(err, exec.ErrWaitDelay) && !r.expired {
		r.err = err
	}
	return r
}

func (s script) command(ctx context.Context, path string, args []string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = s.env
	cmd.WaitDelay = lingering
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	// The whole group goes: the script waits for a child that hangs.
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	return cmd
}

// outputFile opens the file that takes the output of a start or stop and gives
// its present length.
func (s script) outputFile() (*os.File, int64) {
	for i := len(s.env) - 1; i >= 0; i-- {
		name, ok := strings.CutPrefix(s.env[i], "HA_DEBUGLOG=")
		if !ok || name == "" || name == os.DevNull {
			continue
		}
		f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_RDWR, 0o644)
		if err != nil {
			break
		}
		end, err := f.Seek(0, io.SeekEnd)
		if err != nil {
			_ = f.Close()
			break
		}
		return f, end
	}
	f, err := os.CreateTemp("", "ha-output-")
	if err != nil {
		return nil, 0 // a full disk stops no resource
	}
	_ = os.Remove(f.Name())
	return f, 0
}

// tail reads the end of what a file has gained.
func tail(f *os.File, from int64) []byte {
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil || end <= from {
		return nil
	}
	b := make([]byte, min(end-from, outputMax))
	n, _ := f.ReadAt(b, end-int64(len(b)))
	return b[:n]
}

// quote gives the end of an output on one line.
func quote(output []byte) string {
	text := strings.Join(strings.FieldsFunc(string(output), func(r rune) bool { return r == '\n' || r == '\r' }), "; ")
	if len(text) > tailMax {
		text = "…" + strings.ToValidUTF8(text[len(text)-tailMax:], "")
	}
	return strings.TrimSpace(text)
}

// head keeps the beginning of what is written to it and swallows the rest.
type head struct{ bytes.Buffer }

func (h *head) Write(p []byte) (int, error) {
	if room := outputMax - h.Len(); room > 0 {
		h.Buffer.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}
