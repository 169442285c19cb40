package status_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"lvsha/compat-tests/pair"
	"lvsha/pkg/ha/view"
	"lvsha/pkg/system/schematest"
	"lvsha/pkg/system/status"
)

const command = "/usr/libexec/heartbeat/heartbeat"

// newPair makes a pair of ours with settings of the master and of the standby.
func newPair(t *testing.T, master, standby string) *pair.Pair {
	t.Helper()
	missing(t, pair.Missing(pair.Ours))
	root, err := install()
	must(t, err)
	p, err := pair.New(pair.Options{
		Programs: [2]pair.Program{pair.Ours, pair.Ours}, Keepalive: 100 * time.Millisecond, Stage: root, Dir: t.TempDir(),
		Second: true, Media: []string{"ucast eth0 PEER", "bcast eth1", "ping ROUTER"},
	})
	must(t, err)
	t.Cleanup(func() {
		p.Close()
		if t.Failed() {
			t.Logf("log of the master:\n%s", p.Master.Logs())
			t.Logf("log of the standby:\n%s", p.Standby.Logs())
		}
	})
	must(t, p.Master.Sysconfig(root, master))
	must(t, p.Standby.Sysconfig(root, standby))
	return p
}

// says runs a command on a node, which must end with a status.
func says(t *testing.T, n *pair.Node, status int, argv ...string) string {
	t.Helper()
	out, code, err := n.Run(argv...)
	must(t, err)
	if code != status {
		t.Fatalf("%s: %v: status %d, not %d:\n%s", n.Name, argv, code, status, out)
	}
	return out
}

// sees is the view of a node, which has to be as documented.
func sees(t *testing.T, n *pair.Node) *view.View {
	t.Helper()
	out := says(t, n, 0, command, "status", "--json")
	schema, err := os.ReadFile("../../docs/status-heartbeat.schema.json")
	must(t, err)
	for _, p := range schematest.Problems(schema, []byte(out)) {
		t.Errorf("%s: %s", n.Name, p)
	}
	v := new(view.View)
	must(t, json.Unmarshal([]byte(out), v))
	return v
}

func start(t *testing.T, p *pair.Pair) {
	t.Helper()
	must(t, p.Master.Start())
	must(t, p.Standby.Start())
	_, err := p.History.WaitHolders(within(t), time.Second, pair.Master)
	must(t, err)
}

// TestStatusOfAPair asks a pair before it runs, at rest and after a death.
func TestStatusOfAPair(t *testing.T) {
	p := newPair(t, "STATUS_LISTEN=localhost:9180\n", "STATUS_LISTEN=127.0.0.1:9180\nLOG_FORMAT=json\n")
	if out := says(t, p.Master, 3, command, "status"); out != "heartbeat: it is stopped\n" {
		t.Errorf("before the start: %s", out)
	}
	start(t, p)
	if log := p.Master.Logs(); !strings.Contains(log, `STATUS_LISTEN="localhost:9180" has a name; write 127.0.0.1:9180; there is no status page there`) {
		t.Error("nobody tells of the wrong setting")
	}
	m, s := sees(t, p.Master), sees(t, p.Standby)
	if g := m.Groups[0]; g.Holder != pair.Master || g.State != view.StateUp || !m.Healthy {
		t.Errorf("the master sees %+v %v", g, m.Trouble)
	}
	if g := s.Groups[0]; g.Holder != pair.Master || g.State != view.StateHeld {
		t.Errorf("the standby sees %+v", g)
	}
	if len(s.Nodes) != 3 || len(s.Nodes[0].Links) != 2 || !s.Nodes[0].Links[1].Up || !s.Nodes[2].Ping || s.Nodes[0].Haresources != s.Config.Haresources {
		t.Errorf("the standby sees %+v", s.Nodes)
	}
	for _, line := range strings.Split(says(t, p.Standby, 0, command, "status"), "\n") {
		if len(line) > 80 {
			t.Errorf("too wide: %s", line)
		}
	}
	root, err := install()
	must(t, err)
	if out := says(t, p.Standby, 0, filepath.Join(root, "usr/bin/cl_status"), "hbstatus", "--json"); !strings.Contains(out, `"gap_max"`) {
		t.Errorf("cl_status: %s", out)
	}

	checked, _, err := p.Standby.Run(command, "--check")
	must(t, err)
	for _, want := range []string{"haresources: info: master has the same\n", "the longest gap that the running daemon has seen is "} {
		if !strings.Contains(checked, want) {
			t.Errorf("no %q in\n%s", want, checked)
		}
	}
	if strings.Contains(checked, "STATUS_LISTEN") {
		t.Errorf("the daemon's own page is in its way:\n%s", checked)
	}

	metrics := says(t, p.Standby, 0, "/usr/bin/curl", "-sS", "http://127.0.0.1:9180/metrics")
	for _, want := range []string{
		`heartbeat_node_up{node="master",type="normal"} 1`, `heartbeat_link_up{node="master",link="eth1",kind="bcast"} 1`,
		`heartbeat_group_held{group="IPaddr2::` + pair.VIP + `/32/eth0",preferred="master"} 0`, `heartbeat_deadtime_seconds 2`,
	} {
		if !strings.Contains(metrics, want+"\n") {
			t.Errorf("no %s in\n%s", want, metrics)
		}
	}
	onlyReads(t, p.Standby)
	before := p.History.Now()
	must(t, p.Master.Kill())
	_, err = p.History.WaitHolders(within(t), 0, pair.Master, pair.Standby)
	must(t, err)
	must(t, p.Standby.WaitLine(within(t), before, "mach_down takeover complete."))
	s = sees(t, p.Standby)
	if tr := s.Transitions[0]; tr.Cause != view.CauseDead || tr.Silence < 1.9 || tr.Node != pair.Master {
		t.Errorf("the death: %+v", tr)
	}
	if out := says(t, p.Standby, 0, "/usr/bin/curl", "-sS", "http://127.0.0.1:9180/healthz"); out != "ok\n" {
		t.Errorf("healthz: %s", out)
	}
	jsonLines(t, p.Standby)
}

