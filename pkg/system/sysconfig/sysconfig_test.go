package sysconfig_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lvsha/pkg/system/sysconfig"
)

func write(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "heartbeat")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSettings(t *testing.T) {
	f, err := sysconfig.Read(write(t, "# remark\n\nNAME=\"some words\"\nPLAIN=x\n[ -f /x ] && y\nLIMIT=1.5\nBAD=soon\nYES=On\nNO=no\n"))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"NAME": "some words", "PLAIN": "x", "NONE": "fallback"} {
		if got := f.Text(name, "fallback"); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if d, err := f.Seconds("LIMIT", 0); err != nil || d != 1500*time.Millisecond {
		t.Errorf("LIMIT is %v (%v)", d, err)
	}
	if d, err := f.Seconds("NONE", time.Hour); err != nil || d != time.Hour {
		t.Errorf("NONE is %v (%v)", d, err)
	}
	for name, want := range map[string]bool{"YES": true, "NO": false, "NONE": true} {
		if got, err := f.Flag(name, true); err != nil || got != want {
			t.Errorf("%s is %t (%v)", name, got, err)
		}
	}
	if _, err := f.Flag("BAD", true); err == nil || !strings.HasSuffix(err.Error(), "heartbeat:7: BAD=soon is neither yes nor no") {
		t.Errorf("error %v", err)
	}
	_, err = f.Seconds("BAD", 0)
	if err == nil || !strings.HasSuffix(err.Error(), "heartbeat:7: BAD=soon is no number of seconds") {
		t.Errorf("error %v", err)
	}
}

func TestMissingFileHasNoSettings(t *testing.T) {
	f, err := sysconfig.Read(filepath.Join(t.TempDir(), "none"))
	if err != nil || f.Text("X", "y") != "y" {
		t.Errorf("%v", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("A=1\nB=\"x\"\n")
	f.Add("[x]\n=\n\"\"\"")
	f.Fuzz(func(t *testing.T, text string) {
		if s, err := sysconfig.Read(write(t, text)); err == nil {
			_, _ = s.Seconds("A", 0)
		}
	})
}
