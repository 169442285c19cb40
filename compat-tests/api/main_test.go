package api_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"lvsha/compat-tests/pair"
)

func TestMain(m *testing.M) {
	pair.Agent()
	hears()
	flag.Parse()
	// The tests wait for timers; they may do so side by side.
	if err := flag.Set("test.parallel", "4"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if stageDir != "" {
		_ = os.RemoveAll(stageDir)
	}
	os.Exit(code)
}

// limit bounds a failure.
const limit = 3 * time.Minute

var stageDir string

// stage is ours as installed, made once, with the original's programs in a
// directory of their own.
var stage = sync.OnceValues(func() (string, error) {
	var err error
	if stageDir, err = os.MkdirTemp("", "api-stage-"); err != nil {
		return "", err
	}
	if err := pair.Stage(filepath.Join("..", ".."), stageDir); err != nil {
		return "", err
	}
	if err := copyPrograms(filepath.Join(stageDir, "original")); err != nil {
		return "", err
	}
	return stageDir, os.Chmod(stageDir, 0o755)
})

// copyPrograms copies the original's programs to where a node that hides them
// sees them.
func copyPrograms(dir string) error {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	for _, from := range []string{"/usr/libexec/heartbeat/", "/usr/share/heartbeat/"} {
		entries, err := os.ReadDir(from)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if !e.Type().IsRegular() {
				continue
			}
			data, err := os.ReadFile(from + e.Name())
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(dir, e.Name()), data, 0o755); err != nil {
				return err
			}
		}
	}
	return nil
}

// original is the path of a program of the original.
func original(name string) string { return filepath.Join(stageDir, "original", name) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newPair makes a pair of one program and starts it.
func newPair(t *testing.T, o pair.Options) *pair.Pair {
	t.Helper()
	if err := pair.Missing(pair.Original); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	var err error
	if o.Stage, err = stage(); err != nil {
		t.Fatal(err)
	}
	o.Dir = t.TempDir()
	p, err := pair.New(o)
	must(t, err)
	t.Cleanup(func() {
		p.Close()
		if t.Failed() {
			t.Logf("log of the master:\n%s", p.Master.Logs())
			t.Logf("log of the standby:\n%s", p.Standby.Logs())
		}
	})
	return p
}

// start starts both nodes and waits until the master holds the address.
func start(t *testing.T, p *pair.Pair) {
	t.Helper()
	errs := make(chan error, 2)
	for _, n := range []*pair.Node{p.Master, p.Standby} {
		go func() { errs <- n.Start() }()
	}
	for range 2 {
		must(t, <-errs)
	}
	must(t, p.WaitHolders(0, limit, time.Second, pair.Master))
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	for _, n := range []*pair.Node{p.Master, p.Standby} {
		must(t, n.WaitLine(ctx, 0, "remote resource transition completed."))
	}
}

// stamp is what differs from run to run in a line of standard error.
var stamp = regexp.MustCompile(`(?m)^[A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d (\S+) (\S+): \[\d+\]:`)

// said is what a program printed and how it ended, without times and pids.
func said(t *testing.T, n *pair.Node, argv ...string) (string, int) {
	t.Helper()
	out, code, err := n.Run(argv...)
	must(t, err)
	return strings.TrimSpace(stamp.ReplaceAllString(out, "$1 $2:")), code
}