// onlyReads tries what those who are not root may do with the socket of the status:
// the group haclient reads and nothing else, others do not come in.
func onlyReads(t *testing.T, n *pair.Node) {
	t.Helper()
	as := func(user, group string, argv ...string) []string {
		return append([]string{"/usr/bin/setpriv", "--reuid=" + user, "--regid=" + group, "--clear-groups"}, argv...)
	}
	if out := says(t, n, 0, as("hacluster", "haclient", command, "status")...); !strings.Contains(out, pair.VIP) {
		t.Errorf("hacluster sees %s", out)
	}
	if out := says(t, n, 4, as("nobody", "nogroup", command, "status")...); !strings.Contains(out, "only root and the group haclient may ask") {
		t.Errorf("nobody sees %s", out)
	}
	for want, trick := range map[string][]string{
		"405 post":   {"-X", "POST", "-d", "x=1", "http://x/status.json"},
		"405 delete": {"-X", "DELETE", "http://x/status.json"},
		"404 path":   {"--path-as-is", "http://x/../../../../etc/ha.d/authkeys"},
		"404 other":  {"http://x/debug/pprof/"},
	} {
		curl := append([]string{"/usr/bin/curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "--unix-socket", "/run/heartbeat/status"}, trick...)
		if out := says(t, n, 0, as("hacluster", "haclient", curl...)...); out != want[:3] {
			t.Errorf("%s: answered %s", want, out)
		}
	}
}

// jsonLines checks that a log is objects of JSON.
func jsonLines(t *testing.T, n *pair.Node) {
	t.Helper()
	for line := range strings.Lines(n.Logs()) {
		var l struct{ Time, Level, Host, Program, Message string }
		if err := json.Unmarshal([]byte(line), &l); err != nil || l.Time == "" || l.Level == "" || l.Host == "" || l.Program == "" || l.Message == "" {
			t.Errorf("%v: %s", err, line)
		}
	}
}

// TestHangingClientsDelayNothing: clients that hang, and more that ask without
// pause, cost no heartbeat.
func TestHangingClientsDelayNothing(t *testing.T) {
	p := newPair(t, "STATUS_LISTEN=/var/log/page\n", "")
	start(t, p)
	socket := filepath.Join(p.Master.Dir, "log", "page")
	before := p.History.Now()
	for i := range 300 {
		conn, err := net.Dial("unix", socket)
		must(t, err)
		defer func() { _ = conn.Close() }()
		half := []string{"", "GET /status.json HTTP/1.1\r\nHo", "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"}[i%3]
		_, err = io.WriteString(conn, half)
		must(t, err)
	}
	ask(t, socket, 20, 400)
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	if text, err := status.Get(ctx, socket, "/healthz"); err != nil || string(text) != "ok\n" {
		t.Errorf("healthz: %s %v", text, err)
	}
	v := sees(t, p.Standby)
	for _, l := range v.Nodes[0].Links {
		if l.Late > 0 || !l.Up {
			t.Errorf("the standby has waited: %+v", l)
		}
	}
	for _, e := range p.History.Since(before) {
		if e.Kind == pair.Line && (strings.Contains(e.Text, "Late heartbeat") || strings.Contains(e.Text, "is dead")) {
			t.Errorf("%s: %s", e.Node, e.Text)
		}
	}
}

// ask has many clients ask without pause until so many answers have come.
func ask(t *testing.T, socket string, clients, answers int) {
	t.Helper()
	client := &http.Client{Timeout: limit, Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}, MaxIdleConnsPerHost: clients}}
	defer client.CloseIdleConnections()
	turns := make(chan string, answers)
	for i := range answers {
		turns <- []string{"/", "/status.json", "/metrics", "/heartbeat.js"}[i%4]
	}
	close(turns)
	var all sync.WaitGroup
	for range clients {
		all.Add(1)
		go func() {
			defer all.Done()
			for path := range turns {
				answer, err := client.Get("http://localhost" + path)
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, bufio.NewReader(answer.Body))
				_ = answer.Body.Close()
				if answer.StatusCode != http.StatusOK {
					t.Errorf("%s: %s", path, answer.Status)
				}
			}
		}()
	}
	all.Wait()
}
