package api_test

import (
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lvsha/compat-tests/pair"
	"lvsha/pkg/ha/api"
)

// ccmWords are what a ccm says to a client, word by word, and what it does then.
type ccmWords struct {
	name  string
	words [][]byte
	ends  bool
	// stuck: the original waits for more in vain, or crashes.
	stuck bool
}

// The kinds of what ccm says.
const (
	ccmEvicted = 1 + iota
	ccmMembership
	ccmInflux
	ccmInit
)

// ccmNodes is the table of nodes that a client hears first.
func ccmNodes(names ...string) []byte {
	b := ccmNumbers(ccmInit, len(names), 0)
	for i, name := range names {
		b = append(b, ccmNumbers(i)...)
		b = append(b, append([]byte(name), make([]byte, 256-len(name))...)...)
	}
	return b
}

func ccmNumbers(numbers ...int) []byte {
	var b []byte
	for _, n := range numbers {
		b = binary.NativeEndian.AppendUint32(b, uint32(n))
	}
	return b
}

// ccmCases are a real ccm's words and some that it says in trouble.
func ccmCases() []ccmWords {
	both := ccmNodes(pair.Master, pair.Standby)
	return []ccmWords{
		{name: "quorum", words: [][]byte{both, ccmNumbers(ccmMembership, 2, 2, 1, 0, 2, 1, 1)}},
		{name: "no quorum", words: [][]byte{both, ccmNumbers(ccmMembership, 1, 3, 0, 0, 2)}},
		{name: "evicted", words: [][]byte{both, ccmNumbers(ccmEvicted, 1, 4, 1, 1, 1)}, stuck: true},
		{name: "influx", words: [][]byte{both, ccmNumbers(ccmInflux, 0, 0, 0)}, stuck: true},
		{name: "others", words: [][]byte{both, ccmNumbers(ccmMembership, 1, 5, 1, 1, 1)}},
		{name: "nobody", words: [][]byte{both, ccmNumbers(ccmMembership, 0, 6, 1)}},
		{name: "turned round", words: [][]byte{ccmNodes(pair.Standby, pair.Master), ccmNumbers(ccmMembership, 2, 2, 1, 0, 2, 1, 1)}},
		{name: "end after the nodes", words: [][]byte{both}, ends: true},
		{name: "end", ends: true},
		{name: "silence after the nodes", words: [][]byte{both}},
	}
}

// TestCCM has the original cl_status and ours ask a ccm that is in every state, the
// real one rarely is. Where the original waits in vain for a word and ends without
// the nodes, ours goes on.
func TestCCM(t *testing.T) {
	t.Parallel()
	p := newPair(t, pair.Options{Programs: [2]pair.Program{pair.Ours, pair.Ours}})
	start(t, p)
	must(t, p.Master.Sh("mkdir -p /run/heartbeat/ccm && ln -s /etc/ha.d/ccm.sock /run/heartbeat/ccm/ccm"))
	for _, c := range ccmCases() {
		stop := ccmSpeaks(t, filepath.Join(p.Master.Dir, "etc/ccm.sock"), c)
		var difference string
		for range patience {
			if difference = ccmCompare(t, p, c); difference == "" {
				break
			}
		}
		if difference != "" {
			t.Error(difference)
		}
		stop()
	}
}

// patience is how often the original is asked: it does without a ccm that has not
// spoken yet, as may be on a busy machine.
const patience = 3

// ccmCompare returns what differs between the original and ours, "" for nothing.
func ccmCompare(t *testing.T, p *pair.Pair, c ccmWords) string {
	t.Helper()
	want, code := said(t, p.Master, "/usr/bin/cl_status", "hbstatus", "-v")
	if c.stuck != (code != 0) {
		return fmt.Sprintf("%s: the original ends with %d:\n%s", c.name, code, want)
	}
	got, code := said(t, p.Master, filepath.Join(stageDir, "usr/bin/cl_status"), "hbstatus", "-v")
	if code != 0 || c.stuck && !strings.HasPrefix(got, want) || !c.stuck && sorted(got) != sorted(want) {
		return fmt.Sprintf("%s\n--- original:\n%s\n--- ours, exit %d:\n%s", c.name, want, code, got)
	}
	return ""
}

// sorted are the lines of an output in an order of their own: standard error is
// written before standard output, or after it.
func sorted(out string) string {
	lines := strings.Split(out, "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// ccmSpeaks says the words to everybody who connects to the socket.
func ccmSpeaks(t *testing.T, path string, c ccmWords) (stop func()) {
	t.Helper()
	_ = os.Remove(path)
	l, err := net.Listen("unix", path)
	must(t, err)
	must(t, os.Chmod(path, 0o777))
	done := make(chan struct{})
	go func() {
		defer close(done)
		var open []net.Conn
		for {
			conn, err := l.Accept()
			if err != nil {
				break
			}
			open = append(open, conn)
			for _, w := range c.words {
				_, _ = conn.Write(api.Frame(w))
			}
			if c.ends {
				_ = conn.Close()
			}
		}
		for _, conn := range open {
			_ = conn.Close()
		}
	}()
	return func() {
		_ = l.Close()
		<-done
	}
}
