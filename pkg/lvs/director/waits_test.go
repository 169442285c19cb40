package director

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"lvsha/pkg/lvs/config"
)

// slowHost is a machine on which names are looked up until it is told to go on.
type slowHost struct {
	config.System
	asked, answer chan struct{}
}

func (h slowHost) Lookup(string, bool) (netip.Addr, error) {
	close(h.asked)
	<-h.answer
	return netip.MustParseAddr("10.1.0.9"), nil
}

// reloadWaits starts a director of twoServers whose reload then waits for a name.
func reloadWaits(w *world) (host slowHost, reloaded <-chan *config.Report) {
	host = slowHost{asked: make(chan struct{}), answer: make(chan struct{})}
	w.host = host
	w.start()
	w.write(strings.Replace(twoServers, "10.1.0.2:80", "web.example:80", 1))
	reports := make(chan *config.Report)
	go func() { reports <- w.d.Reload() }()
	<-host.asked
	return host, reports
}

// TestALookupDelaysNothing: while a reload waits for a name, a dead server leaves
// the table.
func TestALookupDelaysNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, twoServers)
	host, reloaded := reloadWaits(w)
	w.set(w.down, "10.1.0.1:80", true)
	w.untilTable("tcp:10.9.0.1:80: 10.1.0.2:80*2")
	close(host.answer)
	if report := <-reloaded; report == nil || report.Failed() {
		t.Fatalf("reload: %v", report)
	}
	w.untilTable("tcp:10.9.0.1:80: 10.1.0.9:80*2")
}

// TestIPVSIsLoadedAnew: a kernel that has lost the table gets it again.
func TestIPVSIsLoadedAnew(t *testing.T) {
	t.Parallel()
	w := newWorld(t, twoServers)
	w.start()
	w.untilTable("tcp:10.9.0.1:80: 10.1.0.1:80*1 10.1.0.2:80*2")
	w.kernel.Clear()
	w.renewed <- struct{}{}
	w.untilTable("tcp:10.9.0.1:80: 10.1.0.1:80*1 10.1.0.2:80*2")
}

// TestAMonitorfileThatHangs: a FIFO whose reader has gone holds up nothing, and
// is told once.
func TestAMonitorfileThatHangs(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "monitor")
	if err := syscall.Mkfifo(file, 0o600); err != nil {
		t.Fatal(err)
	}
	reader, err := os.OpenFile(file, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, "virtual=10.9.0.1:80\n\tchecktype=connect\n\tmonitorfile="+file+"\n\treal=10.1.0.1:80 gate\n")
	w.start()
	if err := reader.Close(); err != nil {
		t.Fatal(err)
	}
	w.moreRounds("10.1.0.1:80")
	w.until("a line about it", func() bool { return w.logged("write monitorfile: ") == 1 })
	w.moreRounds("10.1.0.1:80")
	if n := w.logged("write monitorfile: "); n != 1 {
		t.Errorf("told %d times", n)
	}
}
