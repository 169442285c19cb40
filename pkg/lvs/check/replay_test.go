package check_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"lvsha/pkg/lvs/check"
	"lvsha/pkg/lvs/config"
)

// exchange is one connection of a recorded case.
type exchange struct {
	network, address string
	client, server   string // all that each side sent
	hold             bool   // the server keeps silent instead of closing
	tls              bool
	steps            []step // the same in order
}

// step is what one side sends before the other speaks.
type step struct {
	fromClient bool
	data       string
	until      string // ends the client's part if its length may differ
	// frame reads the client's part, if that is a message with its length in it.
	frame func(io.Reader) ([]byte, error)
}

// recorded is one case of testdata/check-*.txt, whose head explains the form.
type recorded struct {
	name, config, log, verdict string
	exchanges                  []exchange
	slow, env                  bool
}

func readRecorded(t testing.TB, file string) []recorded {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var cases []recorded
	scanner := bufio.NewScanner(f)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		word, rest, _ := strings.Cut(scanner.Text(), " ")
		if word == "==" {
			cases = append(cases, recorded{name: rest})
			continue
		}
		if len(cases) == 0 {
			continue
		}
		c := &cases[len(cases)-1]
		var x *exchange
		if len(c.exchanges) > 0 {
			x = &c.exchanges[len(c.exchanges)-1]
		}
		switch word {
		case "config:":
			c.config += rest + "\n"
		case "conn:":
			fields := strings.Fields(rest)
			c.exchanges = append(c.exchanges, exchange{network: fields[0], address: fields[1]})
		case "C:":
			x.client += unquote(t, rest)
			x.steps = append(x.steps, step{fromClient: true, data: unquote(t, rest)})
		case "S:":
			x.server += unquote(t, rest)
			x.steps = append(x.steps, step{data: unquote(t, rest)})
		case "tls:":
			x.tls = true
		case "log:":
			c.log = unquote(t, rest)
		case "verdict:":
			c.verdict = rest
		case "seconds:":
			c.slow = true
		case "env:", "note:":
			c.env = true
		}
	}
	return cases
}

func unquote(t testing.TB, text string) string {
	t.Helper()
	s, err := strconv.Unquote(text)
	if err != nil {
		if strings.HasPrefix(text, "(") {
			return text // a long body that was left out
		}
		t.Fatalf("%s: %v", text, err)
	}
	return s
}

// recordingHost resolves nothing but the loopback.
type recordingHost struct{ config.System }

func (recordingHost) Lookup(string, bool) (netip.Addr, error) {
	return netip.MustParseAddr("127.0.0.1"), nil
}
func (recordingHost) NodeName() string        { return "ldhost" }
func (recordingHost) Appendable(string) error { return nil }

// script plays the servers of a case, each connection over a pipe.
type script struct {
	mu        sync.Mutex
	exchanges []exchange
	used      int
	seen      []string // what the checker sent, by connection
	end       func(request []byte) bool
	servers   sync.WaitGroup
}

// dial implements check.Dial.
func (s *script) dial(_ context.Context, network, address string) (net.Conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.used == len(s.exchanges) {
		return nil, syscall.ECONNREFUSED
	}
	x := s.exchanges[s.used]
	if network != x.network || portOf(address) != portOf(x.address) {
		return nil, fmt.Errorf("connection %d goes to %s %s, recorded is %s %s", s.used+1, network, address, x.network, x.address)
	}
	index := s.used
	s.used++
	s.seen = append(s.seen, "")
	near, far := net.Pipe()
	s.servers.Add(1)
	go func() {
		defer s.servers.Done()
		defer far.Close()
		s.serve(far, x, index)
	}()
	return near, nil
}

func portOf(address string) string { return address[strings.LastIndexByte(address, ':')+1:] }

func (s *script) serve(conn net.Conn, x exchange, index int) {
	var request []byte
	buffer := make([]byte, 4096)
	for x.client != "" && !s.end(request) {
		n, err := conn.Read(buffer)
		if err != nil {
			break
		}
		request = append(request, buffer[:n]...)
	}
	s.mu.Lock()
	s.seen[index] = string(request)
	s.mu.Unlock()
	// An empty write to a pipe would wait for a reader.
	if x.server != "" {
		if _, err := io.WriteString(conn, x.server); err != nil {
			return
		}
	}
	if !x.hold {
		return
	}
	_, _ = io.Copy(io.Discard, conn) // until the checker closes
}

// play runs the check of a recorded case against its script.
func (c recorded) play(t *testing.T, end func([]byte) bool) (check.Result, *script) {
	t.Helper()
	cfg, report := config.Parse("t.cf", c.config, recordingHost{})
	if cfg == nil {
		t.Fatalf("%s: %v", c.name, report.Findings)
	}
	v := &cfg.Virtuals[0]
	target := check.TargetOf(v, v.Reals[0])
	if c.slow {
		target.Timeout = 50 * time.Millisecond
		for i := range c.exchanges {
			c.exchanges[i].hold = true // until the checker gives up
		}
	}
	s := &script{exchanges: c.exchanges, end: end}
	ck, err := check.New(target, check.Env{Dial: s.dial})
	if err != nil {
		t.Fatalf("%s: %v", c.name, err)
	}
	result := check.Run(context.Background(), ck)
	s.servers.Wait()
	return result, s
}
