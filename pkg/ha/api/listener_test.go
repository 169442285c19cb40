package api_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"lvsha/pkg/ha/api"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds a failure.
const patience = 30 * time.Second

func listen(t *testing.T) (*api.Listener, func() net.Conn) {
	t.Helper()
	path := filepath.Join(t.TempDir(), api.SocketName)
	l, err := api.Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l, func() net.Conn {
		c, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		_ = c.SetDeadline(time.Now().Add(patience))
		return c
	}
}

func next[E api.Event](t *testing.T, l *api.Listener) E {
	t.Helper()
	select {
	case e := <-l.Events():
		if want, ok := e.(E); ok {
			return want
		}
		t.Fatalf("got %#v, want %T", e, *new(E))
	case <-time.After(patience):
		t.Fatalf("waited in vain for %T", *new(E))
	}
	panic("not reached")
}

func TestListener(t *testing.T) {
	l, dial := listen(t)
	c := dial()
	came := next[api.Connected](t, l)
	if want := (api.Credentials{PID: os.Getpid(), UID: uint32(os.Geteuid()), GID: uint32(os.Getegid())}); came.Credentials != want {
		t.Errorf("credentials %+v, want %+v", came.Credentials, want)
	}
	// Frames may be split and joined in any way.
	both := append(api.Frame([]byte("one")), api.Frame([]byte("two"))...)
	for i := range both {
		if _, err := c.Write(both[i : i+1]); err != nil {
			t.Fatal(err)
		}
		if i == 10 || i == len(both)-1 {
			got := next[api.Received](t, l)
			if want := map[bool]string{true: "one", false: "two"}[i == 10]; string(got.Body) != want || got.ID != came.ID {
				t.Errorf("%q of %d, want %q", got.Body, got.ID, want)
			}
		}
	}
	l.Send(came.ID, []byte("answer"))
	l.Disconnect(came.ID)
	l.Send(came.ID, []byte("too late"))
	if got, err := io.ReadAll(c); err != nil || !bytes.Equal(got, api.Frame([]byte("answer"))) {
		t.Errorf("read %q, %v", got, err)
	}
	next[api.Disconnected](t, l)
}

func TestGarbageEndsAConnection(t *testing.T) {
	l, dial := listen(t)
	c := dial()
	next[api.Connected](t, l)
	if _, err := io.WriteString(c, "GET / HTTP/1.0\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if got := next[api.Disconnected](t, l); got.Reason != "badclient" {
		t.Errorf("reason %q", got.Reason)
	}
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("the connection is open")
	}
}

// TestStalledClientIsCutOff: a client that does not read fills its queue, holds
// nobody up and is disconnected.
func TestStalledClientIsCutOff(t *testing.T) {
	l, dial := listen(t)
	stalled := dial()
	a := next[api.Connected](t, l)
	other := dial()
	b := next[api.Connected](t, l)
	body := bytes.Repeat([]byte("x"), 200_000) // more than a socket holds
	for range 70 {
		l.Send(a.ID, body)
	}
	if got := next[api.Disconnected](t, l); got.ID != a.ID || got.Reason != "sendfail" {
		t.Errorf("%+v", got)
	}
	l.Send(b.ID, []byte("still here"))
	if got, err := api.ReadFrame(other); err != nil || string(got) != "still here" {
		t.Errorf("the other client read %q, %v", got, err)
	}
	_ = stalled
}

func TestSetLimit(t *testing.T) {
	l, dial := listen(t)
	c := dial()
	a := next[api.Connected](t, l)
	l.SetLimit(a.ID, 1000)
	const count = 500
	body := bytes.Repeat([]byte("x"), 10_000)
	for range count {
		l.Send(a.ID, body)
	}
	for i := range count {
		if _, err := api.ReadFrame(c); err != nil {
			t.Fatalf("frame %d: %v", i, err)
		}
	}
}

// TestFloodWaitsForItsTurn: while the last message of a client waits nothing more
// is read from it.
func TestFloodWaitsForItsTurn(t *testing.T) {
	l, dial := listen(t)
	flood := dial()
	next[api.Connected](t, l)
	stuck := make(chan error, 1)
	go func() {
		frame := api.Frame(bytes.Repeat([]byte("x"), 1000))
		_ = flood.SetWriteDeadline(time.Now().Add(time.Second))
		for {
			if _, err := flood.Write(frame); err != nil {
				stuck <- err
				return
			}
		}
	}()
	if err := <-stuck; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the flood ended with %v", err)
	}
	// A flood of connections and messages takes turns with a quiet client.
	quiet := dial()
	if _, err := quiet.Write(api.Frame([]byte("quiet"))); err != nil {
		t.Fatal(err)
	}
	limit := time.After(patience)
	for {
		select {
		case e := <-l.Events():
			if r, ok := e.(api.Received); ok && string(r.Body) == "quiet" {
				return
			}
		case <-limit:
			t.Fatal("the quiet client was never heard")
		}
	}
}

func TestCrowdIsTurnedAway(t *testing.T) {
	l, dial := listen(t)
	quit := make(chan struct{})
	seen := make(chan int)
	go func() {
		n := 0
		for {
			select {
			case e := <-l.Events():
				if _, ok := e.(api.Connected); ok {
					n++
				}
			case <-quit:
				seen <- n
				return
			}
		}
	}()
	var last net.Conn
	for range 513 {
		last = dial()
	}
	if _, err := last.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("the last one read %v", err)
	}
	close(quit)
	if n := <-seen; n > 512 {
		t.Errorf("%d connections", n)
	}
}

func TestCloseEndsEverything(t *testing.T) {
	path := filepath.Join(t.TempDir(), api.SocketName)
	// What an earlier life left behind is replaced.
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := api.Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o777 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	next[api.Connected](t, l)
	l.Close()
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("the connection is open")
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is still there: %v", err)
	}
	if _, err := api.Listen(strings.Repeat("x", 200)); err == nil {
		t.Error("a path that cannot be was taken")
	}
}
