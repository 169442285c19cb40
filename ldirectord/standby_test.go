package main

import (
	"context"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"lvsha/pkg/lvs/config"
	"lvsha/pkg/lvs/director"
	"lvsha/pkg/lvs/ipvs/ipvstest"
	"lvsha/pkg/lvs/plan"
	"lvsha/pkg/system/daemon"
)

// TestStartWaitsForAStandbyThatBegins: a start that finds another process on its
// way to stand by has it take the table over, and does not take it for a daemon
// that has.
func TestStartWaitsForAStandbyThatBegins(t *testing.T) {
	dir := t.TempDir()
	a, _, _ := command(t, dir, "start", goodConfig)
	other := locked(t, a.lockFile())
	defer other.Release()
	begins := locked(t, a.startFile())
	type answer struct {
		lock   *daemon.Lock
		status int
		text   string
	}
	started := make(chan answer, 1)
	go func() {
		lock, status, text := a.takeLock()
		started <- answer{lock, status, text}
	}()
	asked := make(chan struct{}, 1)
	socket, err := listenControl(a.socket(), served{
		modeRequest: func(context.Context, string) (int, string) { return statusOK, modeStandby },
		activateRequest: func(context.Context, string) (int, string) {
			asked <- struct{}{}
			return statusFailed, "ldirectord: activate: no\n"
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.close()
	select {
	case got := <-started:
		t.Fatalf("a start did not wait for the one under way: %+v", got)
	default:
	}
	runs(t, a)
	_ = begins.Release()
	got := <-started
	if got.lock != nil || got.status != statusFailed || got.text != "ldirectord: activate: no" {
		t.Errorf("%+v", got)
	}
	select {
	case <-asked:
	default:
		t.Error("the daemon was not asked to take the table over")
	}
	a.command = standbyCommand
	if lock, status, text := a.takeLock(); lock != nil || status != statusOK || text != "" {
		t.Errorf("standby beside it: %v %d %q", lock, status, text)
	}
}

// runs has a daemon run, as far as its pid file goes.
func runs(t *testing.T, a *app) {
	t.Helper()
	if err := os.WriteFile(a.pidFile(), []byte(itoa(fakeDaemon(t, a.instance))+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
}

// locked is a lock that another process holds.
func locked(t *testing.T, path string) *daemon.Lock {
	t.Helper()
	lock, err := daemon.TryLock(path)
	if err != nil {
		t.Fatal(err)
	}
	return lock
}

// follows has a start wait for what another process does, which gives its locks
// back at its end.
func follows(t *testing.T, a *app, end func()) {
	t.Helper()
	taken := make(chan *daemon.Lock, 1)
	go func() {
		lock, status, text := a.takeLock()
		if lock == nil {
			t.Errorf("no lock: status %d, %q", status, text)
		}
		taken <- lock
	}()
	end()
	if lock := <-taken; lock != nil {
		a.begun()
		_ = lock.Release()
	}
}

// TestStartFollowsOneThatFailed: the locks of a start that ends are free.
func TestStartFollowsOneThatFailed(t *testing.T) {
	a, _, _ := command(t, t.TempDir(), "start", goodConfig)
	other, begins := locked(t, a.lockFile()), locked(t, a.startFile())
	follows(t, a, func() { _, _ = other.Release(), begins.Release() })
}

// TestStartFollowsOneThatEnds: a start beside a stop does not take the daemon that
// is ending for one that serves.
func TestStartFollowsOneThatEnds(t *testing.T) {
	a, _, _ := command(t, t.TempDir(), "start", goodConfig)
	other := locked(t, a.lockFile())
	asked := make(chan struct{}, 1)
	socket, err := listenControl(a.socket(), served{modeRequest: func(context.Context, string) (int, string) {
		select {
		case asked <- struct{}{}:
		default:
		}
		return modeAnswer(endedDirector(t))
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.close()
	runs(t, a)
	follows(t, a, func() { <-asked; _ = other.Release() })
}

// TestStartFollowsOneThatCannotBeAsked: at its very end a daemon closes its socket
// while its pid file is still there.
func TestStartFollowsOneThatCannotBeAsked(t *testing.T) {
	a, _, _ := command(t, t.TempDir(), "start", goodConfig)
	other := locked(t, a.lockFile())
	socket, err := net.Listen("unix", a.socket())
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	runs(t, a)
	follows(t, a, func() {
		conn, err := socket.Accept()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = conn.Close(), os.Remove(a.pidFile())
		_ = other.Release()
	})
}

// TestStartBesideTheOriginal: it has a pid file, and neither a socket nor a lock.
func TestStartBesideTheOriginal(t *testing.T) {
	a, _, _ := command(t, t.TempDir(), "start", goodConfig)
	runs(t, a)
	if mode := a.serving(); mode != modeActive {
		t.Errorf("mode %q", mode)
	}
	if lock, status, text := a.takeLock(); lock != nil || status != statusOK || text != "" {
		t.Errorf("%v %d %q", lock, status, text)
	}
}

// TestStartBesideADaemonWithoutASocket: one that could not open it goes on.
func TestStartBesideADaemonWithoutASocket(t *testing.T) {
	t.Parallel()
	a, _, _ := command(t, t.TempDir(), "start", goodConfig)
	defer locked(t, a.lockFile()).Release()
	runs(t, a)
	if status := a.start(); status != statusOK {
		t.Errorf("status %d", status)
	}
}

// endedDirector is a director that has ended.
func endedDirector(t *testing.T) *director.Director {
	t.Helper()
	a, _, _ := command(t, t.TempDir(), "start", goodConfig)
	loaded, report := director.Load(a.path, config.System{})
	if loaded == nil {
		t.Fatal(report.Findings)
	}
	d := director.New(director.Options{Path: a.path, Host: config.System{}, Kernel: &ipvstest.Kernel{}, Log: &notes{}}, loaded)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := d.Run(ctx); err != nil {
		t.Fatal(err)
	}
	return d
}

// TestStartBesideADaemonThatHangs returns as it always has: a takeover waits for it.
func TestStartBesideADaemonThatHangs(t *testing.T) {
	t.Parallel()
	a, _, _ := command(t, t.TempDir(), "start", goodConfig)
	hang := func(ending context.Context, _ string) (int, string) {
		<-ending.Done()
		return statusFailed, ""
	}
	socket, err := listenControl(a.socket(), served{modeRequest: hang, activateRequest: hang})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.close()
	runs(t, a)
	ended := make(chan int, 1)
	go func() { ended <- a.start() }()
	select {
	case status := <-ended:
		if status != statusOK {
			t.Errorf("status %d", status)
		}
	case <-time.After(controlLimit / 2):
		t.Fatal("start hangs")
	}
}

// TestStatusOfADaemonThatHangs: plain status asks whether the daemon stands by, and
// does not hang with one that is stopped.
func TestStatusOfADaemonThatHangs(t *testing.T) {
	t.Parallel()
	a, stdout, _ := command(t, t.TempDir(), "status", goodConfig)
	socket, err := listenControl(a.socket(), served{modeRequest: func(ending context.Context, _ string) (int, string) {
		<-ending.Done()
		return statusFailed, ""
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.close()
	runs(t, a)
	ended := make(chan int, 1)
	go func() { ended <- a.status() }()
	select {
	case status := <-ended:
		if status != statusOK || !strings.Contains(stdout.String(), "is running with pid") {
			t.Errorf("status %d: %s", status, stdout)
		}
	case <-time.After(controlLimit / 2):
		t.Fatal("status hangs")
	}
}

// TestTableAloneKnowsTheHost: without a daemon the addresses are still this host's.
func TestTableAloneKnowsTheHost(t *testing.T) {
	a, _, _ := command(t, t.TempDir(), "status", goodConfig)
	key := plan.Key{Protocol: config.TCP, Addr: netip.MustParseAddr("127.0.0.1"), Port: 80}
	s := a.tableOf(plan.Usage{{Service: plan.Service{Key: key}}}, nil)
	if len(s.Virtuals) != 1 || !s.Virtuals[0].OnHost {
		t.Errorf("%+v", s.Virtuals)
	}
}
