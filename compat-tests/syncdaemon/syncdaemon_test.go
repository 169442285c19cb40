// Package syncdaemon_test has LVSSyncDaemonSwap change the role of the sync daemon
// of a kernel with IPVS; ipvsadm says what has come of it.
package syncdaemon_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lvsha/compat-tests/uml"
)

const script = `
swap=/run/share/LVSSyncDaemonSwap
ip link add eth0 type dummy 2>/dev/null || ip link add eth0 type veth peer name eth1
ip link add lan0 type veth peer name lan1
ip link set eth0 up; ip link set lan0 up; ip link set lan1 up
look() { echo "$*: $?"; ipvsadm -L --daemon; }
$swap master status; look status
$swap master stop; look stop
$swap master start; look start
$swap master start; look again
$swap master status; look status
$swap backup status; look other
$swap backup lan0 start; look backup
$swap backup monitor; look monitor
$swap backup lan0 stop; look stopped
$swap master nosuch0 stop; look 'no interface'
$swap 2>/dev/null; look arguments
$swap slave start 2>/dev/null; look role
$swap master dance 2>/dev/null; look action
`

const want = `master stopped
status: 3
stop: 0
backup sync daemon (mcast=eth0, syncid=0)
start: 0
master sync daemon (mcast=eth0, syncid=0)
again: 0
master sync daemon (mcast=eth0, syncid=0)
master running
status: 0
master sync daemon (mcast=eth0, syncid=0)
backup stopped
other: 3
master sync daemon (mcast=eth0, syncid=0)
backup: 0
backup sync daemon (mcast=lan0, syncid=0)
backup running
monitor: 0
backup sync daemon (mcast=lan0, syncid=0)
stopped: 0
master sync daemon (mcast=lan0, syncid=0)
no interface: 0
arguments: 1
role: 1
action: 1
`

func TestSwap(t *testing.T) {
	uml.Require(t)
	share := t.TempDir()
	build := exec.Command("go", "build", "-trimpath", "-o", filepath.Join(share, "ldirectord"), "lvsha/ldirectord")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	if err := os.Symlink("ldirectord", filepath.Join(share, "LVSSyncDaemonSwap")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	var out strings.Builder
	if _, err := (uml.Machine{Script: script, Share: share, Console: &out}).Run(ctx); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	var got strings.Builder
	for line := range strings.Lines(out.String()) {
		if strings.HasPrefix(line, "IPVS: ") || strings.HasPrefix(line, "LVSSyncDaemonSwap: ERROR: start sync backup on nosuch0: ") {
			continue // the kernel's own words, and ours on standard error
		}
		line, rest, more := strings.Cut(line, ", maxlen=")
		if more && strings.HasSuffix(rest, ")\n") {
			line += ")\n"
		}
		got.WriteString(line)
	}
	if got.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", got.String(), want)
	}
}
