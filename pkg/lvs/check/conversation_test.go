package check_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"lvsha/pkg/lvs/check"
	"lvsha/pkg/lvs/config"
)

// stage plays the servers of a recorded case over sockets of the loopback,
// where each side speaks in its turn.
type stage struct {
	t         *testing.T
	exchanges []exchange
	hold      bool // keep silent at the end instead of closing
	// answer makes what a server sends of the recorded bytes and of what the
	// client has really sent; nil sends the recorded bytes.
	answer func(x exchange, request, recorded []byte) []byte

	over    chan struct{} // closed when the check has ended
	used    int
	mu      sync.Mutex
	seen    []string // what the checker sent, by connection
	servers sync.WaitGroup
}

// dial implements check.Dial.
func (s *stage) dial(ctx context.Context, network, address string) (net.Conn, error) {
	s.mu.Lock()
	index := s.used
	s.used++
	s.mu.Unlock()
	if index >= len(s.exchanges) {
		return nil, syscall.ECONNREFUSED
	}
	x := s.exchanges[index]
	if network != x.network || portOf(address) != portOf(x.address) {
		return nil, fmt.Errorf("connection %d goes to %s %s, recorded is %s %s", index+1, network, address, x.network, x.address)
	}
	s.mu.Lock()
	s.seen = append(s.seen, "")
	s.mu.Unlock()
	if network == "udp" {
		return s.datagrams(ctx, index)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	defer l.Close()
	near, err := (&net.Dialer{}).DialContext(ctx, "tcp", l.Addr().String())
	if err != nil {
		return nil, err
	}
	far, err := l.Accept()
	if err != nil {
		return nil, err
	}
	s.servers.Add(1)
	go func() {
		defer s.servers.Done()
		defer far.Close()
		if x.tls {
			far = tls.Server(far, &tls.Config{Certificates: []tls.Certificate{*sharedCertificate(s.t)}})
		}
		s.talk(far, index)
	}()
	return near, nil
}

// talk plays the steps of a connection and then listens to its end.
func (s *stage) talk(conn net.Conn, index int) {
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	var said []byte
	defer func() {
		s.mu.Lock()
		s.seen[index] = string(said)
		s.mu.Unlock()
	}()
	for _, step := range s.exchanges[index].steps {
		if !step.fromClient {
			if _, err := conn.Write(s.reply(index, said, []byte(step.data))); err != nil {
				return
			}
			continue
		}
		request, err := readTurn(conn, step)
		said = append(said, request...)
		if err != nil {
			return
		}
	}
	if half, ok := conn.(interface{ CloseWrite() error }); ok && !s.hold {
		_ = half.CloseWrite()
	}
	rest, _ := io.ReadAll(conn)
	said = append(said, rest...)
	if s.hold {
		<-s.over // the checker has closed its side, or only that of its words
	}
}

// readTurn reads what the client says before the server's next turn.
func readTurn(conn net.Conn, turn step) ([]byte, error) {
	if turn.frame != nil {
		return turn.frame(conn)
	}
	if turn.until == "" {
		request := make([]byte, len(turn.data))
		n, err := io.ReadFull(conn, request)
		return request[:n], err
	}
	var request []byte
	buffer := make([]byte, 4096)
	for !bytes.HasSuffix(request, []byte(turn.until)) {
		n, err := conn.Read(buffer)
		request = append(request, buffer[:n]...)
		if err != nil {
			return request, err
		}
	}
	return request, nil
}

func (s *stage) reply(index int, said, recorded []byte) []byte {
	if s.answer == nil {
		return recorded
	}
	return s.answer(s.exchanges[index], said, recorded)
}

// datagrams answers the one request of a connection with all that is recorded.
func (s *stage) datagrams(ctx context.Context, index int) (net.Conn, error) {
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	near, err := (&net.Dialer{}).DialContext(ctx, "udp", server.LocalAddr().String())
	if err != nil {
		_ = server.Close()
		return nil, err
	}
	s.servers.Add(1)
	go func() {
		defer s.servers.Done()
		buffer := make([]byte, 64<<10)
		n, from, err := server.ReadFrom(buffer)
		if err != nil {
			return
		}
		s.mu.Lock()
		s.seen[index] = string(buffer[:n])
		s.mu.Unlock()
		for _, step := range s.exchanges[index].steps {
			if !step.fromClient {
				_, _ = server.WriteTo(s.reply(index, buffer[:n], []byte(step.data)), from)
			}
		}
	}()
	// A port that is closed refuses: it stays open until the checker has ended.
	s.t.Cleanup(func() { _ = server.Close() })
	return near, nil
}

// differ says how ours differs from a recording, and why.
type differ struct {
	why     string
	verdict bool     // the other verdict
	request bool     // other bytes are sent
	bytes   []string // what is sent instead, by connection, if request is set
}

// conversation is a test of a file of recordings.
type conversation struct {
	file    string
	differs map[string]differ
	// same compares what was sent on a connection with the recording; nil wants
	// it equal.
	same   func(got, recorded string) bool
	answer func(x exchange, request, recorded []byte) []byte
	adapt  func(c *recorded)
	search func(c recorded) []string
}

func (cv conversation) run(t *testing.T) {
	t.Helper()
	cases := readRecorded(t, cv.file)
	if len(cases) == 0 {
		t.Fatal("no recorded cases")
	}
	for _, c := range cases {
		if c.verdict != "up" && c.verdict != "down" {
			continue // the daemon died; that is an error of the file with us
		}
		t.Run(c.name, func(t *testing.T) {
			cfg, report := config.Parse("t.cf", c.config, recordingHost{})
			d, differs := cv.differs[c.name]
			if cfg == nil {
				if !strings.Contains(c.config, `receive="["`) {
					t.Fatalf("%v", report.Findings)
				}
				return
			}
			v := &cfg.Virtuals[0]
			target := check.TargetOf(v, v.Reals[0])
			// A handshake takes its time; those cases do not wait for the end.
			if target.Timeout = 10 * time.Second; c.slow && !slices.ContainsFunc(c.exchanges, func(x exchange) bool { return x.tls }) {
				target.Timeout = 100 * time.Millisecond
			}
			if cv.adapt != nil {
				cv.adapt(&c)
			}
			for i := range d.bytes {
				c.exchanges[i].steps = turns(d.bytes[i])
				c.exchanges[i].client = clientOf(c.exchanges[i].steps)
			}
			s := &stage{t: t, over: make(chan struct{}), exchanges: c.exchanges, hold: c.slow, answer: cv.answer}
			ck, err := check.New(target, check.Env{Dial: s.dial, Search: func() []string {
				if cv.search == nil {
					return nil
				}
				return cv.search(c)
			}})
			if err != nil {
				t.Fatal(err)
			}
			result := check.Run(context.Background(), ck)
			close(s.over)
			s.servers.Wait()
			if want := (c.verdict == "up") != d.verdict; result.Up != want || (result.Err == nil) != want {
				t.Errorf("up is %v (%v), the original says %s; exception %v: %s", result.Up, result.Err, c.verdict, differs, d.why)
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			all := true
			for i, got := range s.seen {
				want := c.exchanges[i].client
				same := got == want || cv.same != nil && cv.same(got, want)
				if all = all && same; !same && (!d.request || d.bytes != nil) {
					t.Errorf("connection %d: sent\n%q, wanted\n%q; exception: %s", i+1, got, want, d.why)
				}
			}
			if all && d.request && d.bytes == nil {
				t.Errorf("nothing else is sent than by the original; the exception is wrong: %s", d.why)
			}
		})
	}
}

// turns reads a conversation written as lines of "C: text" and "S: text".
func turns(text string) []step {
	var steps []step
	for line := range strings.Lines(text) {
		who, what, _ := strings.Cut(strings.TrimSpace(line), ": ")
		steps = append(steps, step{fromClient: who == "C", data: what + "\r\n"})
	}
	return steps
}

func clientOf(steps []step) string {
	var all strings.Builder
	for _, s := range steps {
		if s.fromClient {
			all.WriteString(s.data)
		}
	}
	return all.String()
}

var (
	certOnce sync.Once
	cert     tls.Certificate
)

// sharedCertificate is made once: a key takes long.
func sharedCertificate(t *testing.T) *tls.Certificate {
	t.Helper()
	certOnce.Do(func() { cert = certificate(t) })
	return &cert
}
