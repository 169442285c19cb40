// Package realserver_test runs lvs-realserver in namespaces: what it changes, that
// it puts everything back, and what the wire sees of it.
package realserver_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// stage makes a web server in new namespaces: a shell of its own, in which S runs
// the script and snap prints what it may change. The other end of its eth0 is in
// the namespace of the process $client, so that a command there goes by asks.
const stage = `
set -eu
mount -t tmpfs none /run
mount -t tmpfs none /etc/default
ip link set lo up
unshare -n sleep 1000 &
client=$!
trap 'kill $client' EXIT
asks() { nsenter -t $client -n "$@"; }
until [ "$(readlink /proc/$client/ns/net)" != "$(readlink /proc/$$/ns/net)" ]; do :; done
ip link add eth0 type veth peer name eth0 netns $client
ip addr add 198.51.100.2/24 dev eth0
ip link set eth0 up
asks ip addr add 198.51.100.1/24 dev eth0
asks ip link set eth0 up
vips() { echo "VIP=\"$*\"" >/etc/default/lvs-realserver; }
S() { rc=0; $SHELL_TO_TRY $SCRIPT "$@" || rc=$?; echo "$1: $rc"; }
snap() { ip addr show lo; ip -6 route show table local; cat /proc/sys/net/ipv4/conf/*/arp_*; ls -A /run; }
# Whether somebody on the wire hears of an address, and whether a packet for it
# that a director sends here is answered.
heard() { asks ip neigh flush all; if asks ping -n -q -c 1 -w 3 $1 >/dev/null; then echo "heard $1"; else echo "silent $1"; fi; }
routed() { asks ip route add $1/32 via 198.51.100.2; if asks ping -n -q -c 1 -w 10 $1 >/dev/null; then echo "answers $1"; fi; asks ip route del $1/32; }
`

func play(t *testing.T, shell, script string) string {
	t.Helper()
	if _, err := exec.LookPath("ping"); err != nil || os.Getuid() != 0 {
		if os.Getenv("CI") == "true" {
			t.Fatalf("root is needed for namespaces, and ping (%v)", err)
		}
		t.Skip("root is needed for namespaces, and ping")
	}
	path, err := filepath.Abs("../../packaging/lvs-realserver")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "unshare", "-n", "-m", "sh", "-c", stage+script)
	cmd.Env = append(os.Environ(), "SHELL_TO_TRY="+shell, "SCRIPT="+path, "LC_ALL=C")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

func lines(words ...string) string { return strings.Join(words, "\n") + "\n" }

func TestRealServer(t *testing.T) {
	const running = "lvs-realserver is running"
	on := func(vip string) string { return fmt.Sprintf("lvs-realserver: %s is on lo", vip) }
	for _, c := range []struct{ name, script, want string }{
		{"stop puts everything back", `
			echo 1 >/proc/sys/net/ipv4/conf/lo/arp_announce
			ip addr add 192.0.2.9/32 dev lo label lo:0
			vips 192.0.2.70 2001:db8::70 192.0.2.9
			snap >$(readlink -f /etc/default)/before
			S start; S start; S status; S stop; S stop
			snap | cmp - /etc/default/before && echo same
			`, lines(on("192.0.2.70"), on("2001:db8::70"), "start: 0", "start: 0", running, "status: 0", "stop: 0", "stop: 0", "same")},
		{"a director reaches it, the wire does not hear of it", `
			vips 192.0.2.70
			ip addr add 192.0.2.70/32 dev lo; asks ip route add 192.0.2.0/24 dev eth0; heard 192.0.2.70; ip addr del 192.0.2.70/32 dev lo
			S start
			heard 192.0.2.70; routed 192.0.2.70
			S stop
			`, lines("heard 192.0.2.70", on("192.0.2.70"), "start: 0", "silent 192.0.2.70", "answers 192.0.2.70", "stop: 0")},
		{"the list changes", `
			vips 192.0.2.70 192.0.2.71; S start
			vips 192.0.2.71 192.0.2.72; S reload
			ip -o -4 addr show dev lo | awk '{ print $4 }'
			S stop
			ip -o -4 addr show dev lo | awk '{ print $4 }'
			`, lines(on("192.0.2.70"), on("192.0.2.71"), "start: 0", on("192.0.2.72"), "reload: 0",
			"127.0.0.1/8", "192.0.2.71/32", "192.0.2.72/32", "stop: 0", "127.0.0.1/8")},
		{"a part is missing", `
			vips 192.0.2.70; S start
			ip addr del 192.0.2.70/32 dev lo; S status; S start
			echo 0 >/proc/sys/net/ipv4/conf/all/arp_ignore; S status; S restart; S status
			`, lines(on("192.0.2.70"), "start: 0",
			"lvs-realserver: 192.0.2.70 is not on lo", "lvs-realserver is running in part", "status: 1", on("192.0.2.70"), "start: 0",
			"lvs-realserver: /proc/sys/net/ipv4/conf/all/arp_ignore is 0, not 1", "lvs-realserver is running in part", "status: 1",
			"lvs-realserver: /proc/sys/net/ipv4/conf/all/arp_ignore has been changed meanwhile and is left as it is",
			on("192.0.2.70"), "restart: 0", running, "status: 0")},
		{"what an earlier boot left behind", `
			vips 192.0.2.70; S start
			ip addr del 192.0.2.70/32 dev lo
			for f in /proc/sys/net/ipv4/conf/*/arp_ignore /proc/sys/net/ipv4/conf/*/arp_announce; do echo 0 >$f; done
			echo 2 >/proc/sys/net/ipv4/conf/all/arp_ignore; echo earlier >/run/lvs-realserver/boot
			S start; S stop; cat /proc/sys/net/ipv4/conf/all/arp_ignore
			`, lines(on("192.0.2.70"), "start: 0", on("192.0.2.70"), "start: 0", "stop: 0", "2")},
		{"nothing to do", `
			S start; S status; vips 192.0.2.70/24; S start; S dance; ls -A /run | grep lvs || true
			`, lines("lvs-realserver: no VIP in /etc/sysconfig/lvs-realserver", "start: 6", "lvs-realserver is stopped", "status: 3",
			"lvs-realserver: VIP: 192.0.2.70/24 is no address", "start: 6",
			"Usage: SCRIPT {start|stop|restart|try-restart|reload|force-reload|status}", "dance: 2")},
	} {
		for _, shell := range []string{"dash", "bash"} {
			t.Run(c.name+", "+shell, func(t *testing.T) {
				t.Parallel()
				path, err := filepath.Abs("../../packaging/lvs-realserver")
				if err != nil {
					t.Fatal(err)
				}
				if got := strings.ReplaceAll(play(t, shell, c.script), path, "SCRIPT"); got != c.want {
					t.Errorf("it says\n%s\nnot\n%s", got, c.want)
				}
			})
		}
	}
}
