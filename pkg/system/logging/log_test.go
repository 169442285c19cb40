package logging

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// at is the clock of the tests: a day of one digit shows the padding.
func at() time.Time { return time.Date(2026, time.November, 2, 17, 8, 7, 0, time.UTC) }

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestGoldenLines(t *testing.T) {
	tests := []struct {
		name  string
		style Style
		prog  string
		level Level
		text  string
		want  string
	}{
		{"heartbeat info", Heartbeat, "", Info, "Local status now set to: 'up'",
			"Nov 02 17:08:07 alpha heartbeat: [38]: info: Local status now set to: 'up'\n"},
		{"heartbeat debug", Heartbeat, "", Debug, "x", "Nov 02 17:08:07 alpha heartbeat: [38]: debug: x\n"},
		{"heartbeat notice", Heartbeat, "", Notice, "x", "Nov 02 17:08:07 alpha heartbeat: [38]: notice: x\n"},
		{"heartbeat warn", Heartbeat, "", Warn, "x", "Nov 02 17:08:07 alpha heartbeat: [38]: WARN: x\n"},
		{"heartbeat error", Heartbeat, "", Error, "x", "Nov 02 17:08:07 alpha heartbeat: [38]: ERROR: x\n"},
		{"heartbeat crit", Heartbeat, "", Crit, "x", "Nov 02 17:08:07 alpha heartbeat: [38]: CRIT: x\n"},
		{"old", HeartbeatOld, "", Info, "x", "heartbeat[38]: 2026/11/02_17:08:07 info: x\n"},
		{"ldirectord", Ldirectord, "ldirectord.cf", Info, "Added virtual server: 192.0.2.70:80",
			"[Mon Nov  2 17:08:07 2026|ldirectord.cf|38] Added virtual server: 192.0.2.70:80\n"},
		{"ldirectord default instance", Ldirectord, "", Error, "x", "[Mon Nov  2 17:08:07 2026|ldirectord|38] x\n"},
		{"supervised", Supervised, "", Info, "x", "[Mon Nov  2 17:08:07 2026] x\n"},
		{"plain", Plain, "", Info, "x", "x\n"},
		{"final newline", Plain, "", Info, "x\n", "x\n"},
		{"a forged line stays one line", Plain, "", Info, "x\nNov 02 forged\x00\x1b[2J\r\x7f",
			"x\\nNov 02 forged\\x00\\x1b[2J\\r\\x7f\n"},
		{"other alphabets pass", Plain, "", Info, "노드\té\xff", "노드\té\xff\n"},
		{"long", Plain, "", Info, strings.Repeat("y", 9000), strings.Repeat("y", maxText) + "...\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			l, err := Open(Options{Style: tt.style, Host: "alpha", Name: tt.prog, PID: 38, Terminal: &out, Now: at})
			if err != nil {
				t.Fatal(err)
			}
			l.Log(tt.level, tt.text)
			l.Close()
			if got := out.String(); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestFilesByLevel(t *testing.T) {
	// A umask must not keep readers of the log out.
	defer syscall.Umask(syscall.Umask(0o077))
	dir := t.TempDir()
	logfile, debugfile := filepath.Join(dir, "ha.log"), filepath.Join(dir, "ha-debug.log")
	l, err := Open(Options{Host: "alpha", PID: 1, Logfile: logfile, Debugfile: debugfile, Now: at})
	if err != nil {
		t.Fatal(err)
	}
	l.Log(Debug, "d")
	l.Log(Info, "i")
	l.SetLevel(Info)
	l.Log(Debug, "filtered")
	l.Close()
	l.Log(Info, "after the end")
	const d, i = "Nov 02 17:08:07 alpha heartbeat: [1]: debug: d\n", "Nov 02 17:08:07 alpha heartbeat: [1]: info: i\n"
	if got := read(t, logfile); got != i {
		t.Errorf("logfile %q", got)
	}
	if got := read(t, debugfile); got != d+i {
		t.Errorf("debugfile %q", got)
	}
	for _, f := range []string{logfile, debugfile} {
		info, err := os.Stat(f)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != 0o644 {
			t.Errorf("%s has mode %v", f, info.Mode())
		}
	}
}

func TestRotation(t *testing.T) {
	for _, style := range []Style{Heartbeat, Ldirectord} {
		dir := t.TempDir()
		path := filepath.Join(dir, "log")
		l, err := Open(Options{Style: style, Host: "h", PID: 1, Logfile: path, Now: at})
		if err != nil {
			t.Fatal(err)
		}
		l.Log(Info, "one")
		l.Flush()
		if err := os.Rename(path, path+".1"); err != nil {
			t.Fatal(err)
		}
		l.Log(Info, "two")
		l.Close()
		if got := read(t, path+".1"); strings.Contains(got, "two") || !strings.Contains(got, "one") {
			t.Errorf("style %d: old file %q", style, got)
		}
		got := read(t, path)
		if !strings.Contains(got, "two\n") || strings.Contains(got, "one") {
			t.Errorf("style %d: new file %q", style, got)
		}
		if said := strings.Contains(got, "log-rotate detected on logfile "+path); said != (style == Heartbeat) {
			t.Errorf("style %d: rotation told: %v", style, said)
		}
	}
}

// TestFileIsOpenOnlyWhileLinesWait: who rotates the log of ldirectord tells
// nobody. What waits is written at once.
func TestFileIsOpenOnlyWhileLinesWait(t *testing.T) {
	l, err := Open(Options{Style: Ldirectord, PID: 1, Logfile: filepath.Join(t.TempDir(), "log"), Now: at})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	file := l.out.logfile
	l.between(func() {
		l.Log(Info, "two")
		l.handle(record{at: at(), level: Info, text: "one"})
		if file.file != nil || strings.Count(string(file.waiting), "\n") != 1 {
			t.Errorf("the first of two lines does not wait: %q", file.waiting)
		}
	})
	for limit := time.Now().Add(10 * time.Second); isOpen(t, file.path); time.Sleep(time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatal("open behind the last line")
		}
	}
	l.Flush()
	if got := read(t, file.path); strings.Index(got, "one") > strings.Index(got, "two") || strings.Count(got, "\n") != 2 {
		t.Errorf("%q", got)
	}
}

// TestManyLinesAreWrittenInParts: what waits for more lines is bounded, and all of
// it is there and in order.
func TestManyLinesAreWrittenInParts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	l, err := Open(Options{Style: Heartbeat, Host: "h", PID: 1, Logfile: path, Now: at})
	if err != nil {
		t.Fatal(err)
	}
	texts := make([]string, 3*maxWaiting/64)
	for i := range texts {
		texts[i] = fmt.Sprintf("%064d", i)
	}
	Lines(l, Info, texts)
	Lines(l, Debug, texts)
	Lines(l, Info, nil)
	l.Close()
	if n := cap(l.out.logfile.waiting); n > 2*maxWaiting {
		t.Errorf("%d bytes waited", n)
	}
	lines := strings.Split(strings.TrimSpace(read(t, path)), "\n")
	if len(lines) != len(texts) {
		t.Fatalf("%d lines, want %d", len(lines), len(texts))
	}
	for i, line := range lines {
		if !strings.HasSuffix(line, texts[i]) {
			t.Fatalf("line %d is %q", i, line)
		}
	}
}

// isOpen says whether this process has a file open.
func isOpen(t *testing.T, path string) bool {
	t.Helper()
	const dir = "/proc/self/fd"
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if target, err := os.Readlink(filepath.Join(dir, e.Name())); err == nil && target == path {
			return true
		}
	}
	return false
}

