package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lvsha/pkg/lvs/config"
)

func TestCommandLine(t *testing.T) {
	t.Parallel()
	tests := []struct {
		args           string
		status         int
		stdout, stderr string // how they begin
	}{
		{"", 255, "Usage:", ""},
		{"foo bar", 255, "Usage:", ""},
		{"-x start", 255, "Usage:", "Unknown option: x\n"},
		{"--debugg start", 255, "Usage:", "Unknown option: debugg\n"},
		{"start -d", 255, "Usage:", ""},
		{"-v", 0, "Linux Director v", ""},
		{"-dv", 0, "Linux Director v", ""},
		{"--version", 0, "Linux Director v", ""},
		{"-h", 0, "Usage:", ""},
		{"-?", 0, "Usage:", ""},
		{"-- foo bar", 255, "Usage:", ""},
	}
	for _, test := range tests {
		var stdout, stderr strings.Builder
		status := run(append([]string{"ldirectord"}, strings.Fields(test.args)...), &stdout, &stderr)
		if status != test.status || !strings.HasPrefix(stdout.String(), test.stdout) || stderr.String() != test.stderr {
			t.Errorf("%q: status %d, stdout %q, stderr %q", test.args, status, stdout.String(), stderr.String())
		}
	}
}

func TestInstances(t *testing.T) {
	t.Parallel()
	tests := []struct{ args, name, command, instance, operands string }{
		{"start", "ldirectord.cf", "start", "ldirectord", "start"},
		{"ldirectord.cf start", "ldirectord.cf", "start", "ldirectord.cf", "ldirectord.cf start"},
		{"/etc/ha.d/conf/web.cf reload more", "/etc/ha.d/conf/web.cf", "reload", "web.cf", "/etc/ha.d/conf/web.cf reload"},
		{"-d -- web.cf status", "web.cf", "status", "web.cf", "web.cf status"},
	}
	for _, test := range tests {
		a := &app{args: append([]string{"ldirectord"}, strings.Fields(test.args)...)}
		if _, done := a.parse(a.args[1:]); done {
			t.Errorf("%q: refused", test.args)
		}
		if a.name != test.name || a.command != test.command || a.instance != test.instance || a.operands() != test.operands {
			t.Errorf("%q: %q, %q, %q, %q", test.args, a.name, a.command, a.instance, a.operands())
		}
	}
}

// TestConfigurationIsFoundAbsolute is the original's defect: a relative path
// could not be reloaded from the daemon's directory.
func TestConfigurationIsFoundAbsolute(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"etc/conf", "here"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"etc/conf/a.cf", "here/a.cf", "here/b.cf"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(filepath.Join(dir, "here"))
	s := site{configDirs: []string{filepath.Join(dir, "etc"), filepath.Join(dir, "etc/conf")}}
	for name, want := range map[string]string{
		"a.cf": "etc/conf/a.cf", "b.cf": "here/b.cf", "conf/a.cf": "etc/conf/a.cf", filepath.Join(dir, "here/a.cf"): "here/a.cf",
	} {
		if got, found := s.find(name); !found || got != filepath.Join(dir, want) {
			t.Errorf("%s: %s, %v, want %s", name, got, found, want)
		}
	}
	if got, found := s.find("nosuch.cf"); found || got != "nosuch.cf" {
		t.Errorf("nosuch.cf: %s, %v", got, found)
	}
}

