package howto

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// host is one machine of the scenario: a network namespace with an eth0 on the
// common bridge, and for a director namespaces for everything else too.
type host struct {
	name, ip string
	ns       string // network namespace
	keeper   int    // process 1 of a director, seen from outside; 0 for others
	dir      string // a director's own directories
}

// sh runs commands of the scenery, one after the other.
func sh(lines ...string) error {
	for _, line := range lines {
		words := strings.Fields(line)
		if out, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", line, err, bytes.TrimSpace(out))
		}
	}
	return nil
}

// newNetwork makes the segment that all hosts are on.
func newNetwork() error {
	return sh("ip link add br0 type bridge", "ip link set br0 up", "ip link set lo up")
}

// newHost makes a host with one address.
func newHost(ns, name, ip string) (*host, error) {
	h := &host{name: name, ip: ip, ns: ns}
	return h, sh(
		"ip netns add "+ns,
		"ip link add p"+ns+" type veth peer name eth0 netns "+ns,
		"ip link set p"+ns+" master br0 up",
		"ip -n "+ns+" addr add "+ip+"/24 brd + dev eth0",
		"ip -n "+ns+" link set lo up",
		"ip -n "+ns+" link set eth0 up",
	)
}

// cable pulls the host's cable out or puts it back.
func (h *host) cable(in bool) error {
	if in {
		return sh("ip link set p" + h.ns + " up")
	}
	return sh("ip link set p" + h.ns + " down")
}

// command is a command on the host.
func (h *host) command(argv ...string) *exec.Cmd {
	if h.keeper == 0 {
		return exec.Command("ip", append([]string{"netns", "exec", h.ns}, argv...)...)
	}
	return exec.Command("nsenter", append([]string{"-t", strconv.Itoa(h.keeper), "-m", "-u", "-n", "-p"}, argv...)...)
}

// run runs a command on the host to its end and returns what it printed.
func (h *host) run(argv ...string) (string, error) {
	// Daemons that the command leaves behind keep a pipe open; a file has no end
	// to wait for.
	out, err := os.CreateTemp("", "out")
	if err != nil {
		return "", err
	}
	defer os.Remove(out.Name())
	defer out.Close()
	cmd := h.command(argv...)
	cmd.Stdout, cmd.Stderr = out, out
	err = cmd.Run()
	text, rerr := os.ReadFile(out.Name())
	return strings.TrimSpace(string(text)), errors.Join(err, rerr)
}

// director makes the host a director: process, mount and host name namespaces
// of its own, the how-to's files, forwarding.
func (h *host) director(base, peer string) error {
	h.dir = filepath.Join(base, h.ns)
	for _, d := range []string{"etc", "lib", "log"} {
		if err := os.MkdirAll(filepath.Join(h.dir, d), 0o755); err != nil {
			return err
		}
	}
	etc := filepath.Join(h.dir, "etc")
	if err := sh("cp -a /etc/ha.d/. "+etc, "cp -a /var/lib/heartbeat/. "+filepath.Join(h.dir, "lib")); err != nil {
		return err
	}
	if err := writeConfig(etc, peer); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command("ip", "netns", "exec", h.ns, "unshare", "-m", "-u", "-p", "-f", "--mount-proc", self, "keeper", h.name, h.dir)
	cmd.Stderr = os.Stderr
	ready, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	if n, err := ready.Read(make([]byte, 1)); n != 1 {
		return fmt.Errorf("director %s: %w", h.name, err)
	}
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", cmd.Process.Pid, cmd.Process.Pid))
	if err != nil {
		return err
	}
	if h.keeper, err = strconv.Atoi(strings.Fields(string(children) + " 0")[0]); err != nil || h.keeper == 0 {
		return fmt.Errorf("director %s: no process 1", h.name)
	}
	_, err = h.run("sysctl", "-qw", "net.ipv4.ip_forward=1")
	return err
}

// Keeper is process 1 of a director. It never returns.
func Keeper(name, dir string) error {
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return err
	}
	for from, to := range map[string]string{"etc": "/etc/ha.d", "lib": "/var/lib/heartbeat", "log": "/var/log"} {
		if err := syscall.Mount(filepath.Join(dir, from), to, "", syscall.MS_BIND, ""); err != nil {
			return fmt.Errorf("bind %s: %w", to, err)
		}
	}
	if err := syscall.Mount("tmpfs", "/run", "tmpfs", 0, "mode=755"); err != nil {
		return err
	}
	for _, d := range []string{"/run/lock/subsys", "/run/resource-agents", "/run/heartbeat"} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			return err
		}
	}
	if err := syscall.Sethostname([]byte(name)); err != nil {
		return err
	}
	if _, err := os.Stdout.WriteString("+"); err != nil {
		return err
	}
	for {
		// Orphans end here; with no child at all there is nothing to do but wait.
		if _, err := syscall.Wait4(-1, nil, 0, nil); errors.Is(err, syscall.ECHILD) {
			syscall.Pause()
		}
	}
}

// die ends every process of a director with SIGKILL and pulls its cable, as a
// power failure does.
func (h *host) die() error {
	if out, err := h.run("/bin/sh", "-c", "kill -9 -1"); err != nil && !strings.Contains(err.Error(), "killed") {
		return fmt.Errorf("kill everything on %s: %w: %s", h.name, err, out)
	}
	return h.cable(false)
}

// holdsVIP reports whether the VIP is on the host's eth0.
func (h *host) holdsVIP() bool {
	out, err := exec.Command("ip", "-n", h.ns, "-o", "-4", "addr", "show", "dev", "eth0").Output()
	return err == nil && strings.Contains(string(out), " "+vip+"/")
}

// table is the host's IPVS table as ipvsadm -Ln prints it.
func (h *host) table() string {
	out, err := exec.Command("ip", "netns", "exec", h.ns, "ipvsadm", "-Ln").CombinedOutput()
	if err != nil {
		return err.Error() + " " + string(out)
	}
	return strings.TrimSpace(string(out))
}
