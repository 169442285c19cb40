package link

import (
	"context"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"lvsha/pkg/ha/config"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// limit bounds a failure; nothing is measured.
const limit = 10 * time.Second

// place is a network namespace that a thread of its own lives in.
type place struct {
	t    *testing.T
	jobs chan func()
	pid  int // of the thread, by which ip(8) finds the namespace
}

// newPlace makes a network namespace with lo up.
func newPlace(t *testing.T) *place {
	t.Helper()
	if os.Getuid() != 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("root is needed for a network namespace")
		}
		t.Skip("root is needed for a network namespace")
	}
	p := &place{t: t, jobs: make(chan func())}
	ready, ended := make(chan error), make(chan struct{})
	go func() {
		defer close(ended)
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		err := unix.Unshare(unix.CLONE_NEWNET)
		p.pid = unix.Gettid()
		ready <- err
		for job := range p.jobs {
			job()
		}
	}()
	err := <-ready
	t.Cleanup(func() {
		close(p.jobs)
		<-ended
	})
	must(t, err)
	p.ip("link set lo up")
	return p
}

// do runs a function in the namespace.
func (p *place) do(f func()) {
	done := make(chan struct{})
	p.jobs <- func() {
		defer close(done)
		f()
	}
	<-done
}

// ip runs ip(8) commands in the namespace.
func (p *place) ip(commands ...string) {
	p.t.Helper()
	for _, c := range commands {
		p.do(func() {
			if out, err := exec.Command("ip", strings.Fields(c)...).CombinedOutput(); err != nil {
				p.t.Errorf("ip %s: %v: %s", c, err, out)
			}
		})
	}
	if p.t.Failed() {
		p.t.FailNow()
	}
}

// cabled are two places with eth0 each at the ends of a cable: 10.88.0.2 and
// 10.88.0.3, fd88::2 and fd88::3.
func cabled(t *testing.T) (a, b *place) {
	t.Helper()
	a, b = newPlace(t), newPlace(t)
	connect(a, b, "eth0", "10.88.0.2/24", "10.88.0.3/24", "fd88::2/64", "fd88::3/64")
	return a, b
}

func connect(a, b *place, name, addrA, addrB, addr6A, addr6B string) {
	netns := "/proc/" + itoa(os.Getpid()) + "/task/" + itoa(b.pid) + "/ns/net"
	a.ip("link add " + name + " type veth peer name " + name + " netns " + netns)
	a.ip("link set "+name+" up", "addr add "+addrA+" brd + dev "+name, "addr add "+addr6A+" nodad dev "+name)
	b.ip("link set "+name+" up", "addr add "+addrB+" brd + dev "+name, "addr add "+addr6B+" nodad dev "+name)
}

// ear collects what a link receives.
type ear chan string

func (e ear) hear(link string, frame []byte) { e <- link + " " + string(frame) }

// wait waits for one frame that begins with text, whatever comes before.
func (e ear) wait(t *testing.T, want string) {
	t.Helper()
	late := time.After(limit)
	for {
		select {
		case got := <-e:
			if got == want {
				return
			}
		case <-late:
			t.Fatalf("%q has not arrived", want)
		}
	}
}

// carry sends a frame until it arrives: a cable that has just been plugged in
// drops what comes first.
func (e ear) carry(t *testing.T, from *Link, frame string) {
	t.Helper()
	late := time.After(limit)
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	var err error
	for {
		err = from.Send([]byte(frame))
		select {
		case got := <-e:
			if strings.HasSuffix(got, " "+frame) {
				return
			}
		case <-again.C:
		case <-late:
			t.Fatalf("%q has not arrived, the last error was: %v", frame, err)
		}
	}
}

// open opens a link in a place.
func (p *place) open(m config.Medium) (*Link, ear) {
	p.t.Helper()
	var l *Link
	var err error
	e := make(ear, 1000)
	p.do(func() { l, err = Open(context.Background(), m, e.hear) })
	must(p.t, err)
	p.t.Cleanup(l.Close)
	return l, e
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
