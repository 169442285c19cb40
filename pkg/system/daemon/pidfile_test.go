package daemon

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWritePID(t *testing.T) {
	tests := []struct {
		name string
		form Form
		pid  int
		want string
	}{
		{"heartbeat", Padded, 4242, "      4242\n"},
		{"heartbeat, longest", Padded, 4194304, "   4194304\n"},
		{"ldirectord", Plain, 4242, "4242\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "x.pid")
			if err := os.WriteFile(path, []byte("1234567890123 old\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := WritePID(path, tt.form, tt.pid); err != nil {
				t.Fatal(err)
			}
			b, err := os.ReadFile(path)
			if err != nil || string(b) != tt.want {
				t.Errorf("got %q, %v, want %q", b, err, tt.want)
			}
			if info, _ := os.Stat(path); info.Mode() != 0o644 {
				t.Errorf("mode %v", info.Mode())
			}
			if entries, _ := os.ReadDir(dir); len(entries) != 1 {
				t.Errorf("left behind: %v", entries)
			}
			if pid, err := ReadPID(path); pid != tt.pid || err != nil {
				t.Errorf("read back %d, %v", pid, err)
			}
			if err := RemovePID(path, tt.pid+1); err != nil {
				t.Error(err)
			}
			if _, err := os.Stat(path); err != nil {
				t.Error("the file of another process was removed")
			}
			if err := RemovePID(path, tt.pid); err != nil {
				t.Error(err)
			}
			if _, err := os.Stat(path); err == nil {
				t.Error("the file is still there")
			}
		})
	}
}

func TestFind(t *testing.T) {
	const gone = 1 << 30 // beyond any pid_max
	yes := func(int) bool { return true }
	no := func(int) bool { return false }
	tests := []struct {
		name    string
		content string
		same    func(int) bool
		pid     int
		state   State
	}{
		{"empty", "", yes, 0, Stopped},
		{"garbage", "abc\n", yes, 0, Stopped},
		{"zero", "0\n", yes, 0, Stopped},
		{"negative", "-1\n", yes, 0, Stopped},
		{"dead", "1073741824\n", yes, gone, Stale},
		{"recycled", "1\n", no, 1, Stale},
		{"running", "         1\n", yes, 1, Running},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "pid")
			if err := os.WriteFile(path, []byte(tt.content), 0o644); err != nil {
				t.Fatal(err)
			}
			if pid, state := Find(path, tt.same); pid != tt.pid || state != tt.state {
				t.Errorf("got %d %v, want %d %v", pid, state, tt.pid, tt.state)
			}
		})
	}
	if pid, state := Find(filepath.Join(t.TempDir(), "none"), yes); pid != 0 || state != Stopped {
		t.Errorf("missing file: %d %v", pid, state)
	}
}

