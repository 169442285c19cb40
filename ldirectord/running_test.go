package main

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"lvsha/pkg/lvs/check"
	"lvsha/pkg/lvs/config"
	"lvsha/pkg/lvs/director"
	"lvsha/pkg/lvs/ipvs/ipvstest"
)

// instance is a director with its control socket, whose kernel and servers are
// the test's. Its commands find it as they find a daemon.
type instance struct {
	t      testing.TB
	dir    string
	kernel *ipvstest.Kernel
	d      *director.Director
	source *source
	log    *notes

	mu   sync.Mutex
	down map[string]bool
}

// startInstance runs a configuration until the test ends.
func startInstance(t testing.TB, content string) *instance {
	t.Helper()
	i := &instance{t: t, dir: t.TempDir(), kernel: &ipvstest.Kernel{}, log: &notes{}, down: make(map[string]bool)}
	a, _, _ := command(t, i.dir, "start", content)
	loaded, report := director.Load(a.path, config.System{})
	if loaded == nil {
		t.Fatal(report.Findings)
	}
	i.d = director.New(director.Options{Path: a.path, PID: 1, Host: config.System{}, Kernel: i.kernel, Log: i.log, Checks: check.Env{Dial: i.dial}}, loaded)
	i.source = a.newSource(i.d, i.kernel.Usage)
	socket, err := listenControl(a.socket(), answers(i.d, a.newSiblings(i.log), i.source))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- i.d.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		socket.close()
	})
	<-i.d.Ready()
	if err := os.WriteFile(a.pidFile(), []byte(itoa(fakeDaemon(t, a.instance))+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return i
}

func (i *instance) dial(_ context.Context, _, address string) (net.Conn, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.down[address] {
		return nil, syscall.ECONNREFUSED
	}
	near, _ := net.Pipe()
	return near, nil
}

func (i *instance) setDown(address string, down bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.down[address] = down
}

// run gives the instance's program a command line without the program and the
// file.
func (i *instance) run(words ...string) (status int, stdout, stderr string) {
	i.t.Helper()
	a, out, errs := i.app(words...)
	switch a.command {
	case "drain":
		status = a.drain()
	case "undrain":
		status = a.undrain()
	default:
		status = a.statusCommand()
	}
	return status, strings.ReplaceAll(out.String(), i.dir, "DIR"), strings.ReplaceAll(errs.String(), i.dir, "DIR")
}

func (i *instance) app(words ...string) (a *app, stdout, stderr *strings.Builder) {
	i.t.Helper()
	stdout, stderr = &strings.Builder{}, &strings.Builder{}
	a = &app{args: append([]string{"ldirectord", "t.cf"}, words...), stdout: stdout, stderr: stderr, site: site{runDir: i.dir, configDirs: []string{i.dir}}}
	if _, done := a.parse(a.args[1:]); done {
		i.t.Fatalf("%v: %s", words, stderr)
	}
	a.path, a.found = filepath.Join(i.dir, "t.cf"), true
	return a, stdout, stderr
}

// until waits for something to become true.
func (i *instance) until(what string, done func() bool) {
	i.t.Helper()
	limit := time.After(20 * time.Second)
	for !done() {
		select {
		case <-limit:
			i.t.Fatalf("%s does not happen", what)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
