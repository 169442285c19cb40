package pair

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"syscall"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// watch tells when the address comes and goes in any of the nodes. One socket
// hears all their network namespaces, so that the order of its messages is the
// order in which things happened, however late they are read.
func (a *agent) watch(address string, pids map[string]int) error {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return err
	}
	names := make(map[int]string)
	for name, pid := range pids {
		// The cable between the namespaces has made the kernel number them.
		id, err := netlink.GetNetNsIdByPid(pid)
		if err != nil || id < 0 {
			return fmt.Errorf("number of the namespace of %s: %d, %w", name, id, err)
		}
		names[id] = name
	}
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_NETLINK, unix.NETLINK_LISTEN_ALL_NSID, 1); err != nil {
		return fmt.Errorf("listen to all namespaces: %w", err)
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 4<<20); err != nil {
		return err
	}
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: unix.RTMGRP_IPV4_IFADDR}); err != nil {
		return err
	}
	go a.follow(fd, ip, names)
	return nil
}

// follow ends with the process.
func (a *agent) follow(fd int, ip netip.Addr, names map[int]string) {
	buf, oob := make([]byte, 64<<10), make([]byte, 1024)
	for {
		n, oobn, _, _, err := unix.Recvmsg(fd, buf, oob, 0)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			a.tell(Event{At: time.Now(), Kind: Fault, Text: "observer: " + err.Error()})
			return
		}
		name := names[namespaceID(oob[:oobn])]
		msgs, err := syscall.ParseNetlinkMessage(buf[:n])
		if err != nil {
			continue
		}
		for _, m := range msgs {
			kind := Up
			if m.Header.Type == unix.RTM_DELADDR {
				kind = Down
			} else if m.Header.Type != unix.RTM_NEWADDR {
				continue
			}
			if localAddress(&m) == ip {
				a.tell(Event{At: time.Now(), Kind: kind, Node: name})
			}
		}
	}
}

// namespaceID reads the number of the namespace that a message is from.
func namespaceID(oob []byte) int {
	msgs, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return 0
	}
	for _, m := range msgs {
		if m.Header.Level == unix.SOL_NETLINK && m.Header.Type == unix.NETLINK_LISTEN_ALL_NSID && len(m.Data) >= 4 {
			return int(int32(binary.NativeEndian.Uint32(m.Data)))
		}
	}
	return 0
}

func localAddress(m *syscall.NetlinkMessage) netip.Addr {
	attrs, err := syscall.ParseNetlinkRouteAttr(m)
	if err != nil {
		return netip.Addr{}
	}
	for _, at := range attrs {
		if at.Attr.Type == unix.IFA_LOCAL {
			ip, _ := netip.AddrFromSlice(at.Value)
			return ip
		}
	}
	return netip.Addr{}
}
