// Package linktest joins two hosts by a cable for tests: each is a network
// namespace of its own, held by a thread of this process.
package linktest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Host is one end of the cable. Its interface is eth0.
type Host struct {
	Addr string // of eth0, in a network of 24 bits
	tb   testing.TB
	work chan func()
	done chan struct{}
	tid  int
}

// Cable makes two hosts. If this process may not make namespaces the test fails
// in continuous integration and is skipped elsewhere.
func Cable(tb testing.TB) (a, b *Host) {
	tb.Helper()
	if os.Getuid() != 0 {
		if os.Getenv("CI") == "true" {
			tb.Fatal("root is needed for network namespaces")
		}
		tb.Skip("root is needed for network namespaces")
	}
	a, b = newHost(tb, "10.89.0.1"), newHost(tb, "10.89.0.2")
	a.IP("link add eth0 type veth peer name eth0 netns " + strconv.Itoa(b.tid))
	for _, h := range []*Host{a, b} {
		h.IP("link set lo up")
		h.IP("addr add " + h.Addr + "/24 brd + dev eth0")
		h.IP("link set eth0 up")
	}
	return a, b
}

// newHost starts the thread of a host. It ends with the test, and the namespace
// with it.
func newHost(tb testing.TB, addr string) *Host {
	tb.Helper()
	h := &Host{Addr: addr, tb: tb, work: make(chan func()), done: make(chan struct{})}
	ready := make(chan error, 1)
	go func() {
		defer close(h.done)
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		h.tid = unix.Gettid()
		ready <- unix.Unshare(unix.CLONE_NEWNET)
		for do := range h.work {
			do()
		}
	}()
	tb.Cleanup(func() {
		close(h.work)
		<-h.done
	})
	if err := <-ready; err != nil {
		tb.Fatalf("unshare network namespace: %v", err)
	}
	return h
}

// Do runs a function on the host's thread and returns at its end. Sockets that
// it opens stay on the host; goroutines that it starts do not.
func (h *Host) Do(f func()) {
	ended := make(chan struct{})
	h.work <- func() {
		defer close(ended)
		f()
	}
	<-ended
}

// Go runs a function on another thread of the host, beside what else runs
// there, and closes the channel at its end.
func (h *Host) Go(f func()) <-chan struct{} {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		runtime.LockOSThread() // never unlocked: it is not to be used by others
		space, err := os.Open(fmt.Sprintf("/proc/self/task/%d/ns/net", h.tid))
		if err == nil {
			err = errors.Join(unix.Setns(int(space.Fd()), unix.CLONE_NEWNET), space.Close())
		}
		if err != nil {
			h.tb.Errorf("enter network namespace: %v", err)
			return
		}
		f()
	}()
	return ended
}

// IP runs ip(8) on the host.
func (h *Host) IP(words string) {
	h.tb.Helper()
	h.Do(func() {
		if out, err := exec.Command("ip", strings.Fields(words)...).CombinedOutput(); err != nil {
			h.tb.Errorf("ip %s: %v: %s", words, err, out)
		}
	})
}
