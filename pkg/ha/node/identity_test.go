package node

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"lvsha/pkg/ha/config"
	"lvsha/pkg/system/logging"
)

// lines is a sink that keeps what it gets.
type lines []string

func (l *lines) Log(level logging.Level, text string) {
	*l = append(*l, level.String()+": "+text)
}

func identity(t *testing.T) (Options, *lines) {
	t.Helper()
	log := new(lines)
	return Options{StateDir: t.TempDir(), Log: log, Config: &config.Config{}}, log
}

func TestGeneration(t *testing.T) {
	now := uint64(time.Now().Unix())
	for _, c := range []struct {
		name, before string
		want         uint64 // 0: the clock
		log          string
	}{
		{"none yet", "", 0, "info: No Previous generation - starting at "},
		{"empty", "\n", 0, "info: No Previous generation - starting at "},
		{"as the original writes it", "     1700000000\n", 0, ""},
		{"with the NULs of the original", "     1700000000\n\x00\x00", 0, ""},
		{"ahead of the clock", "     9900000000\n", 9900000001, ""},
		{"broken", "seventeen\n", 0, "WARN: BROKEN previous generation - starting at "},
		{"cut short by a crash", "\x00\x00\x00\x00", 0, "info: No Previous generation - starting at "},
		{"negative", "-4\n", 0, "WARN: BROKEN previous generation - starting at "},
	} {
		t.Run(c.name, func(t *testing.T) {
			o, log := identity(t)
			path := filepath.Join(o.StateDir, "hb_generation")
			if c.before != "" {
				if err := os.WriteFile(path, []byte(c.before), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			got, err := nextGeneration(o)
			if err != nil {
				t.Fatal(err)
			}
			if c.want != 0 && got != c.want || c.want == 0 && (got <= now || got > now+1000) {
				t.Errorf("generation %d, want %d", got, c.want)
			}
			if text := strings.Join(*log, "\n"); !strings.HasPrefix(text, c.log) || c.log == "" && text != "" {
				t.Errorf("log %q, want %q", text, c.log)
			}
			kept, err := os.ReadFile(path)
			if want := fmt.Sprintf("%15d\n", got); err != nil || string(kept) != want {
				t.Errorf("kept %q, want %q: %v", kept, want, err)
			}
			if info, err := os.Stat(path); err != nil || info.Mode() != 0o644 {
				t.Errorf("mode %v, %v", info.Mode(), err)
			}
			if again, err := nextGeneration(o); err != nil || again != got+1 {
				t.Errorf("the next is %d after %d: %v", again, got, err)
			}
			if left, _ := filepath.Glob(path + ".*"); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// TestBugUnwrittenGenerationIsFollowedByALowerOne: a life that began with a full
// or read-only disk must not make the next one look like a replay.
func TestBugUnwrittenGenerationIsFollowedByALowerOne(t *testing.T) {
	o, _ := identity(t)
	path := filepath.Join(o.StateDir, "hb_generation")
	if err := os.WriteFile(path, []byte("     1700000000\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	before, err := nextGeneration(Options{StateDir: filepath.Join(t.TempDir(), "none"), Log: o.Log, Config: o.Config})
	if err != nil {
		t.Fatal(err)
	}
	after, err := nextGeneration(o)
	if err != nil || after < before {
		t.Errorf("generation %d after %d, %v", after, before, err)
	}
}

// TestBugTwoUnwrittenGenerationsOfOneSecond: lives that begin within a second on a
// disk that cannot be written must not have one number: peers take the second for
// a replay of the first.
func TestBugTwoUnwrittenGenerationsOfOneSecond(t *testing.T) {
	o, log := identity(t)
	o.RunDir = t.TempDir()
	broken := o
	broken.StateDir = "/proc/self" // nobody makes a file there
	last := uint64(0)
	for life := range 5 {
		gen, err := nextGeneration(broken)
		if err != nil || gen <= last {
			t.Errorf("life %d has generation %d after %d, %v", life, gen, last, err)
		}
		last = gen
	}
	if !strings.Contains(strings.Join(*log, "\n"), "generation cannot be kept") {
		t.Errorf("log %q", *log)
	}
	// The disk is well again.
	if gen, err := nextGeneration(o); err != nil || gen <= last {
		t.Errorf("on a good disk generation %d after %d, %v", gen, last, err)
	}
}

// TestForeignGenerationDoesNotCount: what somebody else has put into the run
// directory is no number of ours.
func TestForeignGenerationDoesNotCount(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can give a file away")
	}
	o, _ := identity(t)
	o.RunDir = t.TempDir()
	path := filepath.Join(o.RunDir, "hb_generation")
	if err := os.WriteFile(path, []byte("9900000000\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(path, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	if gen, err := nextGeneration(o); err != nil || gen > 9900000000 {
		t.Errorf("%d, %v", gen, err)
	}
	// A pipe must not hold the start up, nor a link lead elsewhere.
	for _, put := range []func() error{
		func() error { return syscall.Mkfifo(path, 0o644) },
		func() error { return os.Symlink(writeNumber(t, "9900000000"), path) },
	} {
		if err := errors.Join(os.Remove(path), put()); err != nil {
			t.Fatal(err)
		}
		if gen, err := nextGeneration(o); err != nil || gen > 9900000000 {
			t.Errorf("%d, %v", gen, err)
		}
	}
}

func writeNumber(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "number")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestGenerationFromTheClock follows ha.cf(5) hbgenmethod time: no file.
func TestGenerationFromTheClock(t *testing.T) {
	o, _ := identity(t)
	o.Config.HA.GenMethodTime = true
	before := uint64(time.Now().Unix())
	got, err := nextGeneration(o)
	if err != nil || got < before {
		t.Errorf("%d, %v", got, err)
	}
	if _, err := os.Stat(filepath.Join(o.StateDir, "hb_generation")); err == nil {
		t.Error("a file was written")
	}
}

func TestUUID(t *testing.T) {
	o, _ := identity(t)
	path := filepath.Join(o.StateDir, "hb_uuid")
	first, fresh, err := nodeUUID(o)
	if err != nil || !fresh {
		t.Fatalf("fresh %v, %v", fresh, err)
	}
	if first[6]>>4 != 4 || first[8]>>6 != 2 {
		t.Errorf("% x is not of version 4", first)
	}
	again, fresh, err := nodeUUID(o)
	if err != nil || fresh || again != first {
		t.Errorf("% x after % x, fresh %v, %v", again, first, fresh, err)
	}
	// One that a crash has cut is replaced.
	if err := os.WriteFile(path, first[:7], 0o644); err != nil {
		t.Fatal(err)
	}
	third, fresh, err := nodeUUID(o)
	if err != nil || !fresh || third == first {
		t.Errorf("% x, fresh %v, %v", third, fresh, err)
	}
	if kept, err := os.ReadFile(path); err != nil || !bytes.Equal(kept, third[:]) {
		t.Errorf("kept % x, %v", kept, err)
	}
}

func TestRepeatsAreCounted(t *testing.T) {
	log := new(lines)
	r := newRepeats(log)
	for i := range 5 {
		r.log("auth eth0", logging.Warn, fmt.Sprintf("forged %d", i))
	}
	r.log("auth eth1", logging.Warn, "another link")
	r.log("", logging.Info, "free")
	r.log("", logging.Info, "free")
	r.flush()
	r.log("auth eth0", logging.Warn, "forged again")
	r.flush()
	want := []string{"WARN: forged 0", "WARN: another link", "info: free", "info: free", "WARN: forged 4 (the last of 4 more)", "WARN: forged again"}
	if got := strings.Join(*log, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}
