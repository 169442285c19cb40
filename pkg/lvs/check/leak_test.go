package check_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"lvsha/pkg/lvs/check"
	"lvsha/pkg/lvs/config"
)

// leakRuns is how many checks are run; they must leave nothing behind.
const leakRuns = 100000

// The words that must never be told.
const (
	leakPassword = "Sesame-4711"
	leakSecret   = "Radius-2342"
)

// greetings let the checks go on to what they send.
var greetings = map[string]string{
	"ftp": "220 ready\r\n", "smtp": "220 ready\r\n", "submission": "220 ready\r\n", "pop": "+OK ready\r\n", "imap": "* OK ready\r\n",
	"nntp": "200 ready\r\n", "mysql": "J\x00\x00\x00\x0a5.5.5\x00\x01\x00\x00\x00abcdefgh\x00\xff\xf7\x08\x02\x00\x0f\x80\x15\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00abcdefghijkl\x00mysql_native_password\x00",
}

// faults are the ways in which a server of the leak test fails, by what it does
// with a connection.
var faults = []func(conn net.Conn, service string){
	func(conn net.Conn, _ string) {}, // closes at once
	func(conn net.Conn, _ string) { // says nothing until the check gives up
		_, _ = io.Copy(io.Discard, conn)
	},
	func(conn net.Conn, _ string) { // another protocol
		_, _ = io.WriteString(conn, "\x16\x03\x01\x00\x00 what? \r\n\r\n")
	},
	func(conn net.Conn, service string) { // half an answer
		_, _ = io.WriteString(conn, greetings[service])
		_, _ = conn.Read(make([]byte, 1))
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Len")
	},
	func(conn net.Conn, service string) { // repeats what it hears
		_, _ = io.WriteString(conn, greetings[service])
		_, _ = io.Copy(conn, conn)
	},
	func(conn net.Conn, service string) { // complains of what it hears, in the words of every protocol
		_, _ = io.WriteString(conn, greetings[service])
		heard := make([]byte, 512)
		for _, prefix := range []string{"331 ", "+OK ", "-ERR ", "530 ", "0 NO "} {
			n, err := conn.Read(heard)
			if err != nil {
				return
			}
			line := bytes.ReplaceAll(bytes.TrimSpace(heard[:n]), []byte("\r\n"), []byte(" "))
			_, _ = fmt.Fprintf(conn, "%s%s\r\n", prefix, line)
		}
	},
}

func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// TestNothingLeaks runs every check against failing servers, many at once, and
// looks for goroutines and descriptors that stay, and for passwords in what the
// results say. The connections are local ones: those have no ports to run out of.
func TestNothingLeaks(t *testing.T) {
	services := []string{"http", "https", "http_proxy", "ftp", "smtp", "submission", "pop", "pops", "imap", "imaps", "nntp", "ldap", "ldaps",
		"dns", "mysql", "pgsql", "oracle", "radius", "sip", "simpletcp", "connect", "combined"}
	runs := leakRuns
	if testing.Short() {
		runs /= 20
	}
	path := filepath.Join(t.TempDir(), "server")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	// The address of a check says which fault its server has.
	var serving sync.WaitGroup
	serving.Add(1)
	go func() {
		defer serving.Done()
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serving.Add(1)
			go func() {
				defer serving.Done()
				defer conn.Close()
				// The first bytes are the test's: the fault and the service.
				var head [2]byte
				if _, err := io.ReadFull(conn, head[:]); err == nil {
					faults[head[0]](conn, services[head[1]])
				}
			}()
		}
	}()
	goroutines, open, panics := runtime.NumGoroutine(), descriptors(t), check.Panics()
	var next, ups atomic.Int64
	var workers sync.WaitGroup
	for range 256 {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for {
				i := int(next.Add(1))
				if i > runs {
					return
				}
				fault, service := i/len(services)%(len(faults)+1), i%len(services)
				if faultyRun(t, path, services, fault, service).Up {
					ups.Add(1)
				}
			}
		}()
	}
	workers.Wait()
	wait(t, "the end of every goroutine and descriptor", func() bool {
		return runtime.NumGoroutine() <= goroutines && descriptors(t) <= open
	})
	_ = l.Close()
	serving.Wait()
	if n := check.Panics() - panics; n > 0 {
		t.Errorf("%d checks panicked", n)
	}
	t.Logf("%d of %d were up", ups.Load(), runs)
}

// faultyRun runs the check of a service whose server has a fault; the one behind
// the last refuses connections.
func faultyRun(t *testing.T, path string, services []string, fault, service int) check.Result {
	target := check.Target{
		Service: services[service], Addr: netip.MustParseAddr("127.0.0.1"), Port: 1, Timeout: 30 * time.Millisecond, Method: "GET",
		Request: "/http://www.example.com/", Receive: "x", Login: "checker", Passwd: leakPassword, Secret: leakSecret, Database: "shop",
	}
	switch services[service] {
	case "connect":
		target.Type = config.Connect
	case "combined":
		target.Type, target.Service, target.Connects = config.Combined, "http", 1
	}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		if fault == len(faults) {
			return nil, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
		}
		conn, err := new(net.Dialer).DialContext(ctx, "unix", path)
		if err == nil {
			_, err = conn.Write([]byte{byte(fault), byte(service)})
		}
		return conn, err
	}
	ck, err := check.New(target, check.Env{Dial: dial})
	if err != nil {
		t.Error(err)
		return check.Result{}
	}
	r := check.Run(context.Background(), ck)
	if r.Up == (r.Err != nil) {
		t.Errorf("%s: %+v", services[service], r)
	}
	told := r.Text
	if r.Err != nil {
		told += r.Err.Error()
	}
	if strings.Contains(told, leakPassword) || strings.Contains(told, leakSecret) {
		t.Errorf("%s, fault %d: a password in %q", services[service], fault, told)
	}
	return r
}
