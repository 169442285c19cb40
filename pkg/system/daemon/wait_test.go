package daemon

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

func TestWaitExit(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("sleep", "1000")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Wait() }()
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := WaitExit(ctx, cmd.Process.Pid); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("while it runs: %v, want the deadline", err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	// It is a zombie until Wait: it has ended all the same.
	if err := WaitExit(context.Background(), cmd.Process.Pid); err != nil {
		t.Errorf("after its end: %v", err)
	}
}

// TestKilledIsNotRunning: at once, not when the process has quite ended.
func TestKilledIsNotRunning(t *testing.T) {
	t.Parallel()
	yes := func(int) bool { return true }
	cmd := exec.Command("sleep", "1000")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Wait() }()
	path := filepath.Join(t.TempDir(), "pid")
	if err := WritePID(path, Padded, cmd.Process.Pid); err != nil {
		t.Fatal(err)
	}
	if _, state := Find(path, yes); state != Running {
		t.Errorf("while it runs: %v", state)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, state := Find(path, yes); state != Stale {
		t.Errorf("killed: %v", state)
	}
}
