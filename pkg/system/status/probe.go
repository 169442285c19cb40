package status

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"

	"golang.org/x/sys/unix"

	"lvsha/pkg/system/daemon"
)

// Probe says of each address that cannot be listened on now why, in the order of
// the addresses. One that the process own has is in order; 0 means that there is no
// such process.
func Probe(addresses []Address, own int) []string {
	var out []string
	var open []net.Listener // until the end: two addresses may be in each other's way
	for _, a := range addresses {
		if a == (Address{}) {
			continue
		}
		l, err := a.try()
		if l != nil {
			open = append(open, l)
		}
		if err == nil {
			continue
		}
		if why := a.trouble(err, own); why != "" {
			out = append(out, fmt.Sprintf("%s cannot be listened on: %s", a, why))
		}
	}
	for _, l := range open {
		_ = l.Close()
	}
	return out
}

// try listens on an address, or looks whether a socket could be made there.
func (a Address) try() (net.Listener, error) {
	if a.Network == "unix" {
		_, err := staleSocket(a.Addr)
		return nil, err
	}
	return net.Listen(a.Network, a.Addr)
}

// trouble says why an address could not be opened; "" if the process own has it.
func (a Address) trouble(err error, own int) string {
	switch {
	case errors.Is(err, unix.EADDRINUSE):
		return a.taken(own)
	case errors.Is(err, unix.EADDRNOTAVAIL):
		return "this host does not have the address; the daemon tries again until it has"
	case errors.Is(err, fs.ErrPermission):
		return "that is not allowed to who asks"
	case errors.Is(err, fs.ErrNotExist):
		return "there is no such directory"
	}
	return err.Error()
}

// taken says who listens there already.
func (a Address) taken(own int) string {
	pid := a.holder()
	switch {
	case pid == 0:
		return "another program listens there"
	case pid == own:
		return ""
	case pid == unix.Getpid():
		return "another word of the setting takes it already"
	}
	return fmt.Sprintf("%s with pid %d listens there", daemon.Command(pid), pid)
}

// holder is the process that listens on an address, 0 if that cannot be found out.
func (a Address) holder() int {
	if a.Network == "unix" {
		return unixHolder(a.Addr)
	}
	at, err := netip.ParseAddrPort(a.Addr)
	if err != nil {
		return 0
	}
	return daemon.Listener(at)
}

// unixHolder asks the kernel who listens on a socket.
func unixHolder(path string) int {
	conn, err := net.Dial("unix", path)
	if err != nil {
		return 0
	}
	defer conn.Close()
	raw, err := conn.(*net.UnixConn).SyscallConn()
	if err != nil {
		return 0
	}
	pid := 0
	_ = raw.Control(func(fd uintptr) {
		if peer, err := unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED); err == nil {
			pid = int(peer.Pid)
		}
	})
	return pid
}
