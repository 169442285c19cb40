package preflight

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Host is where the questions are asked; the zero value is this machine. Tests
// name another root.
type Host struct {
	Root string
}

// Path is a file of the machine.
func (h Host) Path(name string) string { return filepath.Join(h.Root, name) }

// Sysctl returns a setting of the kernel; false if the kernel does not have it.
func (h Host) Sysctl(name string) (string, bool) {
	content, err := os.ReadFile(h.Path("/proc/sys/" + strings.ReplaceAll(name, ".", "/")))
	return strings.TrimSpace(string(content)), err == nil
}

// SysctlNumber is Sysctl for a setting that is a number.
func (h Host) SysctlNumber(name string) (int, bool) {
	text, ok := h.Sysctl(name)
	n, err := strconv.Atoi(text)
	return n, ok && err == nil
}

// ClockUnsynchronised reports whether the kernel says that nothing keeps its
// clock.
func (h Host) ClockUnsynchronised() bool {
	var t unix.Timex
	state, err := unix.Adjtimex(&t)
	return err == nil && state == unix.TIME_ERROR
}

// SELinuxEnforces reports whether SELinux refuses what its policy does not name.
func (h Host) SELinuxEnforces() bool {
	content, err := os.ReadFile(h.Path("/sys/fs/selinux/enforce"))
	return err == nil && strings.TrimSpace(string(content)) == "1"
}

// Firewalls names what filters packets on this host, as far as it can be seen
// without asking it.
func (h Host) Firewalls() []string {
	var found []string
	if _, err := os.Stat(h.Path("/run/firewalld")); err == nil {
		found = append(found, "firewalld")
	}
	for _, family := range []string{"ip", "ip6"} {
		tables, err := os.ReadFile(h.Path("/proc/net/" + family + "_tables_names"))
		if err == nil && strings.Contains(string(tables), "filter") {
			found = append(found, family+"tables")
		}
	}
	return found
}

// UDPPortTaken reports whether another program has a UDP port for itself.
func (h Host) UDPPortTaken(port int) bool {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{Port: port})
	if err != nil {
		return errors.Is(err, unix.EADDRINUSE)
	}
	_ = conn.Close()
	return false
}

// Module reports whether the kernel has a module, built in, loaded or on disk.
// It is true if that cannot be found out.
func (h Host) Module(name string) bool {
	if _, err := os.Stat(h.Path("/sys/module/" + name)); err == nil {
		return true
	}
	var uts unix.Utsname
	if err := unix.Uname(&uts); err != nil {
		return true
	}
	dir := h.Path("/lib/modules/" + unix.ByteSliceToString(uts.Release[:]))
	unknown := true
	for _, list := range []string{"modules.dep", "modules.builtin"} {
		content, err := os.ReadFile(filepath.Join(dir, list))
		if err != nil {
			continue
		}
		unknown = false
		if strings.Contains(string(content), "/"+name+".ko") {
			return true
		}
	}
	return unknown
}
