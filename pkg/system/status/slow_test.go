package status

import (
	"context"
	"io"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"lvsha/pkg/system/logging"
)

// large is a snapshot whose metrics no buffer of a socket holds.
type large struct{}

func (large) Healthy() error { return nil }

func (large) Metrics(m *Metrics) {
	f := m.Gauge("x", "Much.", "label")
	for i := range 40000 {
		f.Set(float64(i), strings.Repeat("x", 100)+strconv.Itoa(i))
	}
}

type noLog struct{}

func (noLog) Log(logging.Level, string) {}

// TestSlowClientsAreClosed: those that never ask, that send or read a byte now and
// then, and that send nonsense, all at once. Somebody else is answered meanwhile.
func TestSlowClientsAreClosed(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	s := Start(Options{
		Addresses: []Address{{Network: "unix", Addr: path}}, Log: noLog{}, patience: 300 * time.Millisecond,
		Ask: func(context.Context) (Snapshot, error) { return large{}, nil },
	})
	defer s.Close()
	dial := func() net.Conn {
		for deadline := time.Now().Add(20 * time.Second); ; {
			conn, err := net.Dial("unix", path)
			if err == nil {
				_ = conn.SetDeadline(deadline)
				return conn
			}
			if time.Now().After(deadline) {
				t.Fatal(err)
			}
		}
	}
	const question = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
	slowly := func(conn net.Conn, text string) error {
		for _, b := range []byte(text) {
			if _, err := conn.Write([]byte{b}); err != nil {
				return err
			}
			<-time.After(20 * time.Millisecond)
		}
		return nil
	}
	kinds := map[string]func(net.Conn) error{
		"never asks": func(conn net.Conn) error { _, err := io.Copy(io.Discard, conn); return err },
		"asks a byte at a time": func(conn net.Conn) error {
			if err := slowly(conn, question+strings.Repeat("x", 1000)); err == nil {
				t.Error("its slow question is read to the end")
			}
			return nil
		},
		"reads a byte at a time": func(conn net.Conn) error {
			if _, err := io.WriteString(conn, question); err != nil {
				return err
			}
			b := make([]byte, 1)
			for n := 0; n < 100; n++ {
				if _, err := conn.Read(b); err != nil {
					return nil
				}
				<-time.After(20 * time.Millisecond)
			}
			// What the sockets hold is read to the end: the answer is cut off.
			n, err := io.Copy(io.Discard, conn)
			if n > 3<<20 {
				t.Errorf("all of it came: %d", n)
			}
			return err
		},
		"nonsense behind a question": func(conn net.Conn) error {
			go func() {
				_, _ = io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"+strings.Repeat("\x00\xff nonsense ", 5000))
			}()
			_, err := io.Copy(io.Discard, conn)
			return err
		},
	}
	var all sync.WaitGroup
	for name, kind := range kinds {
		for range 8 {
			conn := dial()
			all.Add(1)
			go func() {
				defer all.Done()
				defer conn.Close()
				if err := kind(conn); err != nil && strings.Contains(err.Error(), "timeout") {
					t.Errorf("%s: it is not closed", name)
				}
			}()
		}
	}
	if _, err := Get(t.Context(), path, "/healthz"); err != nil {
		t.Errorf("meanwhile: %v", err)
	}
	all.Wait()
}
