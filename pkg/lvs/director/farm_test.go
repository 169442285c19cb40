package director

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"
)

// farmVariable makes this test binary the servers of BenchmarkManyServers.
const farmVariable = "DIRECTOR_TEST_FARM"

// farm is web servers on the addresses of 127.1.0.0/16. Every tenth never
// answers; others stop to when they are told.
type farm struct {
	mu     sync.Mutex
	silent [farmServers]bool
	asked  int
	last   [farmServers]time.Time
	pause  time.Duration // the longest between two requests to one that answers
}

// runFarm serves until its standard input ends. It prints its port; to "count"
// it answers with how often it was asked since, and the longest pause in
// milliseconds; "kill N" silences a server.
func runFarm() int {
	listener, err := net.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	f := &farm{}
	for n := 9; n < farmServers; n += 10 {
		f.silent[n] = true
	}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go f.serve(conn)
		}
	}()
	orders := bufio.NewScanner(os.Stdin)
	for orders.Scan() {
		f.mu.Lock()
		var n int
		if _, err := fmt.Sscanf(orders.Text(), "kill %d", &n); err == nil {
			f.silent[n] = true
		} else {
			fmt.Println(f.asked, f.pause.Milliseconds())
			f.asked, f.pause = 0, 0
		}
		f.mu.Unlock()
	}
	return 0
}

func (f *farm) serve(conn net.Conn) {
	defer conn.Close()
	ip := conn.LocalAddr().(*net.TCPAddr).IP.To4()
	n, now := int(ip[2])*250+int(ip[3])-1, time.Now()
	f.mu.Lock()
	f.asked++
	silent := f.silent[n]
	if last := f.last[n]; !last.IsZero() && !silent {
		f.pause = max(f.pause, now.Sub(last))
	}
	f.last[n] = now
	f.mu.Unlock()
	request := make([]byte, 4096)
	if _, err := conn.Read(request); err != nil {
		return
	}
	if silent {
		_, _ = conn.Read(request) // until the other side gives up
		return
	}
	_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n")
}

// farmProcess is the farm as a process of its own.
type farmProcess struct {
	b      *testing.B
	port   int
	orders io.Writer
	out    io.Reader
}

func startFarm(b *testing.B) *farmProcess {
	b.Helper()
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), farmVariable+"=1")
	cmd.Stderr = os.Stderr
	orders, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = orders.Close(); _ = cmd.Wait() })
	f := &farmProcess{b: b, orders: orders, out: out}
	if _, err := fmt.Fscan(out, &f.port); err != nil {
		b.Fatal(err)
	}
	return f
}

// count says how often the servers were asked since the last call, and the
// longest pause between two requests to one that answers.
func (f *farmProcess) count() (asked int, pause time.Duration) {
	f.b.Helper()
	var milliseconds int
	if _, err := fmt.Fprintln(f.orders, "count"); err != nil {
		f.b.Fatal(err)
	}
	if _, err := fmt.Fscan(f.out, &asked, &milliseconds); err != nil {
		f.b.Fatal(err)
	}
	return asked, time.Duration(milliseconds) * time.Millisecond
}

// kill silences a server.
func (f *farmProcess) kill(n int) {
	f.b.Helper()
	if _, err := fmt.Fprintln(f.orders, "kill", n); err != nil {
		f.b.Fatal(err)
	}
}
