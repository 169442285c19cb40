package agent

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"lvsha/pkg/ha/resource"
)

// TestMain is also the detached sender.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == resource.SendARPName {
		os.Exit(resource.RunSendARP(os.Args[1:], os.Stderr))
	}
	goleak.VerifyTestMain(m)
}

// place is a directory of its own for what the scripts keep and log.
func place(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("HA_RSCTMP", dir)
	t.Setenv("HA_LOGFILE", filepath.Join(dir, "log"))
	t.Setenv("HA_DEBUGLOG", filepath.Join(dir, "log"))
	t.Setenv("HA_DIR", dir)
	t.Setenv("OCF_ROOT", dir)
	return dir
}

// called is what a call of a script prints on standard output, and its exit code.
func called(args ...string) (string, int) {
	var out, complaints bytes.Buffer
	code := Run(context.Background(), args[0], args[1:], &out, &complaints)
	return out.String(), code
}

func write(t *testing.T, text string, mode os.FileMode, path ...string) {
	t.Helper()
	name := filepath.Join(path...)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
