package status

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestProbe: what is free, what another program has, what this host has not, and
// what the daemon that asks has itself.
func TestProbe(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	any6, err := net.Listen("tcp", "[::]:0")
	if err != nil {
		t.Fatal(err)
	}
	defer any6.Close()
	socket := filepath.Join(dir, "taken")
	named, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer named.Close()
	stale := filepath.Join(dir, "stale")
	left, err := net.ListenUnix("unix", &net.UnixAddr{Name: stale, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	left.SetUnlinkOnClose(false)
	_ = left.Close()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, port6, _ := net.SplitHostPort(any6.Addr().String())
	self := os.Getpid()
	for _, c := range []struct {
		words string
		own   int
		want  string // "": nothing is wrong
	}{
		{"127.0.0.1:0", 0, ""},
		{taken.Addr().String(), self, ""},
		{taken.Addr().String(), 0, "another word of the setting takes it already"},
		{"127.0.0.1:" + port6, self, ""},
		{"192.0.2.250:9180", 0, "http://192.0.2.250:9180/ cannot be listened on: this host does not have the address"},
		{socket, self, ""},
		{socket, 0, "takes it already"},
		{stale, 0, ""},
		{filepath.Join(dir, "new"), 0, ""},
		{file, 0, "is there and is no socket"},
		{filepath.Join(dir, "nowhere", "x"), 0, "there is no such directory"},
	} {
		var addresses []Address
		for _, word := range strings.Fields(c.words) {
			a := Address{Network: "tcp", Addr: word}
			if strings.HasPrefix(word, "/") {
				a.Network = "unix"
			}
			addresses = append(addresses, a)
		}
		got := strings.Join(Probe(addresses, c.own), "\n")
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s, own %d: %q", c.words, c.own, got)
		}
	}
	if _, err := os.Stat(stale); err != nil {
		t.Error("a look has changed something:", err)
	}
}
