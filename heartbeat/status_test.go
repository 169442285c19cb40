package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lvsha/pkg/ha/view"
	"lvsha/pkg/system/logging"
	"lvsha/pkg/system/status"
	"lvsha/pkg/system/status/statustest"
)

// sample is a view with one of everything.
func sample() *view.View {
	gap := view.Seconds(0.5)
	link := view.Link{Name: "eth0", Kind: "ucast", Up: true, Since: "2026-11-28T12:00:00.000Z", Heard: "2026-11-28T12:00:00.500Z", GapMax: 1.5, Late: 2,
		Gaps: view.Gaps{Every: 5, Values: []*view.Seconds{nil, &gap}}}
	return &view.View{
		Format: 1, Program: "heartbeat", Running: true, Version: "test", Node: "alpha", Status: "active", Healthy: true,
		Time: "2026-11-28T12:00:01.000Z", Started: "2026-11-28T11:00:00.000Z",
		Nodes: []view.Node{
			{Name: "alpha", Self: true, Status: "active"},
			{Name: "beta", Status: "active", Haresources: "0123456789ab", Links: []view.Link{link}},
			{Name: "router", Ping: true, Status: "dead"},
		},
		Groups:      []view.Group{{Key: "192.0.2.70", Resources: []string{"192.0.2.70"}, Preferred: "alpha", Holder: "alpha", State: "up"}},
		Transitions: []view.Transition{{Action: "start", Cause: "dead", Groups: []string{"192.0.2.70"}, Seconds: 0.25}},
		Totals:      view.Totals{Transitions: map[string]uint64{"dead": 1, "start": 2}, Lives: 1},
	}
}

// TestMetricsAreDocumented: the table of docs/status.md has every metric, and no
// other.
func TestMetricsAreDocumented(t *testing.T) {
	var m status.Metrics
	snapshot{sample()}.Metrics(&m)
	text := string(m.Text())
	statustest.Documented(t, text, "../docs/status.md", "heartbeat_")
	statustest.Lines(t, text,
		`heartbeat_link_gap_seconds{node="beta",link="eth0",kind="ucast"} 0.5`,
		`heartbeat_node_up{node="router",type="ping"} 0`,
		`heartbeat_transitions_total{cause="start"} 2`,
		`heartbeat_link_last_packet_timestamp_seconds{node="beta",link="eth0",kind="ucast"} 1.7958672005e+09`,
	)
}

// discard is a log that nobody reads.
type discard struct{}

func (discard) Log(logging.Level, string) {}

// TestFullStatus asks a daemon that runs, one that is stopped, one that has died
// and one that does not answer.
func TestFullStatus(t *testing.T) {
	dir := t.TempDir()
	socket, pids := filepath.Join(dir, "status"), filepath.Join(dir, "pid")
	ask := func(args ...string) (string, int) {
		var out bytes.Buffer
		code := runFullStatus(args, socket, pids, &out, &out)
		return out.String(), code
	}
	if out, code := ask(); out != "heartbeat: it is stopped\n" || code != exitStopped {
		t.Errorf("stopped: %q %d", out, code)
	}
	if out, code := ask("--json"); !strings.Contains(out, `"running": false`) || code != exitStopped {
		t.Errorf("stopped: %q %d", out, code)
	}
	if full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0); err == nil {
		defer full.Close()
		for _, args := range [][]string{nil, {"--json"}} {
			if code := runFullStatus(args, socket, pids, full, io.Discard); code != exitFailed {
				t.Errorf("%v, written to a full disk: %d", args, code)
			}
		}
	}
	if _, code := ask("--jsn"); code != exitUsage {
		t.Errorf("--jsn: %d", code)
	}
	if err := os.WriteFile(pids, []byte("999999999\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, code := ask(); out != "heartbeat: it has died: its pid file is left\n" || code != exitFailed {
		t.Errorf("died: %q %d", out, code)
	}

	server := status.Start(status.Options{
		Addresses: []status.Address{status.Socket(socket, os.Getgid())}, Log: discard{},
		Ask: func(context.Context) (status.Snapshot, error) { return snapshot{sample()}, nil },
	})
	statustest.Listens(t, socket)
	out, code := ask()
	if !strings.HasPrefix(out, "heartbeat test on alpha: active, ") || code != exitOK {
		t.Errorf("running: %q %d", out, code)
	}
	out, code = ask("--json")
	var v view.View
	if err := json.Unmarshal([]byte(out), &v); err != nil || code != exitOK || v.Nodes[1].Links[0].Late != 2 {
		t.Errorf("running: %v %d %s", err, code, out)
	}
	server.Close()
}
