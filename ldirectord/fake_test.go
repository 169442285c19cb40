package main

import (
	"io"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"testing"
)

// fakeVariable makes the test binary a process that says that it runs and only waits
// for the end of its standard input.
const fakeVariable = "LDIRECTORD_TEST_FAKE"

func TestMain(m *testing.M) {
	if os.Getenv(fakeVariable) != "" {
		_ = os.Stdout.Close()
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func itoa(n int) string { return strconv.Itoa(n) }

// fakeDaemon starts a process whose command line is that of a daemon.
func fakeDaemon(t testing.TB, instance string) int {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := &exec.Cmd{Path: self, Args: []string{"/usr/sbin/ldirectord", instance, "start"}, Env: append(os.Environ(), fakeVariable+"=1")}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	// For a moment behind its start a process has no command line.
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, stdout)
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = cmd.Wait()
	})
	return cmd.Process.Pid
}

func mustAddr(entry string) netip.Addr { return netip.MustParseAddrPort(entry).Addr() }
