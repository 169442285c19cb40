package fence

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fake puts a tool of the test in the place of the installed one. It notes its
// arguments, one to a line, and then does what the script says.
func fake(t *testing.T, script string) (said func() string) {
	t.Helper()
	dir := t.TempDir()
	tool, log := filepath.Join(dir, "stonith"), filepath.Join(dir, "log")
	text := "#!/bin/sh\nprintf '%s\\n' \"$@\" >" + log + "\n" + script + "\n"
	if err := os.WriteFile(tool, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	old := tools
	tools = []string{filepath.Join(dir, "missing"), tool}
	t.Cleanup(func() { tools = old })
	return func() string {
		data, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(strings.Split(strings.TrimSpace(string(data)), "\n"), "|")
	}
}

func TestParameters(t *testing.T) {
	said := fake(t, "echo hostlist password")
	names, err := Parameters(t.Context(), "external/ipmi")
	if err != nil || strings.Join(names, " ") != "hostlist password" {
		t.Errorf("got %v, %v", names, err)
	}
	if got := said(); got != "-t|external/ipmi|-n" {
		t.Errorf("the tool was told %s", got)
	}
	fake(t, "exit 8")
	if _, err := Parameters(t.Context(), "nosuch"); !errors.Is(err, ErrNoDevice) {
		t.Errorf("a type that the tool does not know: %v", err)
	}
}

func TestRequests(t *testing.T) {
	given := Device{Type: "ipmi", Params: []string{"beta", "s3cret"}}
	file := Device{Type: "ipmi", File: "/etc/ha.d/ipmi.conf"}
	tests := []struct {
		name   string
		device Device
		node   string // to reset; "" asks for the status
		exit   string
		said   string
		err    string // contained in the error
		is     error
	}{
		{"status", given, "", "exit 0", "-s|-t|ipmi|-p|beta s3cret|-S", "", nil},
		{"reset", given, "beta", "exit 0", "-s|-t|ipmi|-p|beta s3cret|-T|reset|beta", "", nil},
		{"reset by a file", file, "beta", "exit 0", "-s|-t|ipmi|-F|/etc/ha.d/ipmi.conf|-T|reset|beta", "", nil},
		{"another's node", given, "gamma", "exit 4", "-s|-t|ipmi|-p|beta s3cret|-T|reset|gamma", "control", ErrBadHost},
		{"failure", given, "beta", "echo s3cret >&2; exit 5", "-s|-t|ipmi|-p|beta s3cret|-T|reset|beta", "could not", nil},
		{"no access", given, "", "exit 2", "-s|-t|ipmi|-p|beta s3cret|-S", "password", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			said := fake(t, test.exit)
			err := test.device.Status(t.Context())
			if test.node != "" {
				err = test.device.Reset(t.Context(), test.node)
			}
			switch {
			case (err != nil) != (test.err != ""):
				t.Fatalf("error %v", err)
			case err != nil && !strings.Contains(err.Error(), test.err):
				t.Errorf("error %q has no %q", err, test.err)
			case test.is != nil && !errors.Is(err, test.is):
				t.Errorf("error %v", err)
			case err != nil && strings.Contains(err.Error(), "s3cret"):
				t.Error("the error tells the password")
			}
			if got := said(); got != test.said {
				t.Errorf("the tool was told %s, want %s", got, test.said)
			}
		})
	}
}

// TestHangs: a device that hangs, with all that it has started, is killed when
// its time is over.
func TestHangs(t *testing.T) {
	fake(t, "sleep 3600 & wait")
	d := Device{Type: "x", Limit: 50 * time.Millisecond}
	if err := d.Reset(t.Context(), "beta"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
}

func TestNoTool(t *testing.T) {
	old := tools
	t.Cleanup(func() { tools = old })
	tools = nil
	if err := (Device{Type: "null"}).Reset(t.Context(), "beta"); !errors.Is(err, ErrNoTool) {
		t.Errorf("error %v", err)
	}
}
