package main

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"lvsha/pkg/system/logging"
)

// notes is a log that keeps its lines.
type notes struct {
	mu    sync.Mutex
	lines []string
}

func (n *notes) Log(_ logging.Level, text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lines = append(n.lines, text)
}

// TestSiblings: the commands of the further instances, in their order. One that
// cannot be reloaded is started.
func TestSiblings(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	program, record := filepath.Join(dir, "ldirectord"), filepath.Join(dir, "record")
	script := "#!/bin/sh\necho \"$*\" >>" + record + "\n[ \"$*\" != \"b.cf reload\" ]\n"
	if err := os.WriteFile(program, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	own := filepath.Join(dir, "own.cf")
	if err := os.WriteFile(own, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	log := &notes{}
	a := &app{args: []string{program}, path: own, site: site{configDirs: []string{dir}}}
	s := a.newSiblings(log)
	s.program = program
	s.start([]string{"a.cf", "own.cf"})
	s.reload([]string{"a.cf", "-d b.cf", "b.cf"})
	s.stop()
	content, err := os.ReadFile(record)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"a.cf start",
		"a.cf reload", "-d b.cf reload", "b.cf reload", "b.cf start",
		"a.cf stop", "-d b.cf stop", "b.cf stop",
	}
	if got := strings.TrimSpace(string(content)); got != strings.Join(want, "\n") {
		t.Errorf("ran\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
	wantLog := []string{`execute="own.cf" means this very instance`, "ldirectord b.cf reload failed: exit status 1"}
	if strings.Join(log.lines, "\n") != strings.Join(wantLog, "\n") {
		t.Errorf("log %q", log.lines)
	}
}
