package resource

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// scripts makes a resource.d of shell scripts. Each call is noted in the file
// "calls" of its directory.
type scripts struct {
	dir string
	log *journal
	*Runner
}

func newScripts(t *testing.T) scripts {
	t.Helper()
	dir := t.TempDir()
	log := &journal{}
	return scripts{dir, log, &Runner{
		Dirs: []string{dir}, Log: log, pause: time.Millisecond,
		Env: []string{"PATH=" + os.Getenv("PATH"), "DIR=" + dir, "HA_CURHOST=n1", "HA_DEBUGLOG=" + filepath.Join(dir, "debug.log")},
	}}
}

// add writes a script. It finds its action in $action.
func (s scripts) add(t *testing.T, name, body string) {
	t.Helper()
	text := "#!/bin/sh\nfor action do :; done\necho \"${0##*/} $*\" >>$DIR/calls\n" + body + "\n"
	must(t, os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o755))
}

// service writes a script that behaves as it should.
func (s scripts) service(t *testing.T, name string) {
	t.Helper()
	s.add(t, name, `case $action in
start) : >$DIR/up-`+name+`;; stop) rm -f $DIR/up-`+name+`;;
status) if [ -e $DIR/up-`+name+` ]; then echo running; else echo stopped; fi;; esac`)
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(text)
}

func (s scripts) expect(t *testing.T, calls string, log ...string) {
	t.Helper()
	if got := strings.ReplaceAll(strings.TrimSpace(read(t, s.dir, "calls")), "\n", ", "); got != calls {
		t.Errorf("calls: %s\nwant:  %s", got, calls)
	}
	_ = os.Remove(filepath.Join(s.dir, "calls"))
	want := strings.ReplaceAll(strings.Join(log, "\n"), "DIR", s.dir)
	if got := s.log.text(); got != want {
		t.Errorf("log:\n%s\nwant:\n%s", got, want)
	}
	s.log.lines = nil
}

func TestStartAndStopOrder(t *testing.T) {
	s := newScripts(t)
	for _, n := range []string{"a", "b", "c"} {
		s.service(t, n)
	}
	ctx := context.Background()
	g := group("a", "b::x::y", "c")
	must(t, s.Start(ctx, g))
	s.expect(t, "a status, a start, b x y status, b x y start, c status, c start",
		"info: Acquiring resource group: n1 a b::x::y c",
		"info: Running DIR/a  start", "info: Running DIR/b x y start", "info: Running DIR/c  start")
	if st := s.Status(ctx, g); st != All {
		t.Errorf("status %v", st)
	}
	s.expect(t, "a status, b x y status, c status")

	must(t, s.Start(ctx, g))
	s.expect(t, "a status, b x y status, c status", "info: Acquiring resource group: n1 a b::x::y c")

	must(t, s.Stop(ctx, g))
	s.expect(t, "c stop, b x y stop, a stop",
		"info: Releasing resource group: n1 a b::x::y c",
		"info: Running DIR/c  stop", "info: Running DIR/b x y stop", "info: Running DIR/a  stop")
	if st := s.Status(ctx, g); st != None {
		t.Errorf("status %v", st)
	}
	must(t, os.WriteFile(filepath.Join(s.dir, "up-b"), nil, 0o644))
	if st := s.Status(ctx, g); st != Some {
		t.Errorf("status %v", st)
	}
}

func TestStartFailureStopsTheWholeGroup(t *testing.T) {
	s := newScripts(t)
	s.service(t, "a")
	s.add(t, "b", `[ $action = start ] && { echo out of order; exit 5; }; exit 0`)
	s.service(t, "c")
	err := s.Start(context.Background(), group("a", "b", "c"))
	var start *StartError
	if !errors.As(err, &start) || start.Word != "b" || start.Code != 5 || start.Stop != nil {
		t.Errorf("error %#v", err)
	}
	s.expect(t, "a status, a start, b status, b start, c stop, b stop, a stop",
		"info: Acquiring resource group: n1 a b c",
		"info: Running DIR/a  start", "info: Running DIR/b  start",
		"ERROR: Return code 5 from DIR/b",
		"ERROR: DIR/b  start: last output: out of order",
		"CRIT: Giving up resources due to failure of b",
		"info: Releasing resource group: n1 a b c",
		"info: Running DIR/c  stop", "info: Running DIR/b  stop", "info: Running DIR/a  stop")
	if !strings.Contains(read(t, s.dir, "debug.log"), "out of order") {
		t.Error("the debug log has no output of the script")
	}
}

