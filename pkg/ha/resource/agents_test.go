package resource

import (
	"bytes"
	"context"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"lvsha/pkg/system/netif"
)

// ip runs the ip command in the namespace of the locked thread.
func ip(t *testing.T, args string) string {
	t.Helper()
	out, err := exec.Command("ip", strings.Fields(args)...).CombinedOutput()
	if err != nil {
		t.Fatalf("ip %s: %v: %s", args, err, out)
	}
	return string(out)
}

// addresses lists what is configured besides the address of the interface:
// "interface prefix broadcast label".
func addresses(t *testing.T) string {
	t.Helper()
	var out []string
	for line := range strings.Lines(ip(t, "-4 -o addr show")) {
		f := strings.Fields(strings.ReplaceAll(line, `\`, " "))
		if f[3] == "127.0.0.1/8" || f[3] == "10.88.0.3/24" {
			continue
		}
		brd, label := "-", ""
		for i, w := range f {
			switch w {
			case "brd":
				brd = f[i+1]
			case "valid_lft":
				label = f[i-1]
			}
		}
		out = append(out, f[1]+" "+f[3]+" "+brd+" "+label)
	}
	return strings.Join(out, ", ")
}

// notes is an Announcer that writes down what it is asked.
type notes struct {
	sync.Mutex
	said []string
}

func (n *notes) note(s string) {
	n.Lock()
	defer n.Unlock()
	n.said = append(n.said, s)
}

func (n *notes) Announce(device string, ip netip.Addr) error {
	n.note("announce " + device + " " + ip.String())
	return nil
}

func (n *notes) Withdraw(device string, ip netip.Addr) {
	n.note("withdraw " + device + " " + ip.String())
}

func (n *notes) take() string {
	n.Lock()
	defer n.Unlock()
	s := strings.Join(n.said, ", ")
	n.said = nil
	return s
}

func agents(t *testing.T) (*Agents, *notes, *journal) {
	t.Helper()
	network(t)
	h, err := netif.Open()
	must(t, err)
	t.Cleanup(h.Close)
	n, log := &notes{}, &journal{}
	return &Agents{Host: h, Announcer: n, Tmp: t.TempDir(), Log: log}, n, log
}

// The forms of the table, each as real IPaddr2 of resource-agents 4.12
// configures it; compat-tests/ipaddr compares the two on this machine.
func TestArgumentForms(t *testing.T) {
	cases := []struct {
		name, arg string
		start     int
		want      string
	}{
		{agentIPaddr2, "10.88.0.80", 0, "eth0 10.88.0.80/24 10.88.0.255 eth0"},
		{agentIPaddr2, "10.88.0.80/24/eth0:0", 0, "eth0 10.88.0.80/24 10.88.0.255 eth0:0"},
		{agentIPaddr2, "10.88.0.80/32/eth0:0", 0, "eth0 10.88.0.80/32 10.88.0.255 eth0:0"},
		{agentIPaddr2, "10.88.0.80/32/eth0", 0, "eth0 10.88.0.80/32 10.88.0.255 eth0"},
		{agentIPaddr2, "10.88.0.80/32", 0, "eth0 10.88.0.80/32 10.88.0.255 eth0"},
		{agentIPaddr2, "10.88.0.80/255.255.255.0/eth0", 0, "eth0 10.88.0.80/24 10.88.0.255 eth0"},
		{agentIPaddr2, "10.88.0.80/24/10.88.0.250", 0, "eth0 10.88.0.80/24 10.88.0.250 eth0"},
		{agentIPaddr2, "10.88.0.80/24/eth0/10.88.0.250", 0, "eth0 10.88.0.80/24 10.88.0.250 eth0"},
		{agentIPaddr2, "10.99.0.80/24/eth0", 0, "eth0 10.99.0.80/24 - eth0"},
		{agentIPaddr2, "10.99.0.80", 1, ""},
		{agentIPaddr2, "10.88.0.80/24/nosuch0", 6, ""},
		{agentIPaddr2, "10.88.0.80/24/eth0:morethanfifteen", 6, ""},
		{agentIPaddr2, "0.88.0.80/24/eth0", 6, ""},
		{agentIPaddr2, "fd00:0:0:0:0:0:0:1/64/eth0", 6, ""},
		{agentIPaddr, "10.88.0.80", 0, "eth0 10.88.0.80/24 10.88.0.255 eth0:0"},
		{agentIPaddr, "10.88.0.80/32/eth0:9", 0, "eth0 10.88.0.80/32 10.88.0.80 eth0:0"},
		{agentIPaddr, "10.88.0.80/16", 0, "eth0 10.88.0.80/16 10.88.255.255 eth0:0"},
		{agentIPaddr, "10.99.0.80/24", 1, ""},
		{agentIPaddr, "10.88.0.80/24/nosuch0", 1, ""},
	}
	for _, c := range cases {
		t.Run(c.name+" "+c.arg, func(t *testing.T) {
			a, said, _ := agents(t)
			j := a.job(c.name, c.arg)
			for range 2 { // a second start is the same
				if got := j.act("start"); got != c.start {
					t.Fatalf("start %d, want %d", got, c.start)
				}
				if got := addresses(t); got != c.want {
					t.Errorf("addresses %q, want %q", got, c.want)
				}
				want := ""
				if c.start == 0 {
					want = "announce eth0 " + j.wish.text
				}
				if got := said.take(); got != want {
					t.Errorf("said %q, want %q", got, want)
				}
			}
			want := ocfNotRunning
			if c.start == 0 {
				want = ocfSuccess
			}
			if got := j.act("status"); got != want {
				t.Errorf("status %d, want %d", got, want)
			}
			if got := said.take(); got != "" {
				t.Errorf("status said %q", got)
			}
			for range 2 {
				if got := j.act("stop"); got != ocfSuccess {
					t.Errorf("stop %d", got)
				}
			}
			if c.start == 0 && said.take() != "withdraw eth0 "+j.wish.text+", withdraw eth0 "+j.wish.text {
				t.Error("stop did not withdraw")
			}
			if got := j.act("status"); got != ocfNotRunning {
				t.Errorf("status after stop %d", got)
			}
			if got := addresses(t); got != "" {
				t.Errorf("left: %s", got)
			}
		})
	}
}

func TestStatusOfAnotherPrefixLength(t *testing.T) {
	a, _, _ := agents(t)
	ip(t, "addr add 10.88.0.80/24 dev eth0")
	if got := a.job(agentIPaddr2, "10.88.0.80/32/eth0").act("status"); got != ocfNotRunning {
		t.Errorf("IPaddr2 %d", got)
	}
	if got := a.job(agentIPaddr, "10.88.0.80/32/eth0").act("status"); got != ocfSuccess {
		t.Errorf("IPaddr %d", got)
	}
}

// TestStopAfterARename: the address goes with an interface that is renamed, and a
// stop takes it off where it is.
func TestStopAfterARename(t *testing.T) {
	for _, form := range []string{"10.88.0.80/32/eth0", "10.88.0.80/24", "10.88.0.80"} {
		a, _, _ := agents(t)
		if got := a.job(agentIPaddr2, form).act("start"); got != ocfSuccess {
			t.Fatalf("%s: start %d", form, got)
		}
		ip(t, "link set eth0 down")
		ip(t, "link set eth0 name gone0")
		if got := a.job(agentIPaddr2, form).act("stop"); got != ocfSuccess {
			t.Errorf("%s: stop %d", form, got)
		}
		if got := ip(t, "-4 -o addr show"); strings.Contains(got, "10.88.0.80") {
			t.Errorf("%s: still there: %s", form, got)
		}
	}
}

func TestIPaddrTakesTheFirstFreeAlias(t *testing.T) {
	a, _, _ := agents(t)
	ip(t, "addr add 10.88.0.70/24 dev eth0 label eth0:0")
	ip(t, "addr add 10.88.0.71/24 dev eth0 label eth0:2")
	if got := a.job(agentIPaddr, "10.88.0.80").act("start"); got != 0 {
		t.Fatal(got)
	}
	if got := addresses(t); !strings.Contains(got, "10.88.0.80/24 10.88.0.255 eth0:1") {
		t.Error(got)
	}
}

func TestIPaddrTakesTheDefaultRoute(t *testing.T) {
	a, _, _ := agents(t)
	ip(t, "route add default via 10.88.0.1")
	if got := a.job(agentIPaddr, "10.99.0.80/24").act("start"); got != 0 {
		t.Fatal(got)
	}
	if got := addresses(t); got != "eth0 10.99.0.80/24 10.99.0.255 eth0:0" {
		t.Error(got)
	}
	if got := a.job(agentIPaddr, "10.98.0.81").act("start"); got != ocfGeneric {
		t.Errorf("without a mask: %d", got)
	}
}

func TestLoopbackIsRemovedAndRestored(t *testing.T) {
	a, _, log := agents(t)
	ip(t, "addr add 10.88.0.80/32 brd 10.88.0.80 dev lo label lo:0")
	ip(t, "route add 10.88.0.80/32 dev lo")
	before := addresses(t)
	j := a.job(agentIPaddr2, "10.88.0.80/24/eth0")
	if got := j.act("start"); got != 0 {
		t.Fatal(got)
	}
	if got := addresses(t); got != "eth0 10.88.0.80/24 10.88.0.255 eth0" {
		t.Errorf("after start: %s", got)
	}
	if routes := ip(t, "route show table main"); strings.Contains(routes, "dev lo") {
		t.Errorf("after start: %s", routes)
	}
	if got, want := read(t, a.Tmp, "10.88.0.80"), "10.88.0.80 32 10.88.0.80 lo lo:0\n"; got != want {
		t.Errorf("remembered %q, want %q", got, want)
	}
	if got := j.act("stop"); got != 0 {
		t.Fatal(got)
	}
	if got := addresses(t); got != before {
		t.Errorf("after stop: %s, want %s", got, before)
	}
	if read(t, a.Tmp, "10.88.0.80") != "" {
		t.Error("the file is still there")
	}
	for _, want := range []string{"Removing conflicting loopback lo.", "Restoring loopback IP Address  10.88.0.80 32"} {
		if !strings.Contains(log.text(), want) {
			t.Errorf("no %q in\n%s", want, log.text())
		}
	}
}

// installed makes a resource.d with our binary under the agent's name.
func installed(t *testing.T, a *Agents) *Runner {
	t.Helper()
	dir := t.TempDir()
	self := filepath.Join(dir, "heartbeat")
	must(t, os.WriteFile(self, []byte("#!/bin/sh\necho the file was executed >&2\nexit 9\n"), 0o755))
	rd := filepath.Join(dir, "resource.d")
	must(t, os.Mkdir(rd, 0o755))
	must(t, os.Symlink(self, filepath.Join(rd, "IPaddr2")))
	return &Runner{Dirs: []string{rd}, Self: self, Agents: a, Log: a.Log}
}

func TestRunnerRunsAgentsInProcess(t *testing.T) {
	a, said, log := agents(t)
	r := installed(t, a)
	ctx := context.Background()
	g := group("Ipaddr2::10.88.0.80/32/eth0:0")
	if errs := r.Check(g); len(errs) != 0 {
		t.Errorf("check: %v", errs)
	}
	must(t, r.Start(ctx, g))
	if got := addresses(t); got != "eth0 10.88.0.80/32 10.88.0.255 eth0:0" {
		t.Error(got)
	}
	if got := said.take(); got != "announce eth0 10.88.0.80" {
		t.Error(got)
	}
	// Trap: a start of what is up already must announce all the same.
	must(t, r.Start(ctx, g))
	if got := said.take(); got != "announce eth0 10.88.0.80" {
		t.Error(got)
	}
	r.Reannounce(g)
	if got := said.take(); got != "announce eth0 10.88.0.80" {
		t.Error(got)
	}
	if st := r.Status(ctx, g); st != All {
		t.Error(st)
	}
	must(t, r.Stop(ctx, g))
	if got := addresses(t); got != "" {
		t.Error(got)
	}
	if got := said.take(); got != "withdraw eth0 10.88.0.80" {
		t.Error(got)
	}
	r.Reannounce(g)
	if got := said.take(); got != "" {
		t.Errorf("announced without having the address: %s", got)
	}
	for _, want := range []string{
		"WARN: Resource script Ipaddr2 is spelt IPaddr2",
		"info: Running " + r.Dirs[0] + "/IPaddr2 10.88.0.80/32/eth0:0 start",
		"info: IPaddr2_10.88.0.80: Adding inet address 10.88.0.80/32 with broadcast address 10.88.0.255 to device eth0 (with label eth0:0)",
	} {
		if !strings.Contains(log.text(), want) {
			t.Errorf("no %q in\n%s", want, log.text())
		}
	}
}

// A site's own script of the name is run as a script; its address is announced
// by us whether it was up or not.
func TestForeignAddressScript(t *testing.T) {
	a, said, _ := agents(t)
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "IPaddr2"), []byte(`#!/bin/sh
case $2 in
start) ip addr add 10.88.0.80/24 dev eth0;; stop) ip addr del 10.88.0.80/24 dev eth0;;
status) ip addr show | grep -q 10.88.0.80 && echo running;; esac
`), 0o755))
	r := &Runner{Dirs: []string{dir}, Agents: a, Log: &journal{}, Env: os.Environ()}
	g := group("IPaddr2::10.88.0.80/24/eth0")
	for range 2 {
		must(t, r.Start(context.Background(), g))
		if got := said.take(); got != "announce eth0 10.88.0.80" {
			t.Errorf("said %q", got)
		}
	}
	must(t, r.Stop(context.Background(), g))
	if got := addresses(t); got != "" {
		t.Error(got)
	}
}

func TestCheckOfAddresses(t *testing.T) {
	a, _, _ := agents(t)
	r := installed(t, a)
	for arg, want := range map[string]string{
		"10.88.0.80/24/nosuch0":             "interface nosuch0: not there",
		"10.88.0.300":                       "IP address [10.88.0.300] not valid.",
		"10.99.0.1":                         "unable to find nic or netmask",
		"10.88.0.1/24/eth0:morethanfifteen": "label eth0:morethanfifteen is longer than 15 characters",
	} {
		errs := r.Check(group("IPaddr2::" + arg))
		if len(errs) != 1 || !strings.HasSuffix(errs[0].Error(), want) {
			t.Errorf("%s: %v", arg, errs)
		}
	}
	if got := addresses(t); got != "" {
		t.Errorf("check has added %s", got)
	}
}

// command runs the agent as a program, as a real heartbeat does.
func command(t *testing.T, tmp string, args ...string) (string, int) {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	var out bytes.Buffer
	cmd := &exec.Cmd{Path: self, Args: args, Stdout: &out, Stderr: &out, Env: append(os.Environ(),
		"GORACE=atexit_sleep_ms=0", "HA_RSCTMP="+tmp, "HA_LOGFILE="+filepath.Join(tmp, "ha.log"), "HA_DEBUGLOG="+filepath.Join(tmp, "debug.log"))}
	err = cmd.Run()
	if err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

func TestCommand(t *testing.T) {
	network(t)
	tmp := t.TempDir()
	for _, c := range []struct {
		arg, action, out string
		code             int
	}{
		{"10.88.0.80/24/eth0:0", "status", "INFO:  Resource is stopped\n", 7},
		{"10.88.0.80/24/eth0:0", "start", "INFO:  Success\n", 0},
		{"10.88.0.80/24/eth0:0", "start", "INFO:  Success\n", 0},
		{"10.88.0.80/24/eth0:0", "status", "INFO:  Running OK\n", 0},
		{"10.88.0.80/24/eth0:0", "monitor", "INFO:  Running OK\n", 0},
		{"10.88.0.80/24/eth0:0", "stop", "INFO:  Success\n", 0},
		{"10.88.0.80/24/eth0:0", "monitor", "INFO:  Resource is stopped\n", 7},
		{"10.99.0.80", "start", "ERROR:  Generic error\n", 1},
		{"10.88.0.80/24/nosuch", "start", "ERROR:  Program is not configured\n", 6},
	} {
		out, code := command(t, tmp, "/etc/ha.d/resource.d/IPaddr2", c.arg, c.action)
		if out != c.out || code != c.code {
			t.Errorf("%s %s: %q, %d; want %q, %d", c.arg, c.action, out, code, c.out, c.code)
		}
	}
	log := read(t, tmp, "ha.log")
	if !strings.Contains(log, "  IPaddr2(IPaddr2_10.88.0.80)[") || !strings.Contains(log, "]:    INFO:  Running OK\n") ||
		!strings.Contains(log, "]:    INFO: Adding inet address 10.88.0.80/24 with broadcast") {
		t.Errorf("log:\n%s", log)
	}
	for _, args := range [][]string{{"IPaddr2"}, {"IPaddr2", "start"}, {"IPaddr2", "10.88.0.80", "dance"}} {
		out, code := command(t, tmp, args...)
		if code != 1 || !strings.Contains(out, "usage: IPaddr2 ip-address[") {
			t.Errorf("%v: %q, %d", args, out, code)
		}
	}
	if out, code := command(t, tmp, "IPaddr2", "10.88.0.80", "usage"); code != 0 || !strings.HasSuffix(out, "\nINFO:  Success\n") {
		t.Errorf("usage: %q, %d", out, code)
	}
	if out, code := command(t, tmp, "IPaddr2", "meta-data"); code != 0 || !strings.Contains(out, `<resource-agent name="IPaddr2">`) {
		t.Errorf("meta-data: %q, %d", out, code)
	}
}
