package resource

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// addresses6 lists what is configured besides what network and the kernel have
// set up: "interface prefix scope".
func addresses6(t *testing.T) string {
	t.Helper()
	var out []string
	for line := range strings.Lines(ip(t, "-6 -o addr show")) {
		f := strings.Fields(line)
		if f[3] == "::1/128" || f[3] == "fd88::3/64" || strings.Contains(line, "proto kernel_ll") || strings.HasPrefix(f[3], "fe80::") && f[3] != "fe80::99/64" {
			continue
		}
		out = append(out, f[1]+" "+f[3]+" "+f[5])
	}
	return strings.Join(out, ", ")
}

// The forms, each as IPv6addr of resource-agents 4.12 takes it;
// compat-tests/ipaddr compares the two on this machine.
func TestIPv6Forms(t *testing.T) {
	for _, c := range []struct {
		arg   string
		start int
		want  string
	}{
		{"fd88:0:0:0:0:0:0:80", 0, "eth0 fd88::80/64 global"},
		{"fd88::80/64", 0, "eth0 fd88::80/64 global"},
		{"fd88::80/64/eth0", 0, "eth0 fd88::80/64 global"},
		{"fd88::80//eth0", 0, "eth0 fd88::80/64 global"},
		{"fd88::80/64/peer0", 0, "peer0 fd88::80/64 global"},
		{"fe80::99/64/peer0", 0, "peer0 fe80::99/64 link"},
		{"fd77::1/64/eth0", 0, "eth0 fd77::1/64 global"},
		{"fd88::80/128", 1, ""},
		{"fd88::80/48", 1, ""},
		{"fd77::1", 1, ""},
		{"fd77::1/64", 1, ""},
		{"fe80::99", 1, ""},
		{"fd88::80/64/nosuch0", 1, ""},
		{"fd88::80/129", 2, ""},
		{"10.88.0.80", 2, ""},
		{"bogus", 2, ""},
	} {
		t.Run(c.arg, func(t *testing.T) {
			a, said, _ := agents(t)
			ip(t, "addr add fd88::3/64 dev eth0 nodad")
			j := a.address(agentIPv6addr, c.arg)
			if err := j.check(); (err == nil) != (c.start == 0) {
				t.Errorf("check: %v", err)
			}
			for range 2 { // a second start is the same, and announces again
				if got := j.act("start"); got != c.start {
					t.Fatalf("start %d, want %d", got, c.start)
				}
				if got := addresses6(t); got != c.want {
					t.Errorf("addresses %q, want %q", got, c.want)
				}
				if got := said.take(); strings.HasPrefix(got, "announce ") != (c.start == 0) {
					t.Errorf("said %q", got)
				}
			}
			if got := j.act("status"); (got == ocfSuccess) != (c.start == 0) || got != ocfSuccess && got != ocfNotRunning {
				t.Errorf("status %d", got)
			}
			if j.reannounce() != (c.start == 0) {
				t.Error("reannounce")
			}
			for range 2 {
				if got := j.act("stop"); got != ocfSuccess {
					t.Errorf("stop %d", got)
				}
			}
			if got := addresses6(t); got != "" {
				t.Errorf("left: %s", got)
			}
		})
	}
}

// The two families stand in one group; both are started in process and announced
// again after an overlap.
func TestRunnerRunsBothFamilies(t *testing.T) {
	a, said, _ := agents(t)
	ip(t, "addr add fd88::3/64 dev eth0 nodad")
	r := installed(t, a)
	must(t, os.Symlink(r.Self, filepath.Join(r.Dirs[0], "IPv6addr")))
	g := group("IPaddr2::10.88.0.80/24/eth0", "IPv6addr::fd88:0:0:0:0:0:0:80/64/eth0")
	must(t, r.Start(context.Background(), g))
	want := "announce eth0 10.88.0.80, announce eth0 fd88::80"
	if got := said.take(); got != want {
		t.Errorf("start said %q", got)
	}
	r.Reannounce(g)
	if got := said.take(); got != want {
		t.Errorf("reannounce said %q", got)
	}
	must(t, r.Stop(context.Background(), g))
	if got := said.take(); got != "withdraw eth0 fd88::80, withdraw eth0 10.88.0.80" {
		t.Errorf("stop said %q", got)
	}
}
