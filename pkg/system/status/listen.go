package status

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"lvsha/pkg/system/daemon"
)

// Address is where a server listens. The zero value is nowhere.
type Address struct {
	Network string // tcp or unix
	Addr    string // address and port, or an absolute path
	GID     int    // group of a socket that is its own, which may connect; 0 for root alone
	Own     bool   // the daemon's own, of which its log says nothing when all is well
}

// Socket is a UNIX socket for root and one group, by which commands ask.
func Socket(path string, gid int) Address {
	return Address{Network: "unix", Addr: path, GID: gid, Own: true}
}

// String returns the address as people write it.
func (a Address) String() string {
	if a.Network == "tcp" {
		return "http://" + a.Addr + "/"
	}
	return a.Addr
}

// ParseListen reads the setting STATUS_LISTEN: an IP address with a port, or the
// absolute path of a UNIX socket. "" is the zero Address. The error says what was
// meant.
func ParseListen(text string) (Address, error) {
	text = strings.TrimSpace(text)
	bad := func(why string) (Address, error) { return Address{}, fmt.Errorf("%q %s", text, why) }
	switch {
	case text == "":
		return Address{}, nil
	case strings.HasPrefix(text, "/"):
		if len(text) > len(unix.RawSockaddrUnix{}.Path)-1 {
			return bad("is too long for a UNIX socket")
		}
		return Address{Network: "unix", Addr: text}, nil
	}
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		if _, err := netip.ParseAddr(text); err == nil {
			return bad("has no port; write " + net.JoinHostPort(text, "9180"))
		}
		return bad("is no address with a port, as in 127.0.0.1:9180, and no path of a socket")
	}
	if host == "" || host == "*" {
		return bad("has no address; 127.0.0.1:" + port + " is this host alone, 0.0.0.0:" + port + " everybody")
	}
	if host == "localhost" {
		return bad("has a name; write 127.0.0.1:" + port)
	}
	if _, err := netip.ParseAddr(host); err != nil {
		return bad("has no IP address before the port")
	}
	at, err := netip.ParseAddrPort(text)
	if err != nil || at.Port() == 0 {
		return bad("has no port between 1 and 65535")
	}
	return Address{Network: "tcp", Addr: at.String()}, nil
}

// loopback reports whether only this host can connect.
func (a Address) loopback() bool {
	at, err := netip.ParseAddrPort(a.Addr)
	return a.Network == "tcp" && err == nil && at.Addr().Unmap().IsLoopback()
}

// open begins to listen. A socket that a killed daemon left is replaced.
func (a Address) open() (net.Listener, error) {
	if a.Network != "unix" {
		return net.Listen(a.Network, a.Addr)
	}
	stale, err := staleSocket(a.Addr)
	if err == nil && stale {
		err = os.Remove(a.Addr)
	}
	if err != nil {
		return nil, err
	}
	l, err := daemon.ListenUnix(a.Addr, 0o660, a.GID)
	if err != nil {
		return nil, err
	}
	return l, nil
}

// staleSocket reports whether there is a socket on which nobody listens. The error
// says why no socket can be made there.
func staleSocket(path string) (bool, error) {
	info, err := os.Lstat(path)
	if errors.Is(err, os.ErrNotExist) {
		_, err := os.Stat(filepath.Dir(path))
		return false, err
	}
	if err != nil {
		return false, err
	}
	if info.Mode()&os.ModeSocket == 0 {
		return false, fmt.Errorf("%s is there and is no socket", path)
	}
	conn, err := net.DialTimeout("unix", path, time.Second)
	if err == nil {
		_ = conn.Close()
		return false, fmt.Errorf("listen unix %s: %w", path, unix.EADDRINUSE)
	}
	if errors.Is(err, unix.ECONNREFUSED) {
		return true, nil
	}
	return false, err
}
