// Package pace keeps tests from starving each other. Most of what the tests run
// waits for timers, so that many of them can run side by side; but where a process
// costs ten times as much as elsewhere, the originals' shell scripts then take so
// long that timers mean nothing any more. So what runs whole pairs begins one after
// the other, and only while the machine has processors to spare.
package pace

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// sample is for how long the machine is watched. Short bursts must not count.
	sample = time.Second
	// spare is the share of the time in which nothing may have waited for a processor.
	spare = 0.5
	// limit is how long to wait at the most: what else keeps the machine busy may not
	// end.
	limit = 5 * time.Minute
)

// pressureFile says for how long tasks waited for a processor, since Linux 4.20.
const pressureFile = "/proc/pressure/cpu"

// lockName is of the file, in the directory for temporary ones, that all tests of
// this machine share.
const lockName = "lvsha-tests.pace"

// Begin waits until the machine has processors to spare. Nobody else begins before
// done is called, which is when what is begun shows in the load. Where the kernel
// does not tell, or nothing becomes better for long, it waits for the others alone.
func Begin() (done func()) { return begin(pressureFile, limit) }

func begin(path string, limit time.Duration) (done func()) {
	file, err := os.OpenFile(filepath.Join(os.TempDir(), lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return func() {}
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX); err != nil {
		_ = file.Close()
		return func() {}
	}
	for begun := time.Now(); time.Since(begun) < limit; {
		if waited, ok := pressure(path); !ok || waited < 1-spare {
			break
		}
	}
	return func() { _ = file.Close() }
}

// pressure watches for a while, and says in which share of it something waited for
// a processor.
func pressure(path string) (share float64, ok bool) {
	before, at, err := stalled(path)
	if err != nil {
		return 0, false
	}
	time.Sleep(sample)
	after, now, err := stalled(path)
	if err != nil {
		return 0, false
	}
	return float64(after-before) / float64(now.Sub(at)), true
}

// stalled reads for how long something has waited since the machine was started.
func stalled(path string) (total time.Duration, at time.Time, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, at, err
	}
	at = time.Now()
	line, _, _ := strings.Cut(string(text), "\n")
	_, figure, found := strings.Cut(line, "total=")
	var microseconds int64
	if _, err := fmt.Sscan(figure, &microseconds); err != nil || !found || !strings.HasPrefix(line, "some ") {
		return 0, at, fmt.Errorf("%s: no total in %q", path, line)
	}
	return time.Duration(microseconds) * time.Microsecond, at, nil
}
