package daemon

import (
	"errors"
	"fmt"
	"math"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// ErrWatchdogTimeout says that a device does not take the time limit that it was
// told; its own is in force.
var ErrWatchdogTimeout = errors.New("set watchdog timeout")

// Watchdog is a device of the kernel that restarts the machine if it is not fed
// in time (ha.cf(5) watchdog; watchdog-api in the kernel's documentation).
type Watchdog struct {
	file  *os.File
	Limit time.Duration // in whole seconds
}

// OpenWatchdog arms a device: from now on it must be fed at least once within
// limit, which is rounded up to seconds. An error that is ErrWatchdogTimeout
// comes with a device that is armed.
func OpenWatchdog(path string, limit time.Duration) (*Watchdog, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	seconds := int(math.Ceil(limit.Seconds()))
	w := &Watchdog{file: file, Limit: time.Duration(seconds) * time.Second}
	conn, err := file.SyscallConn()
	if err == nil {
		var failed error
		err = conn.Control(func(fd uintptr) { failed = unix.IoctlSetPointerInt(int(fd), unix.WDIOC_SETTIMEOUT, seconds) })
		err = errors.Join(err, failed)
	}
	if err != nil {
		return w, fmt.Errorf("%w of %s: %w", ErrWatchdogTimeout, path, err)
	}
	return w, nil
}

// Feed tells the device that all is well.
func (w *Watchdog) Feed() error {
	_, err := w.file.Write([]byte{0})
	return err
}

// Close disarms the device: what follows may take its time.
func (w *Watchdog) Close() error {
	_, err := w.file.WriteString("V")
	return errors.Join(err, w.file.Close())
}
