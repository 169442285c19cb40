// Package ipaddr_test runs the original IPaddr2 and IPaddr of resource-agents and
// ours with the same arguments on the same network and compares what comes of it.
package ipaddr_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"lvsha/pkg/ha/resource"
)

// scripts is where the originals are.
const scripts = "/etc/ha.d/resource.d/"

// TestMain is also ours as a command.
func TestMain(m *testing.M) {
	switch filepath.Base(os.Args[0]) {
	case "IPaddr", "IPaddr2", "IPv6addr":
		os.Exit(resource.RunIPaddr(os.Args[0], os.Args[1:], os.Stdout, os.Stderr))
	case resource.SendARPName:
		os.Exit(resource.RunSendARP(os.Args[1:], os.Stderr))
	}
	os.Exit(m.Run())
}

// loopback is the address that a director that is a real server, too, has on lo.
const loopback = "addr add 10.88.0.80/32 dev lo label lo:0"

func TestIPaddr2(t *testing.T) {
	// Where ours does better, and why.
	better := map[string]string{
		"10.88.0.80//eth0":                     "an empty mask field is no mask; the original takes eth0 for a mask and refuses to start",
		"10.88.0.80/24/eth0:morethanfifteen":   "a stop of what cannot have been started succeeds, its status is stopped; the original fails both",
		"fd00:0:0:0:0:0:0:1/64/eth0":           "as above",
		"10.88.0.80/24/eth0:morethanfifteen/+": "as above",
	}
	actions := []string{"status", "start", "status", "start", "monitor", "stop", "status", "stop"}
	compare(t, "IPaddr2", loopback, actions, better, []string{
		"10.88.0.80",
		"10.88.0.80/",
		"10.88.0.80/24",
		"10.88.0.80/32",
		"10.88.0.80/16",
		"10.88.0.80/32/eth0",
		"10.88.0.80/32/eth0:0",
		"10.88.0.80/24/eth0:0",
		"10.88.0.80/24/eth1",
		"10.88.0.80/24/10.88.0.250",
		"10.88.0.80/24//10.88.0.250",
		"10.88.0.80/24/eth0/10.88.0.250",
		"10.88.0.80/24/eth0:0/10.88.0.250",
		"10.88.0.80/24/eth0/+",
		"10.88.0.80/24/eth0/-",
		"10.88.0.80/24/eth0/bogus",
		"10.88.0.80/24/eth0/10.88.0.250/more",
		"10.88.0.80/255.255.255.0",
		"10.88.0.80/255.255.255.255/eth0",
		"10.88.0.80/255.0.255.0/eth0",
		"10.88.0.80/0/eth0",
		"10.88.0.80/33/eth0",
		"10.88.0.80/24/nosuch0",
		"10.77.5.1",
		"10.77.5.1/24",
		"10.99.0.80",
		"10.99.0.80/24",
		"10.99.0.80/24/eth0",
		"10.99.0.80//",
		"127.0.0.9",
		"127.0.0.9/32/lo",
		"0.1.2.3/24/eth0",
		"10.88.0.300/24/eth0",
		"bogus",
		"10.88.0.80//eth0",
		"10.88.0.80/24/eth0:morethanfifteen",
		"10.88.0.80/24/eth0:morethanfifteen/+",
		"fd00:0:0:0:0:0:0:1/64/eth0",
	})
}

func TestIPaddr(t *testing.T) {
	better := map[string]string{
		"10.88.0.300": "no address, code 6 as for every other; the original has 1 for this one",
		"10.77.5.1":   "an address without a mask in a network wider than /24; the original cannot start it",
		"127.0.0.9":   "as above",
	}
	// The original's monitor calls a function that is not there.
	actions := []string{"status", "start", "status", "start", "stop", "status", "stop"}
	compare(t, "IPaddr", "route add default via 10.88.0.1", actions, better, []string{
		"10.88.0.80",
		"10.88.0.80/24/eth0:5",
		"10.88.0.80/32/eth0",
		"10.88.0.80/16",
		"10.88.0.80/24/eth0/10.88.0.250",
		"10.88.0.80/255.255.255.0/eth0",
		"10.99.0.80",
		"10.99.0.80/24",
		"10.99.0.80/24/eth0",
		"10.88.0.80/24/nosuch0",
		"10.88.0.300",
		"bogus",
		"10.77.5.1",
		"127.0.0.9",
	})
}

