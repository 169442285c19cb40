package director

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"lvsha/pkg/lvs/alert"
	"lvsha/pkg/lvs/config"
	"lvsha/pkg/lvs/plan"
	"lvsha/pkg/system/logging"
)

const goodAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"

// abuses are servers that do not behave, by the third byte of their address.
var abuses = []struct {
	name  string
	serve func(conn net.Conn, n int)
}{
	{"behaves", func(conn net.Conn, _ int) { _, _ = io.WriteString(conn, goodAnswer) }},
	{"says nothing", func(conn net.Conn, _ int) { _, _ = io.Copy(io.Discard, conn) }},
	{"garbage for ever", func(conn net.Conn, _ int) { flood(conn, strings.Repeat("\x00\xff\x17garbage", 4096)) }},
	{"a header for ever", func(conn net.Conn, _ int) {
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n")
		flood(conn, strings.Repeat("X-Header: "+strings.Repeat("y", 1000)+"\r\n", 32))
	}},
	{"a body for ever", func(conn net.Conn, _ int) {
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
		flood(conn, strings.Repeat("x", 65536))
	}},
	{"a body of ten gigabytes", func(conn net.Conn, _ int) {
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\n")
		flood(conn, strings.Repeat("x", 65536))
	}},
	{"chunks for ever", func(conn net.Conn, _ int) {
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
		flood(conn, strings.Repeat("1\r\nx\r\n", 8192))
	}},
	{"closes at every byte", func(conn net.Conn, n int) { _, _ = io.WriteString(conn, goodAnswer[:n%(len(goodAnswer)-2)]) }},
}

func flood(conn net.Conn, text string) {
	for {
		if _, err := io.WriteString(conn, text); err != nil {
			return
		}
	}
}

// abusers serves all of them; the addresses of a kind are 127.2.KIND.x.
func abusers(t *testing.T) (port int) {
	t.Helper()
	listener, err := net.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	var asked atomic.Int64
	go func() {
		defer close(ended)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
				request := make([]byte, 4096)
				if _, err := conn.Read(request); err == nil {
					kind := conn.LocalAddr().(*net.TCPAddr).IP.To4()[2]
					abuses[kind].serve(conn, int(asked.Add(1)))
				}
			}()
		}
	}()
	t.Cleanup(func() { _ = listener.Close(); <-ended })
	return listener.Addr().(*net.TCPAddr).Port
}

// TestServersThatDoNotBehave: whatever they send, they are out, the one that
// behaves is checked all the time, and memory is bounded.
func TestServersThatDoNotBehave(t *testing.T) {
	port := abusers(t)
	var b strings.Builder
	b.WriteString("negotiatetimeout=1\nvirtual=10.9.0.1:80\n\tservice=http\n\trequest=\"x\"\n\treceive=\"ok$\"\n\tchecktype=negotiate\n")
	for kind := range abuses {
		servers := 4
		if kind == 0 {
			servers = 1
		}
		for n := range servers {
			fmt.Fprintf(&b, "\treal=127.2.%d.%d:%d masq\n", kind, n+1, port)
		}
	}
	w := newWorld(t, b.String())
	w.network = (&net.Dialer{}).DialContext
	w.start()
	good := fmt.Sprintf("127.2.0.1:%d", port)
	want := "tcp:10.9.0.1:80: " + good + "*1"
	w.untilTable(want)
	// Those that never end have been given up a few times, as each round is a
	// second; the good one has not waited for them.
	var most uint64
	before := w.rounds(good)
	w.until("three rounds of those that never end", func() bool {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		most = max(most, m.HeapAlloc)
		return w.rounds(fmt.Sprintf("127.2.5.1:%d", port)) >= 3 && w.rounds(fmt.Sprintf("127.2.1.1:%d", port)) >= 3 &&
			w.rounds(fmt.Sprintf("127.2.7.1:%d", port)) >= 20
	})
	if n := w.rounds(good) - before; n < 10 {
		t.Errorf("%d rounds of the good server meanwhile", n)
	}
	if got := w.table(); got != want {
		t.Errorf("the table is %s", got)
	}
	const bound = 512 << 20
	if most > bound {
		t.Errorf("%d MB of memory in use, want at most %d", most>>20, bound>>20)
	}
	t.Logf("at most %d MB in use", most>>20)
}

