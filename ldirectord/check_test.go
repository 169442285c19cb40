package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lvsha/pkg/system/preflight"
)

// TestCheckOfSettings: a word that is wrong and an address that another program has
// are told; what the daemon itself has is in order.
func TestCheckOfSettings(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	path := filepath.Join(t.TempDir(), "ldirectord")
	if err := os.WriteFile(path, []byte("LOG_FORMAT=xml\nSTATUS_LISTEN=\"localhost:1 "+taken.Addr().String()+" 192.0.2.250:9180\"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	a, _, _ := command(t, t.TempDir(), "status", goodConfig)
	var report preflight.Report
	a.checkSettings(&report, path)
	var b strings.Builder
	if err := report.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"LOG_FORMAT=", `"localhost:1" has a name`, fmt.Sprintf("STATUS_LISTEN: http://%s/ cannot be listened on: ", taken.Addr()), "this host does not have the address"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
	if report.Status() != preflight.StatusWarnings {
		t.Errorf("status %d", report.Status())
	}
}