func TestIPv6addr(t *testing.T) {
	better := map[string]string{
		"fd88::88/129": "a stop of what cannot have been started succeeds, its status is stopped; the original fails both",
		"10.88.0.80":   "as above",
		"bogus":        "as above",
	}
	actions := []string{"status", "start", "status", "start", "monitor", "stop", "status", "stop"}
	// The original ends whoever works on the same address in another namespace.
	compare(t, "IPv6addr", "addr add fd88::3/64 dev eth0 nodad", actions, better, []string{
		"fd88:0:0:0:0:0:0:80",
		"fd88::81/64",
		"fd88::82/64/eth0",
		"fd88::83//eth0",
		"fd88::84/64/eth1",
		"fe80::99/64/eth1",
		"fd77::1/64/eth0",
		"fd88::85/128",
		"fd88::86/48",
		"fd77::2",
		"fd77::3/64",
		"fe80::9a",
		"fd88::87/64/nosuch0",
		"fd88::88/129",
		"10.88.0.80",
		"bogus",
	})
}

// compare plays each argument with the original and with ours. setup is an ip
// command that the network needs besides.
func compare(t *testing.T, name, setup string, actions []string, better map[string]string, args []string) {
	t.Helper()
	if err := missing(name); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, arg := range args {
		t.Run(arg, func(t *testing.T) {
			t.Parallel()
			want := play(t, scripts+name, scripts+name, arg, setup, actions)
			got := play(t, self, name, arg, setup, actions)
			why, differs := better[arg]
			switch {
			case got == want && differs:
				t.Errorf("is the same as the original, but listed as better: %s\n%s", why, got)
			case got != want && !differs:
				t.Errorf("original:\n%s\nours:\n%s", want, got)
			}
		})
	}
}

func missing(name string) error {
	if os.Getuid() != 0 {
		return fmt.Errorf("root is needed for a network namespace")
	}
	if _, err := os.Stat("/usr/lib/ocf/resource.d/heartbeat/" + name); err != nil {
		return err
	}
	if name == "IPaddr" {
		if _, err := exec.LookPath("ifconfig"); err != nil {
			return fmt.Errorf("the original IPaddr needs it: %w", err)
		}
	}
	_, err := os.Stat(scripts + name)
	return err
}

// play runs the life of an address in a new network namespace and writes down
// exit statuses, verdicts and addresses.
func play(t *testing.T, path, name, arg, setup string, actions []string) string {
	t.Helper()
	var out strings.Builder
	done := make(chan error)
	tmp := t.TempDir()
	go func() {
		// Never unlocked: the thread and its namespace end with the goroutine.
		runtime.LockOSThread()
		done <- func() error {
			if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
				return err
			}
			for _, c := range []string{
				"link set lo up",
				"link add eth0 type veth peer name peer0", "link set eth0 up", "link set peer0 up",
				"link add eth1 type veth peer name peer1", "link set eth1 up", "link set peer1 up",
				"addr add 10.88.0.3/24 brd + dev eth0",
				"addr add 10.77.0.3/16 brd + dev eth1",
				setup,
			} {
				if text, err := exec.Command("ip", strings.Fields(c)...).CombinedOutput(); err != nil {
					return fmt.Errorf("ip %s: %w: %s", c, err, text)
				}
			}
			for _, action := range actions {
				cmd := &exec.Cmd{Path: path, Args: []string{name, arg, action}, Env: append(os.Environ(),
					"HA_RSCTMP="+tmp, "HA_LOGFILE="+filepath.Join(tmp, "log"), "HA_DEBUGLOG="+filepath.Join(tmp, "debug"))}
				said, _ := cmd.Output()
				if cmd.ProcessState == nil {
					return fmt.Errorf("%s was not run", path)
				}
				addrs, err := exec.Command("ip", "-o", "addr", "show").Output()
				if err != nil {
					return err
				}
				fmt.Fprintf(&out, "%s: %d %s%s", action, cmd.ProcessState.ExitCode(), said, lines(string(addrs)))
			}
			return nil
		}()
	}()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// lines leaves out what is always there, and the interface numbers. The restored
// loopback address comes back with another broadcast address and label by the
// original; ours restores both.
func lines(addrs string) string {
	var out strings.Builder
	// Ours does not have the kernel ask whether somebody else has the address.
	for line := range strings.Lines(strings.ReplaceAll(addrs, " nodad", "")) {
		f := strings.Fields(strings.ReplaceAll(line, `\`, " "))
		if f[2] == "inet6" && strings.HasPrefix(f[3], "fe80::") && f[3] != "fe80::99/64" {
			continue // of the kernel's own making
		}
		if f[1] == "lo" && f[3] == "10.88.0.80/32" {
			fmt.Fprintln(&out, "  on lo")
			continue
		}
		fmt.Fprintln(&out, "  "+strings.Join(f[1:], " "))
	}
	return out.String()
}
