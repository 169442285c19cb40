package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// write fills a directory of configuration.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func good() map[string]string {
	return map[string]string{
		"ha.cf":       "node alpha beta\nucast eth0 192.0.2.117\nlogfacility local0\nauto_failback on\nping 192.0.2.1\n",
		"authkeys":    "auth 2\n2 sha1 lvs\n",
		"haresources": "alpha \\\nldirectord::ldirectord.cf \\\nIPaddr2::192.0.2.70/32/eth0\n192.0.2.1 x\n",
	}
}

func TestLoad(t *testing.T) {
	c, report := Load(write(t, good()), fakeHost())
	if !report.OK() || report.Err() != nil {
		t.Fatal(report)
	}
	if c.Node != "alpha" || c.Keys.Outbound != 2 || string(c.Keys.Keys[2].Secret) != "lvs" {
		t.Errorf("node %q, keys %v", c.Node, c.Keys)
	}
	if len(c.Groups) != 2 || c.Groups[0].Key() != "ldirectord::ldirectord.cf" || c.Groups[0].Line != 1 {
		t.Errorf("groups %+v", c.Groups)
	}
	if got := strings.Join(c.NodeNames(), " "); got != "alpha beta 192.0.2.1" {
		t.Errorf("nodes %s", got)
	}
	if strings.Contains(strings.ReplaceAll(report.String(), "ldirectord", ""), "lvs") {
		t.Error("the report tells the key")
	}
}

func TestLoadFailures(t *testing.T) {
	tests := []struct {
		name   string
		change func(files map[string]string)
		status int
		want   []string // lines of the log begin so, in this order
	}{
		{"no ha.cf", func(f map[string]string) { delete(f, "ha.cf") }, 6, []string{
			"Cannot open config file [DIR//ha.cf] (DIR/ha.cf: the main configuration cannot be read: no such file or directory)",
			"An annotated sample", "Please copy it", "Heartbeat not started: configuration error.",
			"Configuration error, heartbeat not started."}},
		{"bad ha.cf", func(f map[string]string) { f["ha.cf"] += "keepalve 2\n" }, 6, []string{
			"Illegal directive [keepalve] in DIR//ha.cf (DIR/ha.cf:6:1: unknown directive; did you mean keepalive?)",
			"Heartbeat not started: configuration error.", "Configuration error, heartbeat not started."}},
		{"no authkeys", func(f map[string]string) { delete(f, "authkeys") }, 6, []string{
			"Cannot open keyfile [DIR//authkeys].  Stop. (", "Authentication configuration error.", "Configuration error"}},
		{"no haresources", func(f map[string]string) { delete(f, "haresources") }, 6, []string{
			"Cannot open resources file [DIR//haresources] (", "An annotated", "Please copy", "Configuration error"}},
		{"unknown node", func(f map[string]string) { f["haresources"] = "alhpa x\n" }, 6, []string{
			"Bad nodename in DIR//haresources [alhpa] (DIR/haresources:1: alhpa is no node of ha.cf; did you mean alpha?)",
			"Configuration error"}},
		{"all three", func(f map[string]string) {
			f["ha.cf"] = "keepalive 2s\n"
			f["authkeys"] = "auth 1\n"
			delete(f, "haresources")
		}, 6, []string{
			"DIR/ha.cf:1:11: keepalive 2s is no duration such as 2, 0.5 or 500ms; seconds have no unit: write 2",
			"Auth Key [1] not found in keyfile [DIR//authkeys] (DIR/authkeys:1: there is no key 1)",
			"Cannot open resources file", "An annotated", "Please copy",
			"Heartbeat not started: configuration error.", "Authentication configuration error.", "Configuration error"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files := good()
			tt.change(files)
			dir := write(t, files)
			_, report := Load(dir, fakeHost())
			if report.Status != tt.status || report.Err() == nil {
				t.Errorf("status %d, %v", report.Status, report.Err())
			}
			var got []string
			for _, l := range report.Lines() {
				if !strings.Contains(l.Text, "has no effect yet") {
					got = append(got, strings.ReplaceAll(l.Text, dir, "DIR"))
				}
			}
			if len(got) != len(tt.want) {
				t.Fatalf("got %q", got)
			}
			for i, want := range tt.want {
				if !strings.HasPrefix(got[i], want) {
					t.Errorf("got  %q\nwant %q", got[i], want)
				}
			}
		})
	}
}

