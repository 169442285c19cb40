package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lvsha/pkg/system/preflight"
)

// TestCheckOfSettings: what is wrong in them is told as a start would log it, and
// so is an address that somebody else has; what the daemon has is in order.
func TestCheckOfSettings(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	path := filepath.Join(t.TempDir(), "heartbeat")
	if err := os.WriteFile(path, []byte("LOG_FORMAT=xml\nSTATUS_LISTEN="+taken.Addr().String()+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	look := func(pid int) string {
		var report preflight.Report
		checkSettings(&report, path, pid)
		var b strings.Builder
		if err := report.WriteText(&b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	if got := look(0); !strings.Contains(got, "LOG_FORMAT=") || !strings.Contains(got, "STATUS_LISTEN: http://"+taken.Addr().String()+"/ cannot be listened on: ") {
		t.Error(got)
	}
	if got := look(os.Getpid()); strings.Contains(got, "STATUS_LISTEN") {
		t.Error(got)
	}
}
