package top

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// pty is a terminal with its other end.
func pty(t *testing.T) (far, near *os.File) {
	t.Helper()
	far, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = far.Close() })
	if err := unix.IoctlSetPointerInt(int(far.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(far.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	near, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = near.Close() })
	if err := unix.IoctlSetWinsize(int(near.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 80}); err != nil {
		t.Fatal(err)
	}
	return far, near
}

// written is what a terminal has been sent.
type written struct {
	mu   sync.Mutex
	text strings.Builder
}

func (w *written) follow(f *os.File) {
	b := make([]byte, 4096)
	for {
		n, err := f.Read(b)
		if err != nil {
			return
		}
		w.mu.Lock()
		w.text.Write(b[:n])
		w.mu.Unlock()
	}
}

func (w *written) until(t *testing.T, text string) {
	t.Helper()
	limit := time.After(20 * time.Second)
	for {
		w.mu.Lock()
		found := strings.Contains(w.text.String(), text)
		w.mu.Unlock()
		if found {
			return
		}
		select {
		case <-limit:
			t.Fatalf("never %q in %q", text, w.text.String())
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// TestTerminalIsLeftAsItWas, whatever ends the view; a drain is carried out while
// it goes on.
func TestTerminalIsLeftAsItWas(t *testing.T) {
	for _, end := range []string{"a key", "a signal's context", "its own end"} {
		far, near := pty(t)
		before, err := unix.IoctlGetTermios(int(near.Fd()), unix.TCGETS)
		if err != nil {
			t.Fatal(err)
		}
		w := &written{}
		go w.follow(far)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		ended := make(chan error, 1)
		go func() {
			ended <- Run(ctx, Options{
				In: near, Out: near, Every: time.Millisecond, Colour: true,
				Look:  func(context.Context) Look { return lookAfter(t, time.Second) },
				Drain: func(_ context.Context, a Action) string { return "done with " + a.Server.Server },
			})
		}()
		w.until(t, "192.168.100.99:80")
		if raw, err := unix.IoctlGetTermios(int(near.Fd()), unix.TCGETS); err != nil || *raw == *before {
			t.Errorf("no raw mode: %v", err)
		}
		_, _ = far.WriteString("jdy")
		w.until(t, "done with 192.168.100.11:80")
		switch end {
		case "a key":
			_, _ = far.WriteString("q")
		case "its own end":
			_ = far.Close()
		default:
			cancel()
		}
		if err := <-ended; err != nil {
			t.Errorf("%s: %v", end, err)
		}
		if end == "its own end" {
			continue
		}
		if after, err := unix.IoctlGetTermios(int(near.Fd()), unix.TCGETS); err != nil || *after != *before {
			t.Errorf("%s: the terminal is not as it was: %v", end, err)
		}
	}
}

// TestNoTerminal: the view is printed once, without an escape.
func TestNoTerminal(t *testing.T) {
	out, err := os.Create(t.TempDir() + "/out")
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if err := Run(t.Context(), Options{In: out, Out: out, Look: func(context.Context) Look { return lookAfter(t, 0) }}); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(out.Name())
	if err != nil || strings.Contains(string(content), "\x1b") || !strings.Contains(string(content), "\n  192.168.100.25:25 ") {
		t.Errorf("%v: %s", err, content)
	}
}
