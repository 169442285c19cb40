package check_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"lvsha/pkg/lvs/check"
	"lvsha/pkg/lvs/config"
)

func TestMain(m *testing.M) {
	if os.Getenv(webVariable) != "" {
		os.Exit(web())
	}
	// The pattern library keeps a clock running for a while after a match.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/dlclark/regexp2.runClock"))
}

func run(t *testing.T, target check.Target) check.Result {
	t.Helper()
	if target.Timeout == 0 {
		target.Timeout = 10 * time.Second
	}
	ck, err := check.New(target, check.Env{})
	if err != nil {
		t.Fatal(err)
	}
	return check.Run(context.Background(), ck)
}

// listen opens a TCP port on the loopback.
func listen(t *testing.T) (net.Listener, netip.AddrPort) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l, netip.MustParseAddrPort(l.Addr().String())
}

func TestConnect(t *testing.T) {
	t.Parallel()
	l, addr := listen(t)
	target := check.Target{Type: config.Connect, Addr: addr.Addr(), Port: addr.Port()}
	if r := run(t, target); !r.Up || r.Err != nil {
		t.Errorf("open port: %+v", r)
	}
	_ = l.Close()
	if r := run(t, target); r.Up || !errors.Is(r.Err, syscall.ECONNREFUSED) {
		t.Errorf("closed port: %+v", r)
	}
	target.Port = 0
	if r := run(t, target); r.Up || r.Err == nil {
		t.Errorf("no port: %+v", r)
	}
}

func TestConnectGivesUp(t *testing.T) {
	t.Parallel()
	target := check.Target{Type: config.Connect, Addr: netip.MustParseAddr("127.0.0.1"), Port: 1, Timeout: 20 * time.Millisecond}
	silent := func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	ck, err := check.New(target, check.Env{Dial: silent})
	if err != nil {
		t.Fatal(err)
	}
	if r := ck.Run(context.Background()); r.Up || !strings.Contains(r.Err.Error(), "timed out") {
		t.Errorf("silent server: %+v", r)
	}
}

func TestCombinedOrder(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		connects int
		replies  string // what each connection meets: n and c pass, x fails
		want     string // n a negotiate, c a connect
	}{
		{"three connects between", 3, "ncccncc", "ncccncc"},
		{"zero is always negotiate", 0, "nnn", "nnn"},
		{"negotiate until it passes", 2, "xxnccn", "nnnccn"},
		{"a failed connect makes negotiate due", 3, "ncxnc", "nccnc"},
	}
	for _, test := range tests {
		var got strings.Builder
		target := check.Target{Type: config.Combined, Service: "http", Connects: test.connects, Timeout: 5 * time.Second,
			Addr: netip.MustParseAddr("127.0.0.1"), Port: 80, Request: "/", Method: "GET"}
		replies := test.replies
		dial := func(context.Context, string, string) (net.Conn, error) {
			reply := replies[0]
			replies = replies[1:]
			if reply == 'x' {
				return nil, syscall.ECONNREFUSED
			}
			near, far := net.Pipe()
			go func() {
				defer far.Close()
				buffer := make([]byte, 1024)
				if n, _ := far.Read(buffer); n > 0 {
					_, _ = far.Write([]byte("HTTP/1.0 200 OK\r\n\r\n"))
				}
			}()
			return &counted{Conn: near, log: &got}, nil
		}
		ck, err := check.New(target, check.Env{Dial: dial})
		if err != nil {
			t.Fatal(err)
		}
		for i := range test.replies {
			before := got.Len()
			up := ck.Run(context.Background()).Up
			if up != (test.replies[i] != 'x') {
				t.Errorf("%s: round %d: up is %v", test.name, i+1, up)
			}
			if got.Len() == before {
				// A connection that is refused or only opened writes nothing.
				got.WriteByte(map[bool]byte{true: 'c', false: test.want[i]}[up])
			}
		}
		if got.String() != test.want {
			t.Errorf("%s: rounds %s, want %s", test.name, got.String(), test.want)
		}
	}
}

// counted notes a negotiate when something is written.
type counted struct {
	net.Conn
	log *strings.Builder
}