func TestUnwritableFileFallsBack(t *testing.T) {
	var fallback, terminal bytes.Buffer
	l, err := Open(Options{Style: Ldirectord, PID: 5, Logfile: filepath.Join(t.TempDir(), "no", "such", "log"),
		Terminal: &terminal, Fallback: &fallback, Now: at})
	if err != nil {
		t.Fatal(err)
	}
	l.Log(Info, "one")
	l.Log(Info, "two")
	l.Close()
	want := "[Mon Nov  2 17:08:07 2026|ldirectord|5] one\n[Mon Nov  2 17:08:07 2026|ldirectord|5] two\n"
	if fallback.String() != want {
		t.Errorf("fallback got %q", fallback.String())
	}
	if n := strings.Count(terminal.String(), "Cannot write log file"); n != 1 {
		t.Errorf("the failure was told %d times: %q", n, terminal.String())
	}
}

func TestDetach(t *testing.T) {
	var out bytes.Buffer
	l, err := Open(Options{Style: Plain, Terminal: &out})
	if err != nil {
		t.Fatal(err)
	}
	l.Log(Info, "before")
	l.Detach()
	l.Log(Info, "behind")
	l.Close()
	if out.String() != "before\n" {
		t.Errorf("got %q", out.String())
	}
}

// stuck is a disk that does not answer until it is released.
type stuck struct {
	entered chan struct{}
	release chan struct{}
	once    sync.Once
	bytes.Buffer
}