// command runs a command of an instance whose files are all in a directory.
func command(t testing.TB, dir, name, content string) (a *app, stdout, stderr *strings.Builder) {
	t.Helper()
	stdout, stderr = &strings.Builder{}, &strings.Builder{}
	a = &app{args: []string{"ldirectord", "t.cf", name}, stdout: stdout, stderr: stderr, command: name, name: "t.cf", instance: "t.cf",
		site: site{runDir: dir}, path: filepath.Join(dir, "t.cf"), found: true}
	content = "logfile=\"" + filepath.Join(dir, "log") + "\"\n" + content
	if err := os.WriteFile(a.path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return a, stdout, stderr
}

const goodConfig = "virtual=10.0.0.1:80\n\treal=10.0.0.2:80 gate\n"

func TestCommandsWhenStopped(t *testing.T) {
	t.Parallel()
	tests := []struct {
		command, config, pid string
		run                  func(*app) int
		status               int
		stdout, stderr       string
	}{
		{"status", goodConfig, "", (*app).status, 3, "ldirectord is stopped for DIR/t.cf\n", ""},
		{"status", goodConfig, "4194304\n", (*app).status, 1, "ldirectord is stopped for DIR/t.cf\n", "ldirectord stale pid file DIR/ldirectord.t.cf.pid for DIR/t.cf\n"},
		{"status", "bogus=1\n", "", (*app).status, 2, "", "Error [PID] reading file DIR/t.cf at line 2: Unknown command bogus=1\n"},
		{"stop", goodConfig, "", (*app).stop, 0, "", ""},
		{"stop", "bogus=1\n", "4194304\n", (*app).stop, 0, "", ""},
		{"reload", goodConfig, "", (*app).reload, 1, "", ""},
		{"try-restart", goodConfig, "", func(a *app) int { return a.restart(false) }, 0, "", ""},
	}
	for _, test := range tests {
		dir := t.TempDir()
		a, stdout, stderr := command(t, dir, test.command, test.config)
		if test.pid != "" {
			if err := os.WriteFile(a.pidFile(), []byte(test.pid), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		status := test.run(a)
		clean := func(text string) string {
			return pidText.Replace(strings.ReplaceAll(text, dir, "DIR"))
		}
		if status != test.status || clean(stdout.String()) != test.stdout || clean(stderr.String()) != test.stderr {
			t.Errorf("%s: status %d, stdout %q, stderr %q", test.command, status, clean(stdout.String()), clean(stderr.String()))
		}
		if _, err := os.Stat(a.pidFile()); (err == nil) != (test.pid != "") {
			t.Errorf("%s: the pid file was touched: %v", test.command, err)
		}
	}
}

var pidText = strings.NewReplacer("["+itoa(os.Getpid())+"]", "[PID]")

func TestStatusOfARunningDaemonNeedsNoConfiguration(t *testing.T) {
	t.Parallel()
	a, stdout, stderr := command(t, t.TempDir(), "status", "bogus=1\n")
	// A process that looks like the daemon of this instance.
	daemon := fakeDaemon(t, "t.cf")
	if err := os.WriteFile(a.pidFile(), []byte(itoa(daemon)+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	want := "ldirectord for " + a.path + " is running with pid: " + itoa(daemon) + "\n"
	if status := a.status(); status != 0 || stdout.String() != want || stderr.String() != want {
		t.Errorf("status %d, stdout %q, stderr %q", status, stdout.String(), stderr.String())
	}
	if status := a.start(); status != 0 {
		t.Errorf("a second start: %d", status)
	}
}

func TestReloadAnswers(t *testing.T) {
	t.Parallel()
	warned := &config.Report{Path: "x.cf", Findings: []config.Finding{{Text: "odd", Line: 1}}}
	failed := &config.Report{Path: "x.cf", Findings: []config.Finding{{Severity: config.Error, Text: "bad", Line: 1}}}
	for _, test := range []struct {
		report *config.Report
		status int
	}{{warned, 0}, {failed, 2}, {nil, 1}} {
		if status, text := reloadAnswer(test.report); status != test.status || text == "" {
			t.Errorf("%+v: %d, %q", test.report, status, text)
		}
	}
}

func TestAskReadsTheAnswer(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sock")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		buffer := make([]byte, 64)
		_, _ = conn.Read(buffer)
		_, _ = conn.Write([]byte("2\nfirst\nsecond\n"))
	}()
	if status, text, err := request(path, reloadRequest); status != 2 || text != "first\nsecond\n" || err != nil {
		t.Errorf("%d, %q, %v", status, text, err)
	}
	if _, _, err := request(path+".gone", reloadRequest); err == nil {
		t.Error("no error without a daemon")
	}
}
