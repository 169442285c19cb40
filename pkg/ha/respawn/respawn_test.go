package respawn

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"lvsha/pkg/system/logging"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// journal keeps the lines and wakes those who wait for one.
type journal struct {
	mu    sync.Mutex
	lines []string
	more  chan struct{}
}

func (j *journal) Log(level logging.Level, text string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, level.String()+": "+text)
	if j.more != nil {
		close(j.more)
		j.more = nil
	}
}

func (j *journal) text() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Join(j.lines, "\n")
}

// wait waits for the nth line with a text.
func (j *journal) wait(t *testing.T, n int, text string) {
	t.Helper()
	limit := time.After(30 * time.Second)
	for {
		j.mu.Lock()
		count := strings.Count(strings.Join(j.lines, "\n"), text)
		if j.more == nil {
			j.more = make(chan struct{})
		}
		more := j.more
		j.mu.Unlock()
		if count >= n {
			return
		}
		select {
		case <-more:
		case <-limit:
			t.Fatalf("waited for %q in:\n%s", text, j.text())
		}
	}
}

func me(t *testing.T) string {
	t.Helper()
	u, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	if u.Uid != "0" {
		t.Skip("only root may set the groups of a child")
	}
	return u.Username
}

// script writes a program that appends to the file "out" beside it.
func script(t *testing.T, text string) (command string, out func() string) {
	t.Helper()
	dir := t.TempDir()
	command = filepath.Join(dir, "client")
	if err := os.WriteFile(command, []byte("#!/bin/sh\ncd "+dir+"\n"+text), 0o755); err != nil {
		t.Fatal(err)
	}
	return command, func() string {
		text, _ := os.ReadFile(filepath.Join(dir, "out"))
		return string(text)
	}
}

func TestPace(t *testing.T) {
	var p pace
	for i := range maxShort {
		if wait, again := p.ended(time.Second); wait != breath || !again {
			t.Fatalf("short life %d: %v, %v", i+1, wait, again)
		}
	}
	if wait, again := p.ended(short); wait != 0 || !again {
		t.Errorf("a long life: %v, %v", wait, again)
	}
	for range maxShort {
		if _, again := p.ended(0); !again {
			t.Fatal("a long life is not remembered")
		}
	}
	if _, again := p.ended(short - 1); again {
		t.Error("started again after one short life too many")
	}
}

func TestExitCodes(t *testing.T) {
	name := me(t)
	for _, c := range []struct {
		name, text string
		failfast   bool
		line       string
		again      bool
		failed     bool
	}{
		{name: "well", text: "exit 0", line: "exited with return code 0.", again: true},
		{name: "badly", text: "exit 3", line: "exited with return code 3.", again: true},
		{name: "signal", text: "kill -9 $$", line: "killed by signal 9 [SIGKILL - killed].", again: true},
		{name: "stay down", text: "exit 100", line: "exited with return code 100."},
		{name: "failfast well", text: "exit 0", failfast: true, line: "exited with return code 0.", again: true},
		{name: "failfast stay down", text: "exit 100", failfast: true, line: "exited with return code 100."},
		{name: "failfast badly", text: "exit 1", failfast: true, line: "exited with return code 1.", failed: true},
		{name: "failfast signal", text: "kill -15 $$", failfast: true, line: "killed by signal 15 [SIGTERM - terminated].", failed: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := new(journal)
			command, _ := script(t, c.text)
			s := Start(Options{Clients: []Client{{User: name, Command: command, Failfast: c.failfast}}, Log: j})
			j.wait(t, 1, c.line)
			if c.again {
				j.wait(t, 1, "Respawning client")
			}
			if c.failed {
				if got := <-s.Failed(); got != command {
					t.Errorf("failed: %s", got)
				}
			}
			s.Stop()
			if !c.again && strings.Contains(j.text(), "Respawning") {
				t.Errorf("started again:\n%s", j.text())
			}
			if !c.failed && len(s.failed) > 0 {
				t.Error("taken for a failure")
			}
		})
	}
}

func TestEnvironmentAndGroups(t *testing.T) {
	me(t)
	u, err := user.Lookup("daemon")
	if err != nil {
		t.Skip(err)
	}
	j := new(journal)
	out := filepath.Join(t.TempDir(), "out")
	if err := os.WriteFile(out, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(out, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Dir(out), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Dir(filepath.Dir(out)), 0o755); err != nil {
		t.Fatal(err)
	}
	line := fmt.Sprintf(`sh -c 'echo $HA_keepalive $(id -u) $(id -g) $(id -G) $0 >%s; exit 100' 'one word'`, out)
	s := Start(Options{Clients: []Client{{User: "daemon", Command: line}}, Env: []string{"HA_keepalive=2", "PATH=/usr/bin:/bin"}, Log: j})
	j.wait(t, 1, "code 100.")
	s.Stop()
	got, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	groups, err := u.GroupIds()
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("2 %s %s %s one word\n", u.Uid, u.Gid, strings.Join(groups, " ")); string(got) != want {
		t.Errorf("the client said %q, want %q", got, want)
	}
}

func TestStopInReverse(t *testing.T) {
	name := me(t)
	j := new(journal)
	a, _ := script(t, "echo >up; exec sleep 1000")
	b, _ := script(t, "exec sleep 1000")
	stubborn, _ := script(t, "trap '' TERM\necho >out\nwhile :; do sleep 1000; done")
	s := Start(Options{Clients: []Client{{User: name, Command: a}, {User: name, Command: b}, {User: name, Command: stubborn}},
		Log: j, KillAfter: 300 * time.Millisecond})
	s.Stop()
	s.Stop()
	text := j.text()
	at := -1
	for _, c := range []string{stubborn, b, a} {
		i := strings.Index(text, "killing "+c+" process group")
		if i < 0 || i < at {
			t.Errorf("%s is not stopped in its turn:\n%s", c, text)
		}
		at = i
	}
	if strings.Contains(text, "Respawning") {
		t.Errorf("started again:\n%s", text)
	}
}

func TestUnknownUser(t *testing.T) {
	j := new(journal)
	s := Start(Options{Clients: []Client{{User: "no-such-user", Command: "/bin/true"}}, Log: j})
	j.wait(t, 1, "no-such-user")
	s.Stop()
}
