package ipvs

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// What the kernel tells of its netlink families, linux/genetlink.h. The group
// has had this number since it exists.
const (
	ctrlNotifyGroup = 16
	ctrlNewFamily   = 1
	ctrlDelFamily   = 2
)

// reloadPause is between two attempts to have IPVS loaded again.
const reloadPause = time.Second

// Watch follows the kernel's IPVS: if it is unloaded it is asked for again, and
// when it has been loaded anew, empty, Renewed is sent to.
type Watch struct {
	kernel  *Kernel
	genl    *genl
	wake    [2]int // a pipe that ends the wait
	lost    bool   // unloaded, and not yet back
	renewed chan struct{}
	done    chan struct{}
}

// Watch begins to follow. A kernel that cannot tell is an error.
func (k *Kernel) Watch() (*Watch, error) {
	g, err := openGenl()
	if err != nil {
		return nil, fmt.Errorf("watch ipvs: %w", err)
	}
	w := &Watch{kernel: k, genl: g, renewed: make(chan struct{}, 1), done: make(chan struct{})}
	err = unix.SetsockoptInt(g.fd, unix.SOL_NETLINK, unix.NETLINK_ADD_MEMBERSHIP, ctrlNotifyGroup)
	if err == nil {
		err = unix.Pipe2(w.wake[:], unix.O_CLOEXEC)
	}
	if err != nil {
		_ = g.close()
		return nil, fmt.Errorf("watch ipvs: %w", err)
	}
	go w.run()
	return w, nil
}

// Renewed is sent to when IPVS was loaded anew; the connections are open again.
func (w *Watch) Renewed() <-chan struct{} { return w.renewed }

// Close ends the watch.
func (w *Watch) Close() {
	_ = unix.Close(w.wake[1])
	<-w.done
	_ = unix.Close(w.wake[0])
	_ = w.genl.close()
}

func (w *Watch) run() {
	defer close(w.done)
	buffer := make([]byte, 64<<10)
	for w.wait() {
		n, _, err := syscall.Recvfrom(w.genl.fd, buffer, syscall.MSG_DONTWAIT)
		switch {
		case err == nil:
			w.told(buffer[:n])
		case errors.Is(err, syscall.ENOBUFS):
			w.lost = true // something was missed: look
		}
		if w.lost {
			w.lookAgain()
		}
	}
}

// told acts on a datagram of the kernel.
func (w *Watch) told(b []byte) {
	messages, err := syscall.ParseNetlinkMessage(b)
	if err != nil {
		return
	}
	for _, m := range messages {
		if len(m.Data) < 4 {
			continue
		}
		values, err := parseAttrs(m.Data[4:])
		if err != nil || strings.TrimRight(string(values[ctrlFamilyName]), "\x00") != familyName {
			continue
		}
		switch m.Data[0] {
		case ctrlDelFamily:
			w.lost = true
		case ctrlNewFamily:
			w.renew()
		}
	}
}

// lookAgain asks for the family, which has the kernel load the module. If that
// worked, the kernel tells of a new family; if the old one is still there,
// nothing was lost.
func (w *Watch) lookAgain() {
	if w.kernel.same() {
		w.lost = false
	}
}

func (w *Watch) renew() {
	if w.kernel.reconnect() != nil {
		w.lost = true
		return
	}
	w.lost = false
	select {
	case w.renewed <- struct{}{}:
	default: // it is still to be acted upon
	}
}

// wait returns when there is something to read or to try again, or false at the
// end.
func (w *Watch) wait() bool {
	fds := []unix.PollFd{{Fd: int32(w.genl.fd), Events: unix.POLLIN}, {Fd: int32(w.wake[0]), Events: unix.POLLIN}}
	timeout := -1
	if w.lost {
		timeout = int(reloadPause.Milliseconds())
	}
	for {
		_, err := unix.Poll(fds, timeout)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		return err == nil && fds[1].Revents == 0
	}
}

// same reports whether the family is still the one that is talked to.
func (k *Kernel) same() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	id, err := lookup(k.raw.genl)
	return err == nil && id == k.raw.family
}

func (k *Kernel) reconnect() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.connect()
}
