package resource

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lvsha/pkg/system/netif"
)

// arpListener opens a socket that hears the ARP frames at an interface.
func arpListener(t *testing.T, name string) int {
	t.Helper()
	i, err := net.InterfaceByName(name)
	must(t, err)
	const arp = unix.ETH_P_ARP>>8 | unix.ETH_P_ARP<<8&0xff00
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, arp)
	must(t, err)
	t.Cleanup(func() { _ = unix.Close(fd) })
	must(t, unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: arp, Ifindex: i.Index}))
	return fd
}

// nextARP reads a frame, nil when none comes within the time.
func nextARP(t *testing.T, fd int, within time.Duration) []byte {
	t.Helper()
	tv := unix.NsecToTimeval(within.Nanoseconds())
	must(t, unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &tv))
	for {
		b := make([]byte, 128)
		n, err := unix.Read(fd, b)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EAGAIN):
			return nil
		}
		must(t, err)
		return b[:n]
	}
}

// The burst goes on after the command has returned, and the pid file goes with
// its end.
func TestCommandAnnounces(t *testing.T) {
	network(t)
	tmp := t.TempDir()
	fd := arpListener(t, "peer0")
	if out, code := command(t, tmp, "IPaddr2", "10.88.0.80/32/eth0", "start"); code != 0 {
		t.Fatalf("start: %s", out)
	}
	eth0, err := net.InterfaceByName("eth0")
	must(t, err)
	want := netif.Gratuitous(eth0.HardwareAddr, netip.MustParseAddr("10.88.0.80"))
	for n := range 2 * sendRepeat {
		if got := nextARP(t, fd, 10*time.Second); !bytes.Equal(got, want[n%2]) {
			t.Fatalf("frame %d: %x, want %x", n, got, want[n%2])
		}
	}
	if got := nextARP(t, fd, 3*sendInterval); got != nil {
		t.Errorf("one more frame: %x", got)
	}
	if got := read(t, tmp, "send_arp-10.88.0.80"); got != "" {
		t.Errorf("pid file is left: %q", got)
	}
}

func TestCommandStopEndsTheSender(t *testing.T) {
	network(t)
	tmp := t.TempDir()
	fd := arpListener(t, "peer0")
	if out, code := command(t, tmp, "IPaddr2", "10.88.0.80/32/eth0", "start"); code != 0 {
		t.Fatalf("start: %s", out)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(read(t, tmp, "send_arp-10.88.0.80")))
	must(t, err)
	if out, code := command(t, tmp, "IPaddr2", "10.88.0.80/32/eth0", "stop"); code != 0 {
		t.Fatalf("stop: %s", out)
	}
	// A killed process is there until the kernel has run it once more.
	for deadline := time.Now().Add(10 * time.Second); isSender(pid, netip.MustParseAddr("10.88.0.80")); {
		if time.Now().After(deadline) {
			t.Fatalf("sender %d is alive", pid)
		}
		runtime.Gosched()
	}
	if read(t, tmp, "send_arp-10.88.0.80") != "" {
		t.Error("pid file is left")
	}
	for nextARP(t, fd, time.Millisecond) != nil {
		continue
	}
	if got := nextARP(t, fd, 3*sendInterval); got != nil {
		t.Errorf("announced after the stop: %x", got)
	}
	if !strings.Contains(read(t, tmp, "ha.log"), "INFO: killed previously running send_arp for 10.88.0.80") {
		t.Error(read(t, tmp, "ha.log"))
	}
}

// A pid file that names another process must not kill it.
func TestStopSparesAStranger(t *testing.T) {
	network(t)
	tmp := t.TempDir()
	must(t, os.WriteFile(filepath.Join(tmp, "send_arp-10.88.0.80"), []byte(strconv.Itoa(os.Getpid())+"\n"), 0o644))
	if out, code := command(t, tmp, "IPaddr2", "10.88.0.80/32/eth0", "stop"); code != 0 {
		t.Errorf("stop: %s", out)
	}
}

func TestSendARPArguments(t *testing.T) {
	network(t)
	pid := filepath.Join(t.TempDir(), "pid")
	for _, c := range []struct {
		args string
		code int
	}{
		{"-i 1 -r 2 -p " + pid + " eth0 10.88.0.3 auto not_used not_used", 0},
		{"-r 1 eth0 10.88.0.3", 0},
		{"-r 1 eth0 x", 1},
		{"-r x eth0 10.88.0.3", 1},
		{"-z 1 eth0 10.88.0.3", 1},
		{"-r 1 nosuch0 10.88.0.3", 1},
		{"eth0", 1},
	} {
		var errs bytes.Buffer
		if got := RunSendARP(strings.Fields(c.args), &errs); got != c.code || (got == 0) != (errs.Len() == 0) {
			t.Errorf("%s: %d %q", c.args, got, errs.String())
		}
	}
	if _, err := os.Stat(pid); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("pid file: %v", err)
	}
}

func TestSecondStartReplacesTheSender(t *testing.T) {
	network(t)
	tmp := t.TempDir()
	for _, wantKilled := range []bool{false, true} {
		if out, code := command(t, tmp, "IPaddr2", "10.88.0.80/32/eth0", "start"); code != 0 {
			t.Fatalf("start: %s", out)
		}
		if got := strings.Contains(read(t, tmp, "ha.log"), "killed previously running send_arp"); got != wantKilled {
			t.Errorf("killed %v, want %v", got, wantKilled)
		}
	}
	if out, code := command(t, tmp, "IPaddr2", "10.88.0.80/32/eth0", "stop"); code != 0 {
		t.Fatalf("stop: %s", out)
	}
}
