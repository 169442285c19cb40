package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lvsha/pkg/lvs/view"
	"lvsha/pkg/system/status"
	"lvsha/pkg/system/status/statustest"
)

// sampleStatus has one of everything.
func sampleStatus() *view.Status {
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	one, two := 1, 2
	use := view.Use{Connections: view.Connections{Active: 3, Inactive: 4, Persistent: 5},
		Traffic: view.Traffic{Counters: view.Counts{Connections: 1 << 33, InPackets: 7, OutPackets: 8, InBytes: 9, OutBytes: 10}}}
	s := view.Stopped(view.Facts{Version: "test", Instance: "t.cf"}, "/etc/ha.d/t.cf", now)
	s.Running, s.Ready, s.Started, s.Kernel.Available = true, true, &now, true
	s.Config.Read, s.Config.Reload = &now, &view.Verdict{Time: now, Errors: 1}
	s.Virtuals = []view.Virtual{
		{ID: "fwm:268435456", Protocol: "fwm", Mark: 268435456, Configured: true, InKernel: true, Total: 1, Fallback: &view.Fallback{InUse: true}, Reals: []view.Real{
			{Server: "10.1.0.2:0", Entry: "10.1.0.2:0", Configured: true, State: "down", Maintenance: true, Since: &now},
		}},
		{ID: "tcp:10.9.0.1:80", Protocol: "tcp", Port: 80, Configured: true, InKernel: true, OnHost: true, Up: 1, Total: 2, Reals: []view.Real{
			// A second entry of the same server, which is down, and one of somebody else.
			{Server: "10.1.0.1:8080", Entry: "10.1.0.1:80", Configured: true, State: "up", Since: &now, Transitions: 6, Use: use,
				Weight: view.Weight{Wanted: &one, Kernel: &two}, Check: &view.Checked{Result: "passed", Seconds: 0.25, Passed: 11, Failed: 12, Spent: 13.5}},
			{Server: "10.1.0.1:8081", Entry: "10.1.0.1:80", Configured: true, State: "down", Since: &now},
			{Server: "10.1.0.9:80", Entry: "10.1.0.9:80", Weight: view.Weight{Kernel: &one}},
		}},
	}
	for i := range s.Virtuals {
		for j := range s.Virtuals[i].Reals {
			r := &s.Virtuals[i].Reals[j]
			r.Address = mustAddr(r.Entry)
		}
	}
	s.Virtuals[1].Address = mustAddr("10.9.0.1:80")
	return s
}

// TestMetricsAreDocumented: the table of docs/status.md has every metric, and no
// other; names and values of labels are node_exporter's.
func TestMetricsAreDocumented(t *testing.T) {
	t.Parallel()
	var m status.Metrics
	snapshot{Status: sampleStatus()}.Metrics(&m)
	text := string(m.Text())
	statustest.Documented(t, text, "../docs/status.md", "ldirectord_")
	const web = `local_address="10.9.0.1",local_port="80",local_mark="",proto="TCP",remote_address="10.1.0.1",remote_port="80"`
	const marked = `local_address="",local_port="0",local_mark="10000000",proto="FWM"`
	statustest.Lines(t, text,
		`ldirectord_real_up{`+web+`} 1`,
		`ldirectord_ipvs_connections_total{`+web+`} 8589934592`,
		`ldirectord_ipvs_weight{`+web+`} 2`,
		`ldirectord_real_weight_wanted{`+web+`} 1`,
		`ldirectord_checks_total{`+web+`,result="failed"} 12`,
		`ldirectord_check_seconds{`+web+`} 0.25`,
		`ldirectord_virtual_fallback{`+marked+`} 1`,
		`ldirectord_real_maintenance{`+marked+`,remote_address="10.1.0.2",remote_port="0"} 1`,
		`ldirectord_config_last_reload_successful 0`,
		`ldirectord_start_time_seconds 1795867200`,
	)
	if strings.Contains(text, `ldirectord_real_up{local_address="10.9.0.1",local_port="80",local_mark="",proto="TCP",remote_address="10.1.0.9"`) {
		t.Error("a server of somebody else is judged")
	}
}

