package main

import (
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"lvsha/pkg/lvs/plan"
)

func drainConfig(dir, options string) string {
	return "checkinterval=3600\nmaintenancedir=" + dir + "\nvirtual=10.9.0.1:80\n\tchecktype=connect\n" + options +
		"\treal=10.1.0.1:80 masq\n\treal=10.1.0.2:80 masq\n" +
		"virtual6=[2001:db8::70]:80\n\tchecktype=connect\n" + options + "\treal6=[2001:db8::1]:80 masq\n"
}

// TestDrainAndGiveBack: the file is written, the daemon takes the server out, its
// connections become fewer; undrain gives it back.
func TestDrainAndGiveBack(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "maintenance")
	i := startInstance(t, drainConfig(dir, "\tquiescent=yes\n"))
	var left atomic.Int64
	left.Store(4)
	i.kernel.Count = func(_ plan.Key, u *plan.DestUse) {
		if u.Addr.Addr().String() == "10.1.0.1" {
			u.Persistent = 2
			u.Active = int(left.Load())
			if u.Weight == 0 && u.Active > 0 {
				left.Add(-2)
			}
		}
	}
	status, out, errs := i.run("drain", "10.1.0.1:80", "--timeout", "20")
	for _, want := range []string{
		"wrote " + filepath.Join(dir, "10.1.0.1:80") + "\n", "[----", "active, 0 inactive, 2 persistent\n",
		"[####################] 0 active", "10.1.0.1:80 has no connections left\n", "2 clients are still bound to it",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q", want)
		}
	}
	if status != 0 || errs != "" {
		t.Errorf("status %d\n%s%s", status, out, errs)
	}
	if status, out, errs = i.run("drain", "10.1.0.1:80"); status != 0 || !strings.Contains(out, "is there already") {
		t.Errorf("again: %d\n%s%s", status, out, errs)
	}
	if status, out, errs = i.run("undrain", "10.1.0.1"); status != 0 || !strings.HasSuffix(out, "10.1.0.1 is in service\n") {
		t.Errorf("undrain: %d\n%s%s", status, out, errs)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("%v is left (%v)", entries, err)
	}
	i.setDown("10.1.0.2:80", true)
	if status, out, errs = i.run("drain", "10.1.0.2"); status != 0 {
		t.Errorf("drain of a server that is down: %d\n%s%s", status, out, errs)
	}
	if status, out, errs = i.run("undrain", "10.1.0.2"); status != 1 || !strings.Contains(out, "10.1.0.2 is not in service: connect 10.1.0.2:80") {
		t.Errorf("undrain of a server that is down: %d\n%s%s", status, out, errs)
	}
}

// TestDrainWithoutQuiescent: the server leaves the table, and nobody waits for
// connections that the kernel does not count any more.
func TestDrainWithoutQuiescent(t *testing.T) {
	t.Parallel()
	i := startInstance(t, drainConfig(t.TempDir(), ""))
	i.kernel.Count = func(_ plan.Key, u *plan.DestUse) { u.Active = 7 }
	status, out, errs := i.run("drain", "[2001:db8::1]:80", "--timeout=20")
	if status != 0 || !strings.Contains(out, "[2001:db8::1]:80 is out of the table (quiescent=no); what clients still send on its 7 connections is dropped\n") {
		t.Errorf("status %d\n%s%s", status, out, errs)
	}
}