func TestModeOfKeys(t *testing.T) {
	for mode, ok := range map[os.FileMode]bool{0o600: true, 0o400: true, 0o622: true, 0o640: false, 0o604: false} {
		dir := write(t, good())
		if err := os.Chmod(filepath.Join(dir, "authkeys"), mode); err != nil {
			t.Fatal(err)
		}
		ring, report := Keys(dir)
		if report.OK() != ok || (ring != nil) != ok {
			t.Errorf("mode %04o: %v", mode, report)
		}
	}
}

// As a user who may not read it; root reads everything.
func TestPermission(t *testing.T) {
	r := new(Report)
	r.unreadable("/etc/ha.d/authkeys", &os.PathError{Op: "open", Path: "x", Err: os.ErrPermission}, "no")
	if r.Status != ExitPermission {
		t.Errorf("status %d", r.Status)
	}
	other := new(Report)
	other.add(Finding{Severity: Error})
	other.merge(r)
	if other.Status != ExitPermission {
		t.Errorf("merged status %d", other.Status)
	}
}

func TestNodeInfo(t *testing.T) {
	files := good()
	files["nodeinfo"] = "BETA\nsomething else\n"
	if c, report := Load(write(t, files), fakeHost()); c.Node != "beta" || !report.OK() {
		t.Errorf("node %q, %v", c.Node, report)
	}
}

// Re-reading without node names must not call any node bad, and must not take
// the second of two lines for a continuation that it is not.
func TestResourcesWithoutNodes(t *testing.T) {
	dir := write(t, map[string]string{"haresources": "any x\nother y \\\n z\n"})
	groups, report := Resources(dir)
	if !report.OK() || len(groups) != 2 || len(groups[1].Resources) != 2 {
		t.Errorf("%+v, %v", groups, report)
	}
}

func TestParseDuration(t *testing.T) {
	tests := []struct {
		text string
		want time.Duration
		ok   bool
	}{
		{"2", 2 * time.Second, true}, {"02", 2 * time.Second, true}, {"5.", 5 * time.Second, true}, {".5", 500 * time.Millisecond, true},
		{"1.5.5", 1500 * time.Millisecond, true}, {"1.0005", 1001 * time.Millisecond, true}, {"1.00049", time.Second, true},
		{"1499us", time.Millisecond, true}, {"1500us", 2 * time.Millisecond, true}, {"0.6ms", time.Millisecond, true}, {"0.4ms", 0, true},
		{"1500MSxyz", 1500 * time.Millisecond, true}, {"2000000usec", 2 * time.Second, true}, {"0", 0, true}, {".", 0, true}, {"..5", 0, true},
		{"2s", 0, false}, {"2m", 0, false}, {"1h", 0, false}, {"0x10", 0, false}, {"1e3", 0, false}, {"+1", 0, false}, {"-1", 0, false}, {"", 0, false}, {"ms", 0, false},
		{"99999999999999999999999999999999999999999", maxDuration, true}, {"9999999999", maxDuration, true},
	}
	for _, tt := range tests {
		if got, ok := parseDuration(tt.text); got != tt.want || ok != tt.ok {
			t.Errorf("%q: %v %v, want %v %v", tt.text, got, ok, tt.want, tt.ok)
		}
	}
}

func TestInitdeadDefault(t *testing.T) {
	for deadtime, want := range map[string]time.Duration{
		"5": 12 * time.Second, "5.999": 12 * time.Second, "6": 12 * time.Second, "8": 16 * time.Second,
		"10": 20 * time.Second, "10.001": 10001 * time.Millisecond, "60": time.Minute,
	} {
		ha := parseHA([]byte("deadtime "+deadtime+"\n"), "/etc/ha.d", Host{}).finish()
		if ha.Initdead != want || ha.Warntime != ha.Deadtime/2 || ha.Deadping != ha.Deadtime {
			t.Errorf("deadtime %s: initdead %v, want %v; warntime %v", deadtime, ha.Initdead, want, ha.Warntime)
		}
	}
}

