// Package linktest joins two hosts by a cable for tests: each is a network
// namespace of its own, held by a thread of this process.
package linktest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
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
	// The second end is in use at once when it is set up, the first one only when
	// the kernel has noticed that.
	running := a.awaitLink()
	for _, h := range []*Host{a, b} {
		h.IP("link set lo up")
		h.IP("addr add " + h.Addr + "/24 brd + dev eth0")
		h.IP("link set eth0 up")
	}
	running()
	return a, b
}

// linkLimit bounds the wait for a link; it measures nothing.
const linkLimit = 20

// awaitLink returns a wait for eth0 to run. The kernel brings a link into use
// some time after it is set up, and drops what is sent before.
func (h *Host) awaitLink() (wait func()) {
	h.tb.Helper()
	fd := -1
	var err error
	h.Do(func() {
		if fd, err = unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE); err == nil {
			err = errors.Join(unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: unix.RTMGRP_LINK}),
				unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: linkLimit}))
		}
	})
	if err != nil {
		h.tb.Fatalf("netlink socket: %v", err)
	}
	return func() {
		h.tb.Helper()
		defer unix.Close(fd)
		b := make([]byte, 64<<10)
		for {
			n, _, err := unix.Recvfrom(fd, b, 0)
			if errors.Is(err, unix.EINTR) {
				continue
			}
			if err != nil {
				h.tb.Fatalf("eth0 of %s does not run: %v", h.Addr, err)
			}
			if runs(b[:n]) {
				return
			}
		}
	}
}

// runs reports whether the kernel says that an interface that is no loopback
// runs.
func runs(b []byte) bool {
	const flagsAt = 8 // in struct ifinfomsg
	messages, err := syscall.ParseNetlinkMessage(b)
	if err != nil {
		return false
	}
	for _, m := range messages {
		if m.Header.Type == unix.RTM_NEWLINK && len(m.Data) >= unix.SizeofIfInfomsg {
			flags := binary.NativeEndian.Uint32(m.Data[flagsAt:])
			if flags&unix.IFF_RUNNING != 0 && flags&unix.IFF_LOWER_UP != 0 && flags&unix.IFF_LOOPBACK == 0 {
				return true
			}
		}
	}
	return false
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
