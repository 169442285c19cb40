package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"lvsha/pkg/system/daemon"
)

// standIn makes the test binary stand in for a running daemon.
const standIn = "HEARTBEAT_TEST_STAND_IN"

func TestMain(m *testing.M) {
	if os.Getenv(standIn) != "" {
		beDaemon()
		os.Exit(0)
	}
	// signal.Notify leaves its goroutine for the life of the process.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("os/signal.loop"), goleak.IgnoreTopFunction("os/signal.signal_recv"))
}

// beDaemon prints the name of each signal that comes. After SIGTERM it ends when
// its standard input does.
func beDaemon() {
	in := make(chan os.Signal, 1)
	signal.Notify(in, syscall.SIGTERM, syscall.SIGHUP)
	fmt.Println("ready")
	for s := range in {
		fmt.Println(s)
		if s == syscall.SIGTERM {
			_, _ = io.Copy(io.Discard, os.Stdin)
			return
		}
	}
}

// running is a process that the commands take for the daemon.
type running struct {
	cmd   *exec.Cmd
	stdin io.Closer
	lines *bufio.Scanner
	file  string // its pid file
}

func startDaemon(t *testing.T) *running {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r := &running{cmd: exec.Command(self), file: filepath.Join(t.TempDir(), "heartbeat.pid")}
	r.cmd.Env = append(os.Environ(), standIn+"=1")
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if r.stdin, err = r.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = r.cmd.Process.Kill()
		_ = r.cmd.Wait()
	})
	r.lines = bufio.NewScanner(out)
	if got := r.next(); got != "ready" {
		t.Fatalf("the stand-in says %q", got)
	}
	if err := daemon.WritePID(r.file, daemon.Padded, r.cmd.Process.Pid); err != nil {
		t.Fatal(err)
	}
	return r
}

// next is the next line of the process, "" if it has ended.
func (r *running) next() string {
	r.lines.Scan()
	return r.lines.Text()
}

func TestStatus(t *testing.T) {
	var out bytes.Buffer
	r := startDaemon(t)
	if got := runStatus(r.file, &out); got != exitOK {
		t.Errorf("running: status %d", got)
	}
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("heartbeat OK [pid %d et al] is running on %s [%s]...\n", r.cmd.Process.Pid, host, strings.ToLower(host))
	if out.String() != want {
		t.Errorf("running: %q, want %q", out.String(), want)
	}
	for _, c := range []struct {
		name, content string // no content: no file
		want          int
	}{
		{"no pid file", "", exitStopped},
		{"rubbish in it", "heartbeat\n", exitStopped},
		{"nobody has the pid", "2147483646\n", exitFailed},
		// Process 1 is another program.
		{"another program has it", fmt.Sprintf("%10d\n", 1), exitFailed},
	} {
		file := filepath.Join(t.TempDir(), "heartbeat.pid")
		if c.content != "" {
			if err := os.WriteFile(file, []byte(c.content), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		var out bytes.Buffer
		if got := runStatus(file, &out); got != c.want || out.String() != "heartbeat is stopped. No process\n" {
			t.Errorf("%s: status %d, %q", c.name, got, out.String())
		}
	}
}

func TestStopReturnsWhenTheDaemonHasEnded(t *testing.T) {
	r := startDaemon(t)
	var stderr bytes.Buffer
	stopped := make(chan int, 1)
	go func() { stopped <- runStop(r.file, &stderr) }()
	if got := r.next(); got != syscall.SIGTERM.String() {
		t.Errorf("the daemon got %q", got)
	}
	select {
	case got := <-stopped:
		t.Fatalf("stop has returned with %d, the daemon lives", got)
	default:
	}
	if err := errors.Join(r.stdin.Close(), r.cmd.Wait()); err != nil {
		t.Error(err)
	}
	if got := <-stopped; got != exitOK || stderr.Len() > 0 {
		t.Errorf("status %d, %q", got, stderr.String())
	}
	if got := runStop(r.file, &stderr); got != exitOK || stderr.String() != "INFO: Heartbeat already stopped.\n" {
		t.Errorf("stop of what has stopped: status %d, %q", got, stderr.String())
	}
}

// writeConfig writes a configuration of which this host is the only node.
func writeConfig(t *testing.T, haCF string) string {
	t.Helper()
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"ha.cf":       haCF + "node " + host + "\nucast lo 127.0.0.1\n",
		"authkeys":    "auth 1\n1 crc\n",
		"haresources": host + " 192.0.2.70\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestReload(t *testing.T) {
	r := startDaemon(t)
	var stderr bytes.Buffer
	if got := runReload(writeConfig(t, ""), r.file, options{}, io.Discard, &stderr); got != exitOK {
		t.Fatalf("status %d, %q", got, stderr.String())
	}
	want := fmt.Sprintf(" info: Signalling heartbeat pid %d to reread config files\n", r.cmd.Process.Pid)
	if !strings.HasSuffix(stderr.String(), want) {
		t.Errorf("%q does not end with %q", stderr.String(), want)
	}
	if got := r.next(); got != syscall.SIGHUP.String() {
		t.Errorf("the daemon got %q", got)
	}
}

func TestReloadWithErrorsDisturbsNothing(t *testing.T) {
	r := startDaemon(t)
	var stderr bytes.Buffer
	if got := runReload(writeConfig(t, "keepalive never\n"), r.file, options{}, io.Discard, &stderr); got != exitConfig {
		t.Errorf("status %d", got)
	}
	want := fmt.Sprintf(" info: Config errors: Heartbeat pid %d NOT restarted\n", r.cmd.Process.Pid)
	if !strings.HasSuffix(stderr.String(), want) || !strings.Contains(stderr.String(), "ha.cf:1:") {
		t.Errorf("%q", stderr.String())
	}
	// The next signal that comes is ours, so none came before.
	if err := r.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if got := r.next(); got != syscall.SIGTERM.String() {
		t.Errorf("the daemon got %q", got)
	}
}

// TestSignals hands the signals of the original on as commands.
func TestSignals(t *testing.T) {
	commands, ignore := signals(daemon.NewNotifier())
	defer ignore()
	for sig, to := range map[syscall.Signal]<-chan struct{}{syscall.SIGHUP: commands.Reload, syscall.SIGTERM: commands.Stop} {
		if err := syscall.Kill(os.Getpid(), sig); err != nil {
			t.Fatal(err)
		}
		<-to
	}
}
