package api_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lvsha/compat-tests/pair"
)

// TestBasicSanityCheck runs the part of the original's BasicSanityCheck that
// tests the daemon, TestHeartbeat, on one node. The other parts test programs of
// other packages: base64 and md5 of libplumb, resource agents (ocf-tester), IPC
// of libplumb (ipctest), the stonith command, apphbd, the LRM, stonithd, SNMP.
// The original fails two counts of it: its IPaddr wrapper right after a takeover,
// and lines with ERROR in its own log.
func TestBasicSanityCheck(t *testing.T) {
	t.Parallel()
	for _, program := range []pair.Program{pair.Original, pair.Ours} {
		t.Run(program.String(), func(t *testing.T) {
			t.Parallel()
			p := newPair(t, pair.Options{Programs: [2]pair.Program{program, program}})
			etc := filepath.Join(p.Master.Dir, "etc")
			for _, f := range []string{"ha.cf", "haresources", "authkeys"} {
				must(t, os.Remove(filepath.Join(etc, f)))
			}
			must(t, os.WriteFile(filepath.Join(etc, "sanity"), []byte(sanityScript(t)), 0o755))
			if out, code, err := p.Master.Run("/usr/sbin/ip", "route", "add", "default", "via", pair.Router); err != nil || code != 0 {
				t.Fatal(out, err)
			}
			out, code, err := p.Master.Run("/bin/sh", "-c", "mkdir -p /run/heartbeat/rsctmp; exec sh /etc/ha.d/sanity")
			must(t, err)
			t.Logf("exit %d\n%s", code, out)
			if !strings.Contains(out, " errors. Log file is stored in") {
				t.Fatal("it did not come to its end")
			}
			if program == pair.Original {
				return
			}
			for _, line := range strings.Split(out, "\n") {
				if complaint(line) {
					t.Errorf("it complains: %s", line)
				}
			}
		})
	}
}

// complaint says whether a line of the output is about something that is wrong.
func complaint(line string) bool {
	for _, sign := range []string{"Looks like", "Does not look", "shows", "failed", "Did not find", "returned", "did not", "OOPS", "CRIT", "ERROR"} {
		if strings.Contains(line, sign) {
			return true
		}
	}
	return false
}

// sanityScript is the original's script with one test only, its programs where
// every node sees them, and its log in the node's own directory.
func sanityScript(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("/usr/share/heartbeat/BasicSanityCheck")
	must(t, err)
	head, _, ok1 := strings.Cut(string(text), "COREPID=")
	_, tail, ok2 := strings.Cut(string(text), "#TestMgmtd\n")
	if !ok1 || !ok2 {
		t.Fatal("the script is another one")
	}
	head = strings.Replace(head, "HBLIB=/usr/lib/heartbeat", "HBLIB="+filepath.Join(stageDir, "original"), 1)
	head = strings.ReplaceAll(head, "/tmp/lha-dir", "/var/log/lha-dir")
	head = strings.ReplaceAll(head, "/tmp/linux-ha.testlog", "/var/log/testlog")
	return head + "TestHeartbeat\n" + tail
}

// TestTestHeartbeatComm breaks and mends the communication of a node by the
// original's script, which writes /etc/ha.d/OnlyForTesting and reloads. The
// original's losses of what it sends had no effect that could be seen; only what
// is received is compared.
func TestTestHeartbeatComm(t *testing.T) {
	t.Parallel()
	for _, program := range []pair.Program{pair.Original, pair.Ours} {
		t.Run(program.String(), func(t *testing.T) {
			t.Parallel()
			p := newPair(t, pair.Options{Programs: [2]pair.Program{program, program}})
			start(t, p)
			ctx, cancel := context.WithTimeout(context.Background(), limit)
			defer cancel()
			comm := func(args ...string) {
				out, code, err := p.Master.Run(append([]string{"/bin/sh", original("TestHeartbeatComm")}, args...)...)
				must(t, err)
				if code != 0 {
					t.Fatalf("%v: exit %d: %s", args, code, out)
				}
			}
			mark := p.History.Now()
			comm("reduce-communication", "0", "1", "standby")
			must(t, p.Master.WaitLine(ctx, mark, "WARNING: Enabling Test Code"))
			mark = p.History.Now()
			comm("break-communication", pair.Master)
			must(t, p.Master.WaitLine(ctx, mark, "node standby: is dead"))
			mark = p.History.Now()
			comm("fix-communication")
			must(t, p.Master.WaitLine(ctx, mark, "Status update for node standby: status active"))
		})
	}
}