func TestParseInt(t *testing.T) {
	for text, want := range map[string]int{"694": 694, "694x": 694, "abc": 0, "": 0, "-5": -5, "+7": 7, " 1": 0, "1 2": 1} {
		if got, _ := parseInt(text); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
	if n, _ := parseInt("99999999999999999999"); n <= 65535 {
		t.Errorf("a huge number became %d", n)
	}
}

func TestNearest(t *testing.T) {
	for given, want := range map[string]string{
		"keepalve": "keepalive", "Keepalive": "keepalive", "auto-failback": "auto_failback", "updport": "udpport",
		"log_file": "logfile", "nodes": "node", "zzzzzz": "", "x": "",
	} {
		if got := Nearest(given, directiveNames); got != want {
			t.Errorf("%q: %q, want %q", given, got, want)
		}
	}
}

func TestServices(t *testing.T) {
	path := filepath.Join(write(t, map[string]string{"services": "# c\nha-cluster 694/tcp\nha-cluster\t694/udp heartbeat # Heartbeat\nbad x/udp\n"}), "services")
	for name, want := range map[string]int{"ha-cluster": 694, "heartbeat": 694, "bad": 0, "none": 0} {
		port, ok := lookupService(path, func(n string, _ int) bool { return n == name })
		if port != want || ok != (want != 0) {
			t.Errorf("%s: %d %v", name, port, ok)
		}
	}
}

func TestBareAddress(t *testing.T) {
	for w, want := range map[string]bool{
		"192.0.2.70": true, "192.0.2.70/24/eth0/192.0.2.255": true, "1x.2y.3z.4": true,
		"IPaddr2::192.0.2.70": false, "192.0.2": false, "a.1.2.3.4": false, "": false,
	} {
		if got := bareAddress(w); got != want {
			t.Errorf("%q: %v", w, got)
		}
	}
}

func TestLimits(t *testing.T) {
	var nodes, media strings.Builder
	for i := range maxNodes {
		nodes.WriteString("node n" + strings.Repeat("x", i) + "\n")
	}
	for i := range maxMedia {
		media.WriteString("ucast eth0 192.0.2." + string(rune('0'+i%10)) + "\n")
	}
	if p := parseHA([]byte(nodes.String()+media.String()), "/etc/ha.d", Host{}); !p.report.OK() || len(p.ha.Nodes) != maxNodes || len(p.ha.Media) != maxMedia {
		t.Errorf("%d nodes, %d media: %v", len(p.ha.Nodes), len(p.ha.Media), p.report)
	}
	for _, more := range []string{"node another\n", "ping 192.0.2.1\n", "bcast eth0\n"} {
		if p := parseHA([]byte(nodes.String()+media.String()+more), "/etc/ha.d", Host{}); p.report.OK() {
			t.Errorf("one more is accepted: %s", more)
		}
	}
}

// A respawn line of a package that kept its programs elsewhere goes on working.
func TestRespawnElsewhere(t *testing.T) {
	host := fakeHost()
	there := "/usr/libexec/heartbeat/ipfail"
	host.Stat = func(path string) (os.FileInfo, error) {
		if path == there {
			return os.Stat("/bin/sh")
		}
		return nil, os.ErrNotExist
	}
	text := []byte("respawn hacluster /usr/lib/heartbeat/ipfail -x\n")
	p := parseHA(text, "/etc/ha.d", host)
	if !p.report.OK() || len(p.ha.Respawn) != 1 || p.ha.Respawn[0].Command != there+" -x" {
		t.Errorf("%+v, %v", p.ha.Respawn, p.report)
	}
	there = ""
	if p := parseHA(text, "/etc/ha.d", host); !p.report.OK() || p.ha.Respawn[0].Command != "/usr/lib/heartbeat/ipfail -x" {
		t.Errorf("missing: %+v, %v", p.ha.Respawn, p.report)
	}
	if p := parseHA([]byte("respawn hacluster /opt/ipfail\n"), "/etc/ha.d", host); p.report.OK() {
		t.Error("a missing program of another place is accepted")
	}
}
