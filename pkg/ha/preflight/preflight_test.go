package preflight_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lvsha/pkg/ha/config"
	"lvsha/pkg/ha/preflight"
	"lvsha/pkg/ha/view"
)

// files are a directory of configuration and a machine's root.
func files(t *testing.T, ha string) preflight.Options {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"etc/ha.cf":                     ha,
		"etc/authkeys":                  "auth 1\n1 crc\n",
		"etc/haresources":               "alpha IPaddr2::192.0.2.70/24/eth0 web\n",
		"root/sys/fs/selinux/enforce":   "1\n",
		"root/run/firewalld/x":          "",
		"root/proc/sys/net/ipv4/answer": "42\n",
	} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	o := preflight.Options{
		Dir: filepath.Join(dir, "etc"), Host: config.Host{NodeName: func() (string, error) { return "alpha", nil }}, Running: true,
		Interfaces: func() ([]preflight.Interface, error) {
			return []preflight.Interface{
				{Name: "eth0", Up: true, Networks: []netip.Prefix{netip.MustParsePrefix("192.0.2.116/24")}},
				{Name: "eth1", Up: false},
			}, nil
		},
		Scripts: func(g config.Group) []error { return []error{errors.New("web: Cannot locate resource script web")} },
	}
	o.Machine.Root = filepath.Join(dir, "root")
	return o
}

// text is a report with the directory and the clock taken out.
func text(t *testing.T, o preflight.Options) (string, int) {
	t.Helper()
	_, report := preflight.Check(o)
	var b bytes.Buffer
	if err := report.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, l := range strings.Split(strings.TrimSpace(b.String()), "\n") {
		if !strings.Contains(l, "the clock") {
			lines = append(lines, strings.ReplaceAll(l, o.Dir+"/", ""))
		}
	}
	return strings.Join(lines, "\n"), report.Status()
}

const goodHA = "logfile /var/log/ha-log\nauto_failback on\nnode alpha beta\ninitdead 60\n"

func TestFindings(t *testing.T) {
	o := files(t, goodHA+"ucast eth0 198.51.100.7\nucast eth1 192.0.2.117\n")
	got, status := text(t, o)
	want := `ha.cf:5: warning: 198.51.100.7 is in no network of eth0: are there a route and no filter on the way?
ha.cf:6: warning: the interface eth1 is down
haresources:1: error: web: Cannot locate resource script web
haresources: info: checksum 6f546b5ca260: it has to be the same on every node
host: info: firewalld may filter: let UDP port 694 of the other nodes in
host: info: SELinux enforces its policy: look at ausearch -m avc if a script is refused`
	if got != want || status != 2 {
		t.Errorf("status %d\n%s\nwant\n%s", status, got, want)
	}
}

func TestOneLink(t *testing.T) {
	o := files(t, goodHA+"ucast eth0 192.0.2.117\n")
	o.Scripts = nil
	got, status := text(t, o)
	if !strings.Contains(got, "there is one link only") || !strings.Contains(got, "ping node") || status != 1 {
		t.Errorf("status %d\n%s", status, got)
	}
}

// TestBadFile: a file that is refused is told with its places and ends the look.
func TestBadFile(t *testing.T) {
	got, status := text(t, files(t, goodHA+"  auto_failbak on\ndeadtime 10s\n"))
	for _, want := range []string{"ha.cf:5:3: error: ", "auto_failback", "ha.cf:6:10: error: "} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if status != 2 || strings.Contains(got, "host:") {
		t.Errorf("status %d\n%s", status, got)
	}
}

func TestJSON(t *testing.T) {
	_, report := preflight.Check(files(t, goodHA+"ucast eth1 192.0.2.117\n"))
	var b bytes.Buffer
	if err := report.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Status   int
		Findings []struct {
			Severity, File, Text string
			Line, Column         int
		}
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Status != 2 || len(got.Findings) == 0 || got.Findings[0].Severity != "warning" || got.Findings[0].Line != 5 {
		t.Errorf("%+v", got)
	}
}

func TestExplain(t *testing.T) {
	c, _ := preflight.Check(files(t, goodHA+"ucast eth0 192.0.2.117\n"))
	want := "alpha holds IPaddr2::192.0.2.70/24/eth0 web; beta takes it when alpha is silent for 30s\n" +
		"a node that returns gets its groups back (auto_failback)"
	if got := strings.Join(preflight.Explain(c), "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestGateway: a node behind a gateway is reached, and no neighbour.
func TestGateway(t *testing.T) {
	o := files(t, goodHA+"ucast eth0 198.51.100.7\nbcast eth0\n")
	o.Gateway = func(string, netip.Addr) (netip.Addr, error) { return netip.MustParseAddr("192.0.2.1"), nil }
	if got, _ := text(t, o); !strings.Contains(got, "ha.cf:5: info: 198.51.100.7 is reached over eth0 by the gateway 192.0.2.1") {
		t.Errorf("%s", got)
	}
	o.Gateway = func(string, netip.Addr) (netip.Addr, error) {
		return netip.Addr{}, errors.New("network is unreachable")
	}
	if got, _ := text(t, o); !strings.Contains(got, "ha.cf:5: warning: network is unreachable") {
		t.Errorf("%s", got)
	}
}

// TestRunningDaemon compares the files with what the daemon sees.
func TestRunningDaemon(t *testing.T) {
	o := files(t, goodHA+"deadtime 4\nucast eth0 192.0.2.117\nbcast eth1\n")
	c, _ := preflight.Check(o)
	o.Scripts = nil
	peer := view.Node{Name: "beta", Status: "active", Haresources: config.Checksum(c.Groups), Links: []view.Link{
		{Name: "eth0", Kind: "ucast", Up: true, GapMax: 1.5}, {Name: "eth1", Kind: "bcast", GapMax: 2.25},
	}}
	o.View = &view.View{Node: "alpha", Nodes: []view.Node{{Name: "alpha", Self: true, Status: "active"}, peer}}
	got, _ := text(t, o)
	for _, want := range []string{
		"haresources: info: beta has the same\n",
		"ha.cf:7: warning: beta is not heard on eth1: is the way there, and UDP port 694 let in on both nodes?\n",
		"ha.cf: warning: the longest gap that the running daemon has seen is 2.25s on eth1 from beta; deadtime is 4s: at least 4.5s would be safe\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	o.View.Nodes[1].Haresources = "0123456789ab"
	o.View.Nodes[1].Links[1].GapMax = 0
	got, _ = text(t, o)
	for _, want := range []string{
		"haresources: warning: beta has another one, checksum 0123456789ab: both nodes may take a group, or none\n",
		"ha.cf: info: the longest gap that the running daemon has seen is 1.5s on eth0 from beta; deadtime is 4s\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	o.View.Nodes[1].Haresources = ""
	if got, _ = text(t, o); !strings.Contains(got, "haresources: info: beta runs another heartbeat and does not tell its checksum") {
		t.Errorf("%s", got)
	}
}