func TestStopIsRepeated(t *testing.T) {
	s := newScripts(t)
	s.add(t, "a", `[ $action = stop ] && { [ -e $DIR/second ] || { : >$DIR/second; exit 1; }; }; exit 0`)
	must(t, s.Stop(context.Background(), group("a")))
	s.expect(t, "a stop, a stop",
		"info: Releasing resource group: n1 a", "info: Running DIR/a  stop",
		"ERROR: Return code 1 from DIR/a", "ERROR: DIR/a  stop: no output",
		"info: Retrying failed stop operation [a]", "info: Running DIR/a  stop")
}

func TestStopFails(t *testing.T) {
	for _, c := range []struct {
		says    string
		running bool
		verdict []string
	}{
		{"stopped", false, []string{
			"ERROR: Resource script for a probably not LSB-compliant.",
			"WARN: it (a) MUST succeed on a stop when already stopped",
			"WARN: Machine reboot narrowly avoided!"}},
		{"running", true, []string{"CRIT: Resource STOP failure. Reboot required!"}},
	} {
		t.Run(c.says, func(t *testing.T) {
			s := newScripts(t)
			s.add(t, "a", `[ $action = status ] && { echo `+c.says+`; exit 0; }; exit 7`)
			s.service(t, "b")
			s.StopRetryMax = 2
			err := s.Stop(context.Background(), group("b", "a"))
			var stop *StopError
			if !errors.As(err, &stop) || *stop != (StopError{Word: "a", Code: 7, StillRunning: c.running}) {
				t.Errorf("error %v", err)
			}
			failed := []string{"info: Running DIR/a  stop", "ERROR: Return code 7 from DIR/a", "ERROR: DIR/a  stop: no output"}
			log := append([]string{"info: Releasing resource group: n1 b a"}, failed...)
			for range 2 {
				log = append(append(log, "info: Retrying failed stop operation [a]"), failed...)
			}
			log = append(append(log, c.verdict...), "info: Running DIR/b  stop")
			s.expect(t, "a stop, a stop, a stop, a status, b stop", log...)
		})
	}
}

func TestMissingScript(t *testing.T) {
	s := newScripts(t)
	g := group("nosuch::x")
	err := s.Start(context.Background(), g)
	var stop *StopError
	if !errors.As(err, &stop) || stop.StillRunning {
		t.Errorf("error %v", err)
	}
	const miss = "ERROR: Cannot locate resource script nosuch"
	s.expect(t, "", "info: Acquiring resource group: n1 nosuch::x", miss, miss,
		"CRIT: Giving up resources due to failure of nosuch::x",
		"info: Releasing resource group: n1 nosuch::x", miss, miss,
		"ERROR: Resource script for nosuch::x probably not LSB-compliant.",
		"WARN: it (nosuch::x) MUST succeed on a stop when already stopped",
		"WARN: Machine reboot narrowly avoided!")
	errs := s.Check(g)
	if len(errs) != 1 || errs[0].Error() != "haresources:1: nosuch::x: Cannot locate resource script nosuch" {
		t.Errorf("check %v", errs)
	}
}

func TestHangingScriptIsKilledWithItsChildren(t *testing.T) {
	s := newScripts(t)
	s.add(t, "a", `[ $action = start ] || exit 0; echo waiting for godot; sleep 1000 & echo $! >$DIR/pid; wait`)
	s.Timeout = 300 * time.Millisecond
	err := s.Start(context.Background(), group("a"))
	var start *StartError
	if !errors.As(err, &start) || start.Code != 137 {
		t.Errorf("error %v", err)
	}
	if got := s.log.text(); !strings.Contains(got, "start: not done within 300ms, killed: last output: waiting for godot") {
		t.Errorf("log:\n%s", got)
	}
	var pid int
	if _, err := fmt.Sscan(read(t, s.dir, "pid"), &pid); err != nil {
		t.Fatal(err)
	}
	// The signal has been sent to the whole group; the child may still be on
	// its way out.
	fd, err := unix.PidfdOpen(pid, 0)
	if errors.Is(err, unix.ESRCH) {
		return
	}
	must(t, err)
	defer unix.Close(fd)
	n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 5000)
	if n != 1 || err != nil {
		t.Errorf("the child %d is alive: %v", pid, err)
		_ = unix.Kill(pid, unix.SIGKILL)
	}
}

func TestCancelEndsTheScriptAndLeavesTheGroup(t *testing.T) {
	s := newScripts(t)
	s.add(t, "a", `[ $action = start ] && { : >$DIR/begun; sleep 1000; }; exit 0`)
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	err := s.Start(ctx, group("a"))
	wantIs(t, err, context.DeadlineExceeded)
	if strings.Contains(read(t, s.dir, "calls"), "stop") {
		t.Error("stop was called")
	}
}

// A status whose background child keeps the output open must not hang.
func TestStatusWithALingeringChild(t *testing.T) {
	s := newScripts(t)
	s.add(t, "a", `echo running; sleep 1000 & echo $! >$DIR/child`)
	if st := s.Status(context.Background(), group("a")); st != All {
		t.Errorf("status %v", st)
	}
	var pid int
	if _, err := fmt.Sscan(read(t, s.dir, "child"), &pid); err != nil {
		t.Fatal(err)
	}
	p, err := os.FindProcess(pid)
	must(t, err)
	must(t, p.Kill())
}

