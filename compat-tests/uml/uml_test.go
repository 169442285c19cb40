package uml_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lvsha/compat-tests/uml"
)

func boot(t *testing.T, m uml.Machine, limit time.Duration) (int, string, error) {
	t.Helper()
	uml.Require(t)
	var out strings.Builder
	m.Console = &out
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	status, err := m.Run(ctx)
	return status, out.String(), err
}

// TestGuest boots once and looks at everything that the package promises.
func TestGuest(t *testing.T) {
	t.Parallel()
	share := t.TempDir()
	if err := os.WriteFile(filepath.Join(share, "in"), []byte("from the host\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	status, out, err := boot(t, uml.Machine{Share: share, Script: `
cat /run/share/in
echo changed >/etc/uml-overlay-test && cat /etc/uml-overlay-test
ip netns add a && ip netns exec a ipvsadm -A -t 10.0.0.1:80 -s wlc && ip netns exec a ipvsadm -Sn
echo "root namespace: $(ipvsadm -Sn)"
echo to the host >/run/share/out
printf 'no newline'
exit 7`}, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if status != 7 {
		t.Errorf("status %d, want 7", status)
	}
	want := "from the host\nchanged\n-A -t 10.0.0.1:80 -s wlc\nroot namespace: \nno newline\n"
	if out != want {
		t.Errorf("console:\n%s\nwant:\n%s", out, want)
	}
	if got, err := os.ReadFile(filepath.Join(share, "out")); err != nil || string(got) != "to the host\n" {
		t.Errorf("shared file: %q, %v", got, err)
	}
	if _, err := os.Stat("/etc/uml-overlay-test"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the guest wrote to the host's root: %v", err)
	}
}

// onWrite calls itself at every write.
type onWrite func(text string)

func (f onWrite) Write(p []byte) (int, error) {
	f(string(p))
	return len(p), nil
}

func TestGuestIsKilledWithItsContext(t *testing.T) {
	t.Parallel()
	uml.Require(t)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	m := uml.Machine{Script: "echo begun; sleep 1000", Console: onWrite(func(text string) {
		if text == "begun\n" {
			cancel()
		}
	})}
	if _, err := m.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want that the context was cancelled", err)
	}
}