// TestCommandsThatDoNotBehave: a checkcommand that hangs, one that leaves
// children behind and one that prints without end delay nobody.
func TestCommandsThatDoNotBehave(t *testing.T) {
	t.Parallel()
	command := filepath.Join(t.TempDir(), "check.sh")
	script := "#!/bin/sh\ncase $3 in\n*.1) sleep 300 & sleep 300;;\n*.2) (trap '' TERM; sleep 300 & sleep 300 & wait);;\n*.3) exec yes;;\nesac\nexit 0\n"
	if err := os.WriteFile(command, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, "virtual=10.9.0.1:80\n\tchecktype=external\n\tchecktimeout=1\n\tcheckcommand="+command+
		"\n\treal=10.1.0.1:80 gate\n\treal=10.1.0.2:80 gate\n\treal=10.1.0.3:80 gate\n\treal=10.1.0.4:80 gate\n"+
		strings.Replace(twoServers, "10.9.0.1", "10.9.0.2", 1))
	w.start()
	const rest = "\ntcp:10.9.0.2:80: 10.1.0.1:80*1 10.1.0.2:80*2"
	w.untilTable("tcp:10.9.0.1:80: 10.1.0.4:80*1" + rest)
	w.until("their failures", func() bool { return w.logged("timed out after 1s") == 3 })
	w.moreRounds("10.1.0.1:80")
	w.untilTable("tcp:10.9.0.1:80: 10.1.0.4:80*1" + rest)
}

// TestAMailServerThatHangs: the table changes while the first mail waits.
func TestAMailServerThatHangs(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp4", "127.0.0.1:25")
	if err != nil {
		t.Skip(err)
	}
	defer listener.Close()
	w := newWorld(t, strings.Replace(twoServers, "\tfallback=127.0.0.1\n", "\temailalert=a@example.com\n\tsmtp=127.0.0.1\n", 1))
	w.mailer = alert.NewMailer(w)
	w.start()
	for range 20 {
		w.set(w.down, "10.1.0.1:80", true)
		w.untilTable("tcp:10.9.0.1:80: 10.1.0.2:80*2")
		w.set(w.down, "10.1.0.1:80", false)
		w.untilTable("tcp:10.9.0.1:80: 10.1.0.1:80*1 10.1.0.2:80*2")
	}
}

// TestAFullDisk: neither the log nor the monitorfile can be written.
func TestAFullDisk(t *testing.T) {
	t.Parallel()
	log, err := logging.Open(logging.Options{Style: logging.Ldirectord, Logfile: "/dev/full"})
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	w := newWorld(t, strings.Replace(twoServers, "\tfallback=127.0.0.1\n", "\tmonitorfile=/dev/full\n", 1))
	w.second = log
	w.start()
	for range 20 {
		w.set(w.down, "10.1.0.1:80", true)
		w.untilTable("tcp:10.9.0.1:80: 10.1.0.2:80*2")
		w.set(w.down, "10.1.0.1:80", false)
		w.untilTable("tcp:10.9.0.1:80: 10.1.0.1:80*1 10.1.0.2:80*2")
	}
	if n := w.logged("write monitorfile: "); n != 1 {
		t.Errorf("told %d times of the monitorfile", n)
	}
}

// vanishingHost is a machine whose name server forgets.
type vanishingHost struct{ config.System }

func (vanishingHost) Lookup(string, bool) (netip.Addr, error) {
	return netip.Addr{}, errors.New("no such host")
}

// TestANameThatStopsResolving: the server stays as it is, and is checked on.
func TestANameThatStopsResolving(t *testing.T) {
	t.Parallel()
	content := strings.Replace(twoServers, "10.1.0.1:80", "localhost:80", 1)
	w := newWorld(t, content)
	w.host = vanishingHost{}
	w.start()
	const want = "tcp:10.9.0.1:80: 10.1.0.2:80*2 127.0.0.1:80*1"
	w.untilTable(want)
	if report := w.d.Reload(); report == nil || !report.Failed() {
		t.Fatalf("reload: %v", report)
	}
	w.moreRounds("127.0.0.1:80")
	w.untilTable(want)
	w.set(w.down, "127.0.0.1:80", true)
	w.untilTable("tcp:10.9.0.1:80: 10.1.0.2:80*2")
}

// TestAServiceDeletedByHand stays away, as with the original, until a reload; the
// other service does not notice.
func TestAServiceDeletedByHand(t *testing.T) {
	t.Parallel()
	second := strings.Replace(twoServers, "10.9.0.1", "10.9.0.2", 1)
	w := newWorld(t, twoServers+second)
	w.start()
	const rest = "tcp:10.9.0.2:80: 10.1.0.1:80*1 10.1.0.2:80*2"
	w.untilTable("tcp:10.9.0.1:80: 10.1.0.1:80*1 10.1.0.2:80*2\n" + rest)
	key := plan.Key{Addr: netip.MustParseAddr("10.9.0.1"), Port: 80}
	if err := w.kernel.Apply(plan.Op{Action: plan.DeleteService, Service: plan.Service{Key: key}}); err != nil {
		t.Fatal(err)
	}
	w.set(w.down, "10.1.0.1:80", true)
	w.untilTable("tcp:10.9.0.2:80: 10.1.0.2:80*2")
	w.set(w.down, "10.1.0.1:80", false)
	w.untilTable(rest)
	if report := w.d.Reload(); report == nil || report.Failed() {
		t.Fatalf("reload: %v", report)
	}
	w.untilTable("tcp:10.9.0.1:80: 10.1.0.1:80*1 10.1.0.2:80*2\n" + rest)
}
