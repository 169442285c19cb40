package director

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"lvsha/pkg/lvs/check"
	"lvsha/pkg/lvs/config"
	"lvsha/pkg/lvs/ipvs/ipvstest"
	"lvsha/pkg/lvs/plan"
	"lvsha/pkg/system/logging"
)

// The table of the measurements is as large as the one that keepalived names in
// its release notes: 2,000 services with 37,000 servers.
const (
	benchVirtuals = 2000
	benchReals    = 37000
)

// benchFile is such a configuration; the servers from heavy on have weight 2.
func benchFile(virtuals, reals, heavy int) string {
	var b strings.Builder
	b.WriteString("checkinterval=3600\nchecktimeout=3\n")
	n := 0
	for v := range virtuals {
		fmt.Fprintf(&b, "virtual=10.%d.%d.1:80\n", 100+v/250, v%250)
		for ; n*virtuals < (v+1)*reals; n++ {
			weight := 1
			if n >= heavy {
				weight = 2
			}
			fmt.Fprintf(&b, "\treal=10.%d.%d.%d:80 gate %d\n", n/62500, n/250%250, n%250+1, weight)
		}
		b.WriteString("\tservice=http\n\trequest=\"alive\"\n\treceive=\"ok\"\n\tscheduler=wlc\n\tprotocol=tcp\n\tchecktype=connect\n")
	}
	return b.String()
}

// silentLog takes the lines of the log and drops them.
type silentLog struct{}

func (silentLog) Log(logging.Level, string) {}

// answers is a dial that every server takes.
func answers(context.Context, string, string) (net.Conn, error) {
	near, _ := net.Pipe()
	return near, nil
}

// benchDirector runs a director for a file until the benchmark ends; it returns
// when the table stands.
func benchDirector(b *testing.B, content string) (d *Director, kernel *ipvstest.Kernel, path string) {
	b.Helper()
	path = filepath.Join(b.TempDir(), "ldirectord.cf")
	benchWrite(b, path, content)
	loaded, report := Load(path, config.System{})
	if loaded == nil {
		b.Fatal(report.Findings)
	}
	kernel = &ipvstest.Kernel{}
	d = New(Options{Path: path, PID: 1, Host: config.System{}, Kernel: kernel, Log: silentLog{}, Checks: check.Env{Dial: answers},
		Grace: time.Minute}, loaded)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	b.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			b.Error(err)
		}
	})
	<-d.Ready()
	return d, kernel, path
}

func benchWrite(b *testing.B, path, content string) {
	b.Helper()
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkReloadUnchanged reads the large file again; nothing may be written.
func BenchmarkReloadUnchanged(b *testing.B) {
	d, kernel, _ := benchDirector(b, benchFile(benchVirtuals, benchReals, benchReals))
	writes := kernel.Writes()
	b.ResetTimer()
	for range b.N {
		if report := d.Reload(); report == nil || report.Failed() {
			b.Fatal("the reload fails")
		}
	}
	b.StopTimer()
	if n := kernel.Writes() - writes; n != 0 {
		b.Errorf("%d writes", n)
	}
}

// BenchmarkReloadOneWeight changes the weight of the last of 1,000 servers; it
// is written and nothing else.
func BenchmarkReloadOneWeight(b *testing.B) {
	files := []string{benchFile(100, 1000, 999), benchFile(100, 1000, 1000)}
	d, kernel, path := benchDirector(b, files[1])
	writes := kernel.Writes()
	b.ResetTimer()
	for i := range b.N {
		benchWrite(b, path, files[i%2])
		if report := d.Reload(); report == nil || report.Failed() {
			b.Fatal("the reload fails")
		}
	}
	b.StopTimer()
	if n := kernel.Writes() - writes; n != b.N {
		b.Errorf("%d writes in %d reloads", n, b.N)
	}
}

// BenchmarkLoad reads the large file and does nothing with it.
func BenchmarkLoad(b *testing.B) {
	path := filepath.Join(b.TempDir(), "ldirectord.cf")
	benchWrite(b, path, benchFile(benchVirtuals, benchReals, benchReals))
	for range b.N {
		if loaded, report := Load(path, config.System{}); loaded == nil {
			b.Fatal(report.Findings)
		}
	}
}

// BenchmarkResultToTable is the time from the end of a check to the change of
// the table, with 1,000 servers that are checked all the time.
func BenchmarkResultToTable(b *testing.B) {
	path := filepath.Join(b.TempDir(), "ldirectord.cf")
	benchWrite(b, path, strings.Replace(benchFile(100, 1000, 1000), "checkinterval=3600", "checkinterval=1", 1))
	loaded, report := Load(path, config.System{})
	if loaded == nil {
		b.Fatal(report.Findings)
	}
	var down atomic.Bool
	known, changed := make(chan time.Time, 1), make(chan time.Time, 1)
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		if address != "10.0.0.1:80" {
			return answers(ctx, network, address)
		}
		select {
		case known <- time.Now():
		default:
		}
		if down.Load() {
			return nil, syscall.ECONNREFUSED
		}
		return answers(ctx, network, address)
	}
	kernel := &ipvstest.Kernel{}
	kernel.Changed = func(op plan.Op) {
		if op.Dest.Addr.Addr() == netip.AddrFrom4([4]byte{10, 0, 0, 1}) {
			changed <- time.Now()
		}
	}
	tune := func(c *config.Config) {
		for i := range c.Virtuals {
			c.Virtuals[i].CheckInterval = 100 * time.Millisecond
		}
	}
	tune(loaded.Config)
	d := New(Options{Path: path, PID: 1, Host: config.System{}, Kernel: kernel, Log: silentLog{}, Checks: check.Env{Dial: dial}, Grace: time.Minute}, loaded)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	<-d.Ready()
	<-changed
	var most, sum time.Duration
	b.ResetTimer()
	for i := range b.N {
		down.Store(i%2 == 0)
		var last time.Time
		for done := false; !done; {
			select {
			case last = <-known:
			case at := <-changed:
				most, sum = max(most, at.Sub(last)), sum+at.Sub(last)
				done = true
			}
		}
	}
	b.ReportMetric(float64(sum.Microseconds())/float64(b.N), "µs-mean")
	b.ReportMetric(float64(most.Microseconds()), "µs-most")
	cancel()
	<-ended
}