func TestSameProgram(t *testing.T) {
	if !SameProgram(os.Getpid()) {
		t.Error("this process is not the same program as itself")
	}
	// A made /proc shows what a real one shows after an upgrade.
	proc := t.TempDir()
	task := func(pid, exe, comm string) {
		dir := filepath.Join(proc, pid)
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if exe != "" {
			if err := os.Symlink(exe, filepath.Join(dir, "exe")); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, "comm"), []byte(comm+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("1", filepath.Join(proc, "self")); err != nil {
		t.Fatal(err)
	}
	task("1", "/usr/lib/heartbeat/heartbeat", "heartbeat")
	task("2", "/usr/libexec/heartbeat/heartbeat (deleted)", "heartbeat")
	task("3", "/usr/bin/vim", "heartbeat")
	task("4", "", "heartbeat")
	task("5", "", "sshd")
	want := map[int]bool{1: true, 2: true, 3: false, 4: true, 5: false, 6: false}
	for pid, is := range want {
		if got := sameProgram(proc, pid, "/usr/libexec/heartbeat/heartbeat"); got != is {
			t.Errorf("pid %d: %v, want %v", pid, got, is)
		}
	}
}

func TestEnding(t *testing.T) {
	if ending("/proc", os.Getpid()) {
		t.Error("this process is taken for ending")
	}
	const (
		runs  = "Name:\theartbeat\nSigPnd:\t0000000000000000\nShdPnd:\t0000000000000000\n"
		other = "Name:\theartbeat\nSigPnd:\t0000000000004000\nShdPnd:\t0000000000004000\n"
	)
	for _, c := range []struct {
		name, stat, status string
		want               bool
	}{
		{"runs", "7 (heartbeat) S 1 7 7 0 -1 4194560 2004 0", runs, false},
		{"is told to stop", "7 (heartbeat) S 1 7 7 0 -1 4194560 2004 0", other, false},
		{"a name like a state", "7 (a) Z 1 7 7 0 -1 4) S 1 7 7 0 -1 4194560 2004 0", runs, false},
		{"killed, one thread", "7 (heartbeat) S 1 7 7 0 -1 4194560 2004 0", strings.Replace(runs, "SigPnd:\t0000000000000000", "SigPnd:\t0000000000000100", 1), true},
		{"killed, all threads", "7 (heartbeat) S 1 7 7 0 -1 4194560 2004 0", strings.Replace(runs, "ShdPnd:\t0000000000000000", "ShdPnd:\t0000000000004100", 1), true},
		{"exits", "7 (heartbeat) D 1 7 7 0 -1 4194564 2004 0", runs, true},
		{"zombie", "7 (heartbeat) Z 1 7 7 0 -1 4194560 2004 0", runs, true},
		{"is gone", "", "", true},
	} {
		proc := t.TempDir()
		if err := os.MkdirAll(filepath.Join(proc, "7"), 0o755); err != nil {
			t.Fatal(err)
		}
		for name, text := range map[string]string{"self": "7", "7/stat": c.stat, "7/status": c.status} {
			if text == "" {
				continue
			}
			if err := os.WriteFile(filepath.Join(proc, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got := ending(proc, 7); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestLdirectordInstance(t *testing.T) {
	tests := []struct {
		name string
		args []string
		want string // "" means it is none
	}{
		{"ours", []string{"ldirectord", "ldirectord.cf", "start"}, "ldirectord.cf"},
		{"by path", []string{"/etc/ha.d/resource.d/ldirectord", "/etc/ha.d/conf/web.cf", "start"}, "web.cf"},
		{"no config", []string{"/usr/sbin/ldirectord", "start"}, "ldirectord"},
		{"options", []string{"/usr/sbin/ldirectord", "-d", "--", "a.cf", "restart"}, "a.cf"},
		{"original", []string{"/usr/bin/perl", "-w", "/usr/sbin/ldirectord", "ldirectord.cf", "start"}, "ldirectord.cf"},
		{"original, kernel's form", []string{"/usr/bin/perl5.32", "/usr/sbin/ldirectord", "start"}, "ldirectord"},
		{"an editor", []string{"vi", "/etc/ha.d/ldirectord.cf"}, ""},
		{"a pager", []string{"less", "ldirectord", "x", "y"}, ""},
		{"child", []string{"ldirectord"}, ""},
		{"zombie", []string{""}, ""},
		{"empty", nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := ldirectordInstance(tt.args)
			if got != tt.want || ok != (tt.want != "") {
				t.Errorf("got %q %v, want %q", got, ok, tt.want)
			}
		})
	}
}

func FuzzReadPID(f *testing.F) {
	f.Add("      4242\n")
	f.Add("")
	f.Add("99999999999999999999\n")
	f.Fuzz(func(t *testing.T, content string) {
		path := filepath.Join(t.TempDir(), "pid")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Skip()
		}
		if pid, err := ReadPID(path); err == nil && pid <= 0 {
			t.Errorf("pid %d from %q", pid, content)
		}
	})
}