func (c *counted) Write(p []byte) (int, error) {
	c.log.WriteByte('n')
	return c.Conn.Write(p)
}

func program(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "check")
	if err := os.WriteFile(file, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestExternal(t *testing.T) {
	t.Parallel()
	args := [4]string{"[2001:db8::1]", "80", "10.0.0.2", "0"}
	tests := []struct {
		name, script string
		up           bool
	}{
		{"arguments", "#!/bin/sh\n[ \"$*\" = '[2001:db8::1] 80 10.0.0.2 0' ]\n", true},
		{"exit status", "#!/bin/sh\nexit 1\n", false},
		{"no interpreter line", "exit 0\n", true},
		{"killed by a signal", "#!/bin/sh\nkill -9 $$\n", false},
		{"a flood of output", "#!/bin/sh\nhead -c 50000000 /dev/zero\nexec head -c 50000000 /dev/zero >&2\n", true},
		{"out of time, deaf to TERM, with children", "#!/bin/sh\ntrap '' TERM\nsleep 1000 &\nsleep 1000\n", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			target := check.Target{Type: config.External, Command: program(t, test.script), Args: args}
			if strings.HasPrefix(test.name, "out of time") {
				target.Timeout = 100 * time.Millisecond
			}
			if r := run(t, target); r.Up != test.up || (r.Err == nil) != test.up {
				t.Errorf("%+v, want up %v", r, test.up)
			}
		})
	}
	if r := run(t, check.Target{Type: config.External, Command: program(t, "#!/bin/sh\n") + " -x", Args: args}); r.Up {
		t.Errorf("a command with arguments is one file name: %+v", r)
	}
}

// TestExternalLeavesNothing is the original's defect: the children of a check
// that was out of time went on.
func TestExternalLeavesNothing(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "pid")
	command := program(t, "#!/bin/sh\nsleep 1000 &\necho $! >"+file+".new\nmv "+file+".new "+file+"\nwait\n")
	ck, err := check.New(check.Target{Type: config.External, Command: command, Timeout: time.Minute}, check.Env{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan check.Result)
	go func() { done <- ck.Run(ctx) }()
	var pid int
	wait(t, "the script's child", func() bool {
		content, err := os.ReadFile(file)
		if err != nil {
			return false
		}
		_, err = fmt.Sscan(string(content), &pid)
		return err == nil
	})
	cancel()
	if r := <-done; r.Up {
		t.Errorf("up after its end: %+v", r)
	}
	wait(t, "the end of the child", func() bool {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		return err != nil || strings.Contains(string(stat), ") Z ")
	})
}

func wait(t *testing.T, what string, done func() bool) {
	t.Helper()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	limit := time.After(20 * time.Second)
	for !done() {
		select {
		case <-ticker.C:
		case <-limit:
			t.Fatalf("%s did not come", what)
		}
	}
}

func TestPing(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("raw sockets need root")
	}
	for _, address := range []string{"127.0.0.1", "::1"} {
		if r := run(t, check.Target{Type: config.Ping, Addr: netip.MustParseAddr(address), Attempts: 1, Timeout: 5 * time.Second}); !r.Up {
			t.Errorf("%s: %+v", address, r)
		}
	}
}

type panicking struct{}

func (panicking) Run(context.Context) check.Result { panic("boom") }

func TestAPanicIsAFailedCheck(t *testing.T) {
	before := check.Panics()
	if r := check.Run(context.Background(), panicking{}); r.Up || r.Err == nil || check.Panics() != before+1 {
		t.Errorf("%+v, %d panics", r, check.Panics()-before)
	}
}

func TestEveryServiceIsBuiltOrRefused(t *testing.T) {
	t.Parallel()
	for _, service := range []string{"dns", "ftp", "http", "https", "http_proxy", "imap", "imaps", "ldap", "ldaps", "mysql", "nntp",
		"none", "oracle", "pgsql", "pop", "pops", "radius", "simpletcp", "sip", "smtp", "submission"} {
		if _, err := check.New(check.Target{Service: service}, check.Env{}); err != nil {
			t.Errorf("%s: %v", service, err)
		}
	}
	if _, err := check.New(check.Target{Service: "gopher"}, check.Env{}); err == nil {
		t.Error("gopher has a check")
	}
}
