package resource

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"lvsha/pkg/ha/config"
	"lvsha/pkg/system/logging"
)

// TestMain is also the commands that the tests start by name.
func TestMain(m *testing.M) {
	switch name := filepath.Base(os.Args[0]); name {
	case SendARPName:
		os.Exit(RunSendARP(os.Args[1:], os.Stderr))
	case agentIPaddr, agentIPaddr2, agentIPv6addr:
		os.Exit(RunIPaddr(os.Args[0], os.Args[1:], os.Stdout, os.Stderr))
	}
	goleak.VerifyTestMain(m)
}

// journal keeps log lines as a daemon would print them.
type journal struct {
	sync.Mutex
	lines []string
}

func (j *journal) Log(level logging.Level, text string) {
	j.Lock()
	defer j.Unlock()
	if level != logging.Debug {
		j.lines = append(j.lines, level.String()+": "+text)
	}
}

func (j *journal) text() string {
	j.Lock()
	defer j.Unlock()
	return strings.Join(j.lines, "\n")
}

func group(words ...string) config.Group {
	g := config.Group{Node: "n1", Line: 1}
	for _, w := range words {
		parts := strings.Split(w, "::")
		g.Resources = append(g.Resources, config.Resource{Word: w, Script: parts[0], Args: parts[1:]})
	}
	return g
}

// network gives the test a network namespace of its own with eth0 10.88.0.3/24
// and its peer0. The thread ends with the test.
func network(t *testing.T) {
	t.Helper()
	if os.Getuid() != 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("root is needed for a network namespace")
		}
		t.Skip("root is needed for a network namespace")
	}
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Fatalf("unshare network namespace: %v", err)
	}
	ip(t, "link add eth0 type veth peer name peer0")
	ip(t, "link set lo up")
	ip(t, "link set eth0 up")
	ip(t, "link set peer0 up")
	ip(t, "addr add 10.88.0.3/24 brd + dev eth0")
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantIs(t *testing.T, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Errorf("got %v, want %v", err, target)
	}
}
