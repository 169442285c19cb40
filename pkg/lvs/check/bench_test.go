package check_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"lvsha/pkg/lvs/check"
)

// webVariable makes this test binary the web server of BenchmarkHTTP.
const webVariable = "CHECK_TEST_WEB"

// web answers every connection with one page until its standard input ends.
func web() int {
	l, err := net.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		return 1
	}
	_, _ = io.WriteString(os.Stdout, strconv.Itoa(l.Addr().(*net.TCPAddr).Port)+"\n")
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				_, _ = conn.Read(make([]byte, 4096))
				_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 10\r\nConnection: close\r\n\r\nTest Page\n")
			}()
		}
	}()
	_, _ = io.Copy(io.Discard, os.Stdin)
	return 0
}

// startWeb runs web as a process of its own and returns its port, which it has on
// every address of 127.0.0.0/8.
func startWeb(b *testing.B) uint16 {
	b.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), webVariable+"=1")
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err1 != nil || err2 != nil {
		b.Fatal(err1, err2)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	port, err := strconv.ParseUint(strings.TrimSpace(line), 10, 16)
	if err != nil {
		b.Fatal(err)
	}
	return uint16(port)
}

func webCheck(b *testing.B, addr netip.Addr, port uint16, limit time.Duration) check.Check {
	b.Helper()
	ck, err := check.New(check.Target{Service: "http", Addr: addr, Port: port, Request: "/", Method: "GET", Receive: "Test Page",
		Timeout: limit}, check.Env{})
	if err != nil {
		b.Fatal(err)
	}
	return ck
}

// BenchmarkHTTP checks a healthy web server on the loopback and says how much
// processor time a check takes of ours.
func BenchmarkHTTP(b *testing.B) {
	ck := webCheck(b, netip.MustParseAddr("127.0.0.1"), startWeb(b), 10*time.Second)
	b.ReportAllocs()
	before := cpuTime(b)
	for b.Loop() {
		if r := check.Run(context.Background(), ck); !r.Up {
			b.Fatal(r.Err)
		}
	}
	b.ReportMetric(float64((cpuTime(b)-before).Microseconds())/float64(b.N), "cpu-us/check")
}

// BenchmarkPlainHTTP asks the same with net/http: the measure of the machine.
func BenchmarkPlainHTTP(b *testing.B) {
	url := fmt.Sprintf("http://127.0.0.1:%d/", startWeb(b))
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	defer client.CloseIdleConnections()
	b.ReportAllocs()
	before := cpuTime(b)
	for b.Loop() {
		resp, err := client.Get(url)
		if err != nil {
			b.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || !bytes.Contains(body, []byte("Test Page")) {
			b.Fatalf("%v: %q", err, body)
		}
	}
	b.ReportMetric(float64((cpuTime(b)-before).Microseconds())/float64(b.N), "cpu-us/check")
}

// BenchmarkPass checks 500 web servers at once, all healthy or one in ten silent;
// the time of a pass is that of its slowest check.
func BenchmarkPass(b *testing.B) {
	const servers, limit = 500, 3 * time.Second
	l, err := net.Listen("tcp", "127.0.0.1:0") // takes connections, says nothing
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	silent := uint16(l.Addr().(*net.TCPAddr).Port)
	for name, every := range map[string]int{"healthy": 0, "tenth silent": 10} {
		b.Run(name, func(b *testing.B) {
			port := startWeb(b)
			var checks []check.Check
			for i := range servers {
				addr := netip.AddrFrom4([4]byte{127, 0, byte(1 + i/250), byte(1 + i%250)})
				if every > 0 && i%every == 0 {
					checks = append(checks, webCheck(b, netip.MustParseAddr("127.0.0.1"), silent, limit))
					continue
				}
				checks = append(checks, webCheck(b, addr, port, limit))
			}
			for b.Loop() {
				var running sync.WaitGroup
				for i, ck := range checks {
					running.Add(1)
					go func() {
						defer running.Done()
						if r := check.Run(context.Background(), ck); r.Up == (every > 0 && i%every == 0) {
							b.Errorf("server %d: %+v", i, r)
						}
					}()
				}
				running.Wait()
			}
		})
	}
}

// cpuTime is what this process has used.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		b.Fatal(err)
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}
