package director

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"lvsha/pkg/lvs/config"
	"lvsha/pkg/lvs/ipvs/ipvstest"
)

// farmVariable makes this test binary the servers of BenchmarkManyServers.
const farmVariable = "DIRECTOR_TEST_FARM"

const (
	farmServers  = 10000
	farmInterval = 10 * time.Second
)

// farm answers on every address of 127.0.0.0/8 until its standard input ends; it
// prints its port, and at the end how often it was asked.
func farm() int {
	listener, err := net.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	var asked atomic.Int64
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			asked.Add(1)
			go farmAnswer(conn)
		}
	}()
	orders := bufio.NewScanner(os.Stdin)
	for orders.Scan() {
		fmt.Println(asked.Load())
	}
	return 0
}

func farmAnswer(conn net.Conn) {
	defer conn.Close()
	request := make([]byte, 4096)
	if _, err := conn.Read(request); err != nil {
		return
	}
	_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n")
}

// BenchmarkManyServers checks 10,000 web servers, each ten seconds, and says
// which share of one core that takes and how much memory. The servers are a
// process of their own on the same machine; what a page costs them is not
// counted.
func BenchmarkManyServers(b *testing.B) {
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	servers := exec.Command(self)
	servers.Env = append(os.Environ(), farmVariable+"=1")
	servers.Stderr = os.Stderr
	orders, err := servers.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	answers, err := servers.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := servers.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() { _ = orders.Close(); _ = servers.Wait() }()
	var port, asked, before int
	if _, err := fmt.Fscan(answers, &port); err != nil {
		b.Fatal(err)
	}
	ask := func(n *int) {
		if _, err := fmt.Fprintln(orders); err != nil {
			b.Fatal(err)
		}
		if _, err := fmt.Fscan(answers, n); err != nil {
			b.Fatal(err)
		}
	}
	path := filepath.Join(b.TempDir(), "ldirectord.cf")
	benchWrite(b, path, farmFile(port))
	loaded, report := Load(path, config.System{})
	if loaded == nil {
		b.Fatal(report.Findings)
	}
	d := New(Options{Path: path, PID: 1, Host: config.System{}, Kernel: &ipvstest.Kernel{}, Log: silentLog{}, Grace: time.Minute}, loaded)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	<-d.Ready()
	wait(farmInterval) // the rounds after the first are spread
	b.ResetTimer()
	for range b.N {
		ask(&before)
		used, began := cpuTime(b), time.Now()
		wait(farmInterval)
		share := (cpuTime(b) - used).Seconds() / time.Since(began).Seconds()
		ask(&asked)
		b.ReportMetric(100*share, "%core")
		b.ReportMetric(float64(asked-before), "checks/interval")
		b.ReportMetric(memory(b), "MB")
	}
	cancel()
	if err := <-ended; err != nil {
		b.Error(err)
	}
}

// wait lets time pass, in which the director works.
func wait(d time.Duration) { <-time.After(d) }

func farmFile(port int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "checkinterval=%d\nchecktimeout=5\n", farmInterval/time.Second)
	for n := range farmServers {
		if n%100 == 0 {
			fmt.Fprintf(&b, "virtual=10.9.0.%d:80\n\tservice=http\n\trequest=\"alive\"\n\treceive=\"ok\"\n\tscheduler=wlc\n\tchecktype=negotiate\n", n/100+1)
		}
		fmt.Fprintf(&b, "\treal=127.1.%d.%d:%d masq\n", n/250, n%250+1, port)
	}
	return b.String()
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