func TestHealthy(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*view.Status){
		"": func(*view.Status) {},
		"the kernel's table cannot be read: gone":                     func(s *view.Status) { s.Kernel = view.Kernel{Error: "gone"} },
		"the first results are still awaited":                         func(s *view.Status) { s.Ready = false },
		"virtual server tcp:10.9.0.1:80 is not in the kernel's table": func(s *view.Status) { s.Virtuals[1].InKernel = false },
	} {
		s := sampleStatus()
		change(s)
		if err := (snapshot{Status: s}).Healthy(); fmt.Sprint(err) != want && (err != nil || want != "") {
			t.Errorf("%v, want %q", err, want)
		}
	}
	s := sampleStatus()
	s.Standby, s.Virtuals[1].InKernel = true, false
	if err := (snapshot{Status: s}).Healthy(); err != nil {
		t.Errorf("on standby: %v", err)
	}
}

// TestWhereToListen: instances share the setting.
func TestWhereToListen(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ setting, want, log string }{
		{"", "", ""},
		{"127.0.0.1:9181", "http://127.0.0.1:9181/", ""},
		{"127.0.0.1:9181 /run/%i.status", "http://127.0.0.1:9181/ /run/web.cf.status", ""},
		{"web.cf=127.0.0.1:9181 mail.cf=127.0.0.1:9182", "http://127.0.0.1:9181/", ""},
		{"mail.cf=127.0.0.1:9182", "", ""},
		{"9181 [::1]:9182", "http://[::1]:9182/", "nothing is shown there"},
	} {
		path := filepath.Join(t.TempDir(), "ldirectord")
		if err := os.WriteFile(path, []byte("STATUS_LISTEN=\""+c.setting+"\"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		log := &notes{}
		var got []string
		for _, a := range readListen(path, "web.cf", log) {
			got = append(got, a.String())
		}
		if strings.Join(got, " ") != c.want || !strings.Contains(strings.Join(log.lines, "\n"), c.log) || c.log == "" && len(log.lines) > 0 {
			t.Errorf("%q: %v, %q", c.setting, got, log.lines)
		}
	}
}

// TestPageIsServed: a director that runs shows its page, its document, its
// metrics and its health on a socket; the history grows.
func TestPageIsServed(t *testing.T) {
	t.Parallel()
	i := startInstance(t, twoServers)
	socket := filepath.Join(i.dir, "status")
	end := startPage(i.source, []status.Address{status.Socket(socket, os.Getgid())}, i.log)
	defer end()
	statustest.Listens(t, socket)
	look, err := i.source.status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := i.source.take(t.Context()); err != nil {
		t.Fatal(err)
	}
	i.source.history.Add(look)
	i.source.last = nil
	i.source.give()
	document, err := status.Get(t.Context(), socket, "/status.json")
	if err != nil {
		t.Fatal(err)
	}
	schemaHolds(t, document)
	for path, want := range map[string]string{"/": "ldirectord.js", "/ldirectord.js": "follow(", "/metrics": "ldirectord_real_up{", "/status.css": ":root"} {
		if body, err := status.Get(t.Context(), socket, path); err != nil || !strings.Contains(string(body), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestClientsOfThePageThatHang delay no check: the director goes on while sixty of
// them say nothing or do not read what they asked for.
func TestClientsOfThePageThatHang(t *testing.T) {
	t.Parallel()
	var file strings.Builder
	file.WriteString(twoServers)
	for n := range 4 {
		fmt.Fprintf(&file, "\treal=10.2.%d.1->10.2.%d.250:80 masq\n", n, n)
	}
	i := startInstance(t, file.String())
	socket := filepath.Join(i.dir, "status")
	defer startPage(i.source, []status.Address{status.Socket(socket, os.Getgid())}, i.log)()
	statustest.Listens(t, socket)
	for n := range 60 {
		conn := dialControl(t, socket)
		if n%2 == 0 {
			_, _ = conn.Write([]byte("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"))
		}
	}
	a, _, _ := i.app("status")
	before, err := askStatus(t.Context(), a.socket())
	if err != nil {
		t.Fatal(err)
	}
	i.setDown("10.1.0.1:80", true)
	i.until("the server down, and another round", func() bool {
		s, err := askStatus(t.Context(), a.socket())
		if err != nil {
			return false
		}
		r := s.Virtuals[0].Reals
		return r[0].State == "down" && r[1].Check.Passed > before.Virtuals[0].Reals[1].Check.Passed
	})
}