func TestOutputIsBounded(t *testing.T) {
	s := newScripts(t)
	s.add(t, "a", `echo running; head -c 3000000 /dev/zero | tr '\0' x; [ $action = status ] || exit 3`)
	if st := s.Status(context.Background(), group("a")); st != All {
		t.Errorf("status %v", st)
	}
	_ = s.Stop(context.Background(), group("a"))
	for _, line := range s.log.lines {
		if len(line) > 2*tailMax {
			t.Errorf("line of %d bytes", len(line))
		}
	}
}

func TestScriptSeesItsEnvironmentAndNothingElse(t *testing.T) {
	s := newScripts(t)
	s.add(t, "a", `[ $action = start ] && { env | sort | grep -v -e PWD -e SHLVL -e _= ; ls -l /proc/$$/fd; cat; } >$DIR/seen; exit 0`)
	leak, err := os.Open(os.DevNull)
	must(t, err)
	defer leak.Close()
	must(t, s.Start(context.Background(), group("a")))
	seen := read(t, s.dir, "seen")
	for _, want := range []string{"DIR=" + s.dir, "HA_CURHOST=n1", "0 -> /dev/null"} {
		if !strings.Contains(seen, want) {
			t.Errorf("no %q in\n%s", want, seen)
		}
	}
	if strings.Contains(seen, "HOME=") {
		t.Errorf("the environment is not the Runner's:\n%s", seen)
	}
	for line := range strings.Lines(seen) {
		if f := strings.Fields(line); len(f) > 2 && f[len(f)-2] == "->" && len(f[len(f)-3]) == 1 && f[len(f)-3] > "2" &&
			!strings.Contains(line, s.dir) {
			t.Errorf("descriptor: %s", line)
		}
	}
}

func TestScriptWithoutInterpreterLine(t *testing.T) {
	s := newScripts(t)
	must(t, os.WriteFile(filepath.Join(s.dir, "a"), []byte("echo \"$0 $*\" >>$DIR/calls\necho 'a b'\n"), 0o755))
	if st := s.Status(context.Background(), group("a::x y;z")); st != None {
		t.Errorf("status %v", st)
	}
	s.expect(t, filepath.Join(s.dir, "a")+" x y;z status")
}

func TestLookup(t *testing.T) {
	first, second := t.TempDir(), t.TempDir()
	for _, p := range []string{first + "/IPaddr2", second + "/both", first + "/both", second + "/IPaddr2", second + "/Two", second + "/tWO"} {
		must(t, os.WriteFile(p, nil, 0o755))
	}
	must(t, os.WriteFile(first+"/plain", nil, 0o644))
	must(t, os.Mkdir(first+"/dir", 0o755))
	must(t, os.Symlink(first+"/IPaddr2", second+"/link"))
	must(t, os.Symlink(first+"/gone", second+"/dangling"))
	for _, c := range []struct{ name, path, respelt string }{
		{"both", first + "/both", ""},
		{"IPaddr2", first + "/IPaddr2", ""},
		{"Ipaddr2", first + "/IPaddr2", "IPaddr2"},
		{"link", second + "/link", ""},
		{"two", "", ""}, // two candidates
		{"plain", "", ""},
		{"dir", "", ""},
		{"dangling", "", ""},
		{"", "", ""},
	} {
		path, respelt, err := lookup([]string{first, second, "/nosuch"}, c.name)
		if path != c.path || respelt != c.respelt || (err == nil) != (c.path != "") {
			t.Errorf("%q: %q, %q, %v", c.name, path, respelt, err)
		}
	}
}

func TestRespeltScriptRunsWithAWarning(t *testing.T) {
	s := newScripts(t)
	s.service(t, "Apache")
	g := group("aPACHE")
	must(t, s.Start(context.Background(), g))
	must(t, s.Stop(context.Background(), g))
	s.expect(t, "Apache status, Apache start, Apache stop",
		"info: Acquiring resource group: n1 aPACHE",
		"WARN: Resource script aPACHE is spelt Apache; running DIR/Apache for aPACHE",
		"info: Running DIR/Apache  start",
		"info: Releasing resource group: n1 aPACHE", "info: Running DIR/Apache  stop")
}

func TestResourceDirFromTheEnvironment(t *testing.T) {
	s := newScripts(t)
	s.service(t, "a")
	s.Dirs = []string{"/nosuch", "/nosuch2"}
	s.Env = append(s.Env, "HA_RESOURCEDIR="+s.dir)
	if errs := s.Check(group("a")); len(errs) != 0 {
		t.Error(errs)
	}
}
