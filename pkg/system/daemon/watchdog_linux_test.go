package daemon_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"lvsha/pkg/system/daemon"
)

// TestWatchdog: a plain file stands for the device; it takes no time limit.
func TestWatchdog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "watchdog")
	if _, err := daemon.OpenWatchdog(path, time.Second); !errors.Is(err, os.ErrNotExist) || errors.Is(err, daemon.ErrWatchdogTimeout) {
		t.Errorf("a device that is not there: %v", err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	w, err := daemon.OpenWatchdog(path, 2010*time.Millisecond)
	if !errors.Is(err, daemon.ErrWatchdogTimeout) || w == nil {
		t.Fatalf("open: %v", err)
	}
	if w.Limit != 3*time.Second {
		t.Errorf("limit %v", w.Limit)
	}
	for range 2 {
		if err := w.Feed(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != "\x00\x00V" {
		t.Errorf("the device was told %q, %v", data, err)
	}
}

func TestNotifier(t *testing.T) {
	addr := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: addr, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	t.Setenv("NOTIFY_SOCKET", addr)
	t.Setenv("WATCHDOG_USEC", "4000000")
	t.Setenv("WATCHDOG_PID", strconv.Itoa(os.Getpid()))
	n := daemon.NewNotifier()
	if v, ok := os.LookupEnv("NOTIFY_SOCKET"); ok {
		t.Errorf("children would see NOTIFY_SOCKET=%s", v)
	}
	if n.Every() != time.Second {
		t.Errorf("a sign of life every %v, want one second", n.Every())
	}
	now := time.Unix(1000, 0)
	n.Tell(daemon.NotifyReady)
	for _, after := range []time.Duration{0, 999 * time.Millisecond, time.Second, 1500 * time.Millisecond} {
		n.Alive(now.Add(after))
	}
	n.Tell(daemon.NotifyStopping)
	for _, want := range []string{"READY=1", "WATCHDOG=1", "WATCHDOG=1", "STOPPING=1"} {
		b := make([]byte, 64)
		size, err := conn.Read(b)
		if err != nil || string(b[:size]) != want {
			t.Fatalf("heard %q, %v, want %s", b[:size], err, want)
		}
	}
}

// TestNobodyListens: without a service manager nothing is told and nothing fails.
func TestNobodyListens(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", "")
	t.Setenv("WATCHDOG_USEC", "")
	n := daemon.NewNotifier()
	n.Tell(daemon.NotifyReady)
	n.Alive(time.Now())
}
