package daemon

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Listener returns the process that keeps others from a TCP address, by listening on
// it or on its port of every address; 0 if there is none or it cannot be seen, as by
// others than root.
func Listener(at netip.AddrPort) (pid int) {
	var sockets []string
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		content, err := os.ReadFile(table)
		if err != nil {
			continue
		}
		sockets = append(sockets, listening(string(content), at)...)
	}
	if len(sockets) == 0 {
		return 0
	}
	links, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, link := range links {
		if to, err := os.Readlink(link); err == nil && slices.Contains(sockets, to) {
			pid, _ := strconv.Atoi(strings.Split(link, "/")[2])
			return pid
		}
	}
	return 0
}

// listening returns the sockets of a table of the kernel that listen there, as the
// links of a process name them.
func listening(table string, at netip.AddrPort) (sockets []string) {
	const (
		localColumn, stateColumn, inodeColumn = 1, 3, 9
		listens                               = "0A"
	)
	for _, line := range strings.Split(table, "\n") {
		columns := strings.Fields(line)
		if len(columns) <= inodeColumn || columns[stateColumn] != listens {
			continue
		}
		local, ok := kernelAddr(columns[localColumn])
		if ok && local.Port() == at.Port() && (local.Addr() == at.Addr().Unmap() || local.Addr().IsUnspecified() || at.Addr().IsUnspecified()) {
			sockets = append(sockets, "socket:["+columns[inodeColumn]+"]")
		}
	}
	return sockets
}

// kernelAddr reads an address of /proc/net: words of 32 bits in the order of this
// machine, in hexadecimal, and the port.
func kernelAddr(text string) (netip.AddrPort, bool) {
	host, port, _ := strings.Cut(text, ":")
	bytes, err := hex.DecodeString(host)
	n, err2 := strconv.ParseUint(port, 16, 16)
	if err != nil || err2 != nil || len(bytes)%4 != 0 {
		return netip.AddrPort{}, false
	}
	for word := bytes; len(word) > 0; word = word[4:] {
		binary.NativeEndian.PutUint32(word, binary.BigEndian.Uint32(word))
	}
	addr, ok := netip.AddrFromSlice(bytes)
	return netip.AddrPortFrom(addr.Unmap(), uint16(n)), ok
}

// Command is the short name of a process's program; "a process" if it cannot be
// read.
func Command(pid int) string {
	name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	if err != nil {
		return "a process"
	}
	return strings.TrimSpace(string(name))
}
