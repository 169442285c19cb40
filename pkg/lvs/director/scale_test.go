package director

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"lvsha/pkg/lvs/config"
	"lvsha/pkg/lvs/ipvs/ipvstest"
	"lvsha/pkg/lvs/plan"
)

const (
	farmServers  = 10000
	farmInterval = 10 * time.Second
	farmTimeout  = 5 * time.Second
	farmDying    = 200
)

// BenchmarkManyServers checks 10,000 web servers, each ten seconds, of which a
// tenth accepts and says nothing. It tells which share of one core that takes
// (a page's cost to its server is not counted), how much memory, the longest
// pause between two checks of a server, and for how long servers that fall
// silent stay in the table.
func BenchmarkManyServers(b *testing.B) {
	servers := startFarm(b)
	path := filepath.Join(b.TempDir(), "ldirectord.cf")
	benchWrite(b, path, farmFile(servers.port))
	loaded, report := Load(path, config.System{})
	if loaded == nil {
		b.Fatal(report.Findings)
	}
	removed := make(chan netip.Addr, farmServers)
	kernel := &ipvstest.Kernel{Changed: func(op plan.Op) {
		if op.Action == plan.DeleteDest {
			removed <- op.Dest.Addr.Addr()
		}
	}}
	d := New(Options{Path: path, PID: 1, Host: config.System{}, Kernel: kernel, Log: silentLog{}, Grace: time.Minute}, loaded)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	began := time.Now()
	go func() { ended <- d.Run(ctx) }()
	<-d.Ready()
	start := time.Since(began) - farmTimeout
	wait(2 * farmInterval) // the rounds after the first are spread
	servers.count()
	b.ResetTimer()
	for range b.N {
		used, began := cpuTime(b), time.Now()
		wait(farmInterval)
		b.ReportMetric(100*(cpuTime(b)-used).Seconds()/time.Since(began).Seconds(), "%core")
		asked, pause := servers.count()
		b.ReportMetric(float64(asked), "checks/interval")
		b.ReportMetric(pause.Seconds(), "s-longest-pause")
		b.ReportMetric(memory(b), "MB")
	}
	b.StopTimer()
	b.ReportMetric(start.Seconds(), "s-start-after-timeout")
	times := deaths(servers, removed)
	b.ReportMetric(times[len(times)/2].Seconds(), "s-out-median")
	b.ReportMetric(times[len(times)*99/100].Seconds(), "s-out-p99")
	cancel()
	if err := <-ended; err != nil {
		b.Error(err)
	}
}

// BenchmarkStart starts with 1,000 web servers in 100 services, and tells what the
// complete table takes above the slowest check.
func BenchmarkStart(b *testing.B) {
	servers := startFarm(b)
	path := filepath.Join(b.TempDir(), "ldirectord.cf")
	var file strings.Builder
	file.WriteString("checkinterval=3600\nchecktimeout=10\n")
	for n := range 1000 {
		if n%10 == 0 {
			farmVirtual(&file, n/10+1)
		}
		fmt.Fprintf(&file, "\treal=%s:%d masq\n", farmAddr(n/9*10+n%9), servers.port) // of those that answer
	}
	benchWrite(b, path, file.String())
	var start, above time.Duration
	for range b.N {
		began := time.Now()
		loaded, report := Load(path, config.System{})
		if loaded == nil {
			b.Fatal(report.Findings)
		}
		added := make(chan struct{}, 1000)
		kernel := &ipvstest.Kernel{Changed: func(op plan.Op) {
			if op.Action == plan.AddDest {
				added <- struct{}{}
			}
		}}
		d := New(Options{Path: path, PID: 1, Host: config.System{}, Kernel: kernel, Log: silentLog{}, Grace: time.Minute}, loaded)
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- d.Run(ctx) }()
		for range cap(added) {
			<-added
		}
		took := time.Since(began)
		state, err := d.Snapshot(ctx)
		if err != nil {
			b.Fatal(err)
		}
		slowest := time.Duration(0)
		for _, v := range state.Services {
			for _, r := range v.Servers {
				slowest = max(slowest, r.Check.Took)
			}
		}
		start, above = start+took, above+took-slowest
		cancel()
		if err := <-ended; err != nil {
			b.Error(err)
		}
	}
	b.ReportMetric(start.Seconds()/float64(b.N), "s-start")
	b.ReportMetric(above.Seconds()/float64(b.N), "s-above-slowest")
}

// deaths silences servers and waits until each is out of the table.
func deaths(servers *farmProcess, removed <-chan netip.Addr) (times []time.Duration) {
	dead := make(map[netip.Addr]time.Time)
	for n := range farmDying {
		server := n * (farmServers / farmDying)
		dead[farmAddr(server)] = time.Now()
		servers.kill(server)
	}
	limit := time.After(10 * farmInterval)
	for len(times) < farmDying {
		select {
		case addr := <-removed:
			if at, ok := dead[addr]; ok {
				times = append(times, time.Since(at))
			}
		case <-limit:
			servers.b.Fatalf("%d of %d are out of the table", len(times), farmDying)
		}
	}
	slices.Sort(times)
	return times
}

// wait lets time pass, in which the director works.
func wait(d time.Duration) { <-time.After(d) }

func farmAddr(n int) netip.Addr {
	return netip.AddrFrom4([4]byte{127, 1, byte(n / 250), byte(n%250 + 1)})
}

func farmFile(port int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "checkinterval=%d\nchecktimeout=%d\n", farmInterval/time.Second, farmTimeout/time.Second)
	for n := range farmServers {
		if n%100 == 0 {
			farmVirtual(&b, n/100+1)
		}
		fmt.Fprintf(&b, "\treal=%s:%d masq\n", farmAddr(n), port)
	}
	return b.String()
}

func farmVirtual(b *strings.Builder, n int) {
	fmt.Fprintf(b, "virtual=10.9.0.%d:80\n\tservice=http\n\trequest=\"alive\"\n\treceive=\"ok\"\n\tscheduler=wlc\n\tchecktype=negotiate\n", n)
}

func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// memory is what this process has resident, in megabytes.
func memory(b *testing.B) float64 {
	b.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	for _, line := range strings.Split(string(status), "\n") {
		var kilobytes float64
		if n, _ := fmt.Sscanf(line, "VmRSS: %f kB", &kilobytes); n == 1 {
			return kilobytes / 1024
		}
	}
	b.Fatal("no VmRSS")
	return 0
}
