package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestHALogger(t *testing.T) {
	for _, c := range []struct {
		args []string
		out  string
		errs string
	}{
		{[]string{"-h"}, haLoggerUsage, ""},
		{[]string{"-D", "nonsense", "x"}, haLoggerUsage, ""},
		{[]string{"-t"}, haLoggerUsage, ""},
		{[]string{"-x"}, haLoggerUsage, ""},
	} {
		var out, errs bytes.Buffer
		if status := runHALogger("ha_logger", c.args, &out, &errs); status != exitFailed || out.String() != c.out || errs.String() != c.errs {
			t.Errorf("%q: %d, %q, %q", c.args, status, out.String(), errs.String())
		}
	}
}

func TestCLRespawn(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "program")
	text := "#!/bin/sh\necho run $* >>" + dir + "/out\n[ $(wc -l <" + dir + "/out) -ge 2 ] && exit 7\nexit 1\n"
	if err := os.WriteFile(program, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	if status := runCLRespawn("cl_respawn", []string{"-m", "7", "-p", dir + "/pid", program, "a", "-b"}, &out, &errs); status != exitOK {
		t.Errorf("exit %d: %s", status, errs.String())
	}
	if got, _ := os.ReadFile(dir + "/out"); string(got) != "run a -b\nrun a -b\n" {
		t.Errorf("the program ran as %q", got)
	}
	if _, err := os.Stat(dir + "/pid"); err == nil {
		t.Error("the pid file is still there")
	}
	if !strings.Contains(errs.String(), "since we got the magic exit code.") {
		t.Errorf("log:\n%s", errs.String())
	}
	for _, c := range []struct {
		args   []string
		status int
	}{{nil, exitUsage}, {[]string{"-h"}, exitOK}, {[]string{"-l"}, exitUsage}, {[]string{"-m", "x", "p"}, exitUsage}, {[]string{dir + "/none"}, exitFailed}} {
		out.Reset()
		if status := runCLRespawn("cl_respawn", c.args, &out, &errs); status != c.status {
			t.Errorf("%q: exit %d, want %d", c.args, status, c.status)
		}
		if c.status != exitFailed && out.String() != clRespawnUsage {
			t.Errorf("%q: %s", c.args, out.String())
		}
	}
}