// TestDrainThatCannotBe names what is missing or was meant.
func TestDrainThatCannotBe(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	i := startInstance(t, drainConfig(dir, "\tquiescent=yes\n"))
	i.kernel.Count = func(_ plan.Key, u *plan.DestUse) { u.Active = 7 }
	for _, c := range []struct {
		words  []string
		status int
		want   string
	}{
		{[]string{"drain", "10.1.0.12:80"}, 1, "DIR/t.cf has no such real server; did you mean 10.1.0.1:80?"},
		{[]string{"drain", "192.168.250.250"}, 1, "DIR/t.cf has no such real server; it has 10.1.0.1:80, 10.1.0.2:80, [2001:db8::1]:80"},
		{[]string{"drain", "10.1.0.1:nosuchport"}, 1, "port nosuchport: no number and no service of /etc/services"},
		{[]string{"drain", "10.1.0.1", "--timeout", "1"}, 4, "the time is up: 10.1.0.1 stays out of service; undrain gives it back"},
		{[]string{"undrain", "10.1.0.1:80"}, 1, "keeps the whole host out; undrain 10.1.0.1 gives all of it back"},
		{[]string{"undrain", "10.1.0.1", "--timeout", "20"}, 0, "10.1.0.1 is in service"},
	} {
		if status, out, errs := i.run(c.words...); status != c.status || !strings.Contains(out+errs, c.want) {
			t.Errorf("%v: status %d\n%s%s", c.words, status, out, errs)
		}
	}
}

// TestDrainWithoutADaemon writes the file all the same, and needs a directory.
func TestDrainWithoutADaemon(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		config, want string
		status       int
	}{
		{drainConfig("MAINTENANCE", ""), "ldirectord does not run for ", 3},
		{goodConfig, "names no maintenancedir: ", 1},
		{drainConfig("MAINTENANCE", "\tchecktype=off\n"), "checktype=off", 1},
		{"bogus\n", "bogus", 2},
	} {
		dir := t.TempDir()
		maintenance := filepath.Join(dir, "m")
		a, stdout, stderr := command(t, dir, "drain", strings.ReplaceAll(c.config, "MAINTENANCE", maintenance))
		a.options.real = "10.1.0.1"
		if status := a.drain(); status != c.status || !strings.Contains(stdout.String()+stderr.String(), c.want) {
			t.Errorf("%q: status %d, %q, %q", c.config, status, stdout, stderr)
		}
		if _, err := os.Stat(filepath.Join(maintenance, "10.1.0.1")); (err == nil) != (c.status == 3) {
			t.Errorf("%q: the file: %v", c.config, err)
		}
	}
}

func TestDrainOperands(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		words string
		ok    bool
	}{
		{"10.1.0.1", true}, {"--timeout 3 10.1.0.1:80", true}, {"10.1.0.1 --timeout=3", true},
		{"", false}, {"a b", false}, {"a --timeout", false}, {"a --timeout x", false}, {"a --timeout=0", false}, {"a --force", false},
	} {
		var o options
		if err := drainOptions(&o, strings.Fields(c.words)); (err == nil) != c.ok {
			t.Errorf("%q: %v", c.words, err)
		}
	}
	for text, want := range map[string][2]string{
		"10.1.0.1": {"10.1.0.1", ""}, "10.1.0.1:80": {"10.1.0.1", "80"}, "www1:http": {"www1", "http"}, "www1": {"www1", ""},
		"2001:db8::1": {"2001:db8::1", ""}, "[2001:db8::1]": {"2001:db8::1", ""}, "[2001:db8::1]:80": {"2001:db8::1", "80"},
	} {
		if host, port, hasPort := splitServer(text); host != want[0] || port != want[1] || hasPort != (want[1] != "") {
			t.Errorf("%s: %s, %s, %v", text, host, port, hasPort)
		}
	}
}

// TestDrainOfADaemonThatDoesNotAnswer: it runs, and the administrator is not told
// that it does not.
func TestDrainOfADaemonThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"drain", "undrain"} {
		a, stdout, stderr := command(t, dir, name, drainConfig(filepath.Join(dir, "maintenance"), ""))
		a.options.real = "10.1.0.1:80"
		if err := os.WriteFile(a.pidFile(), []byte(itoa(fakeDaemon(t, a.instance))+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		status := map[string]func() int{"drain": a.drain, "undrain": a.undrain}[name]()
		if status != statusFailed || !strings.Contains(stderr.String(), "nobody has confirmed it") || strings.Contains(stdout.String(), "does not run") {
			t.Errorf("%s: status %d\n%s%s", name, status, stdout, stderr)
		}
	}
}