func (s *stuck) Write(p []byte) (int, error) {
	s.once.Do(func() { close(s.entered) })
	<-s.release
	return s.Buffer.Write(p)
}

func TestFullQueueNeverBlocks(t *testing.T) {
	disk := &stuck{entered: make(chan struct{}), release: make(chan struct{})}
	l, err := Open(Options{Style: Heartbeat, Host: "h", PID: 1, Terminal: disk, Queue: 2, Now: at})
	if err != nil {
		t.Fatal(err)
	}
	l.Log(Info, "0")
	<-disk.entered
	for _, text := range []string{"1", "2", "lost", "lost", "lost"} {
		l.Log(Info, text)
	}
	if got := l.Lost(); got != 3 {
		t.Errorf("lost %d, want 3", got)
	}
	close(disk.release)
	l.Close()
	got := disk.String()
	if strings.Contains(got, "info: lost") || !strings.Contains(got, "info: 2\n") {
		t.Errorf("got %q", got)
	}
	if !strings.Contains(got, "WARN: 3 log lines were dropped") {
		t.Errorf("the loss is not told: %q", got)
	}
}

// syslogd listens on a datagram socket and returns what it hears.
func syslogd(t *testing.T) (path string, next func() string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "log")
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return path, func() string {
		b := make([]byte, 16384)
		if err := c.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		n, err := c.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		return string(b[:n])
	}
}

func TestSyslog(t *testing.T) {
	tests := []struct {
		name     string
		style    Style
		facility string
		level    Level
		want     string
	}{
		{"heartbeat", Heartbeat, "daemon", Warn, "<28>Nov  2 17:08:07 heartbeat: [38]: WARN: x"},
		{"heartbeat old form", HeartbeatOld, "local0", Debug, "<135>Nov  2 17:08:07 heartbeat: [38]: debug: x"},
		{"ldirectord is always info", Ldirectord, "local7", Error, "<190>Nov  2 17:08:07 ldirectord[38]: x"},
		{"ldirectord unknown facility", Ldirectord, "nonsense", Info, "<14>Nov  2 17:08:07 ldirectord[38]: x"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path, next := syslogd(t)
			l, err := Open(Options{Style: tt.style, PID: 38, Facility: tt.facility, SyslogSocket: path, Now: at})
			if err != nil {
				t.Fatal(err)
			}
			l.Log(tt.level, "x")
			if got := next(); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
			l.Close()
		})
	}
}

func TestSyslogRestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	listen := func() *net.UnixConn {
		c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	first := listen()
	l, err := Open(Options{Facility: "daemon", SyslogSocket: path, Now: at})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	l.Log(Info, "one")
	l.Flush()
	first.Close()
	os.Remove(path)
	second := listen()
	defer second.Close()
	l.Log(Info, "two")
	b := make([]byte, 256)
	if err := second.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	n, err := second.Read(b)
	if err != nil || !strings.HasSuffix(string(b[:n]), "info: two") {
		t.Errorf("got %q, %v", b[:n], err)
	}
}

func TestUnknownFacility(t *testing.T) {
	if l, err := Open(Options{Facility: "LOCAL0"}); err == nil {
		l.Close()
		t.Error("heartbeat takes facilities in lower case only")
	}
	if !KnownFacility("none") || !KnownFacility("security") || KnownFacility("x") {
		t.Error("known facilities are wrong")
	}
}

func TestCloseTwice(t *testing.T) {
	l, err := Open(Options{})
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	l.Close()
	l.Flush()
}
