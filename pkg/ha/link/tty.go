package link

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// speeds are the baud rates of ha.cf(5) baud.
var speeds = map[int]uint32{
	9600: unix.B9600, 19200: unix.B19200, 38400: unix.B38400, 57600: unix.B57600,
	115200: unix.B115200, 230400: unix.B230400, 460800: unix.B460800,
}

// tty is an open serial line.
type tty struct {
	*os.File
	lock string        // lock file, "" if there is none
	done chan struct{} // the reader has ended
}

// openTTY opens a line and takes the lock by which other programs know that it
// is in use.
func openTTY(path string, baud int) (*tty, error) {
	lock, err := lockTTY(path)
	if err != nil {
		return nil, err
	}
	file, err := openRaw(path, baud)
	if err != nil {
		unlockTTY(lock)
		return nil, err
	}
	return &tty{File: file, lock: lock, done: make(chan struct{})}, nil
}

func openRaw(path string, baud int) (*os.File, error) {
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("cannot open %s: %w", path, err)
	}
	if err := makeRaw(fd, baud); err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("cannot set tty attributes: %s: %w", path, err)
	}
	return os.NewFile(uintptr(fd), path), nil
}

// makeRaw sets eight bits without parity, no echo, no meaning of any character,
// and hardware flow control where the line has the wires for it.
func makeRaw(fd, baud int) error {
	t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return err
	}
	speed, ok := speeds[baud]
	if !ok {
		return fmt.Errorf("%d baud: %w", baud, errors.ErrUnsupported)
	}
	t.Iflag = unix.IGNBRK | unix.IGNPAR | unix.IGNCR
	t.Oflag, t.Lflag = 0, 0
	t.Cflag = unix.CS8 | unix.CREAD | unix.CLOCAL | unix.HUPCL | unix.CRTSCTS | speed
	t.Ispeed, t.Ospeed = speed, speed
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	if unix.IoctlSetTermios(fd, unix.TCSETS, t) == nil {
		return nil
	}
	t.Cflag &^= unix.CRTSCTS
	return unix.IoctlSetTermios(fd, unix.TCSETS, t)
}

// close gives the line back. Without flush the kernel waits until what was
// written is out, which on a line that is stopped takes long.
func (t *tty) close(flush bool) {
	if raw, err := t.SyscallConn(); flush && err == nil {
		_ = raw.Control(func(fd uintptr) { _ = unix.IoctlSetInt(int(fd), unix.TCFLSH, unix.TCOFLUSH) })
	}
	_ = t.File.Close()
	<-t.done
	unlockTTY(t.lock)
}

// lockDir is where programs that use serial lines leave their locks (FHS,
// /var/lock).
const lockDir = "/var/lock"

// lockTTY takes the lock of a line. It fails if a running process has it. A
// directory that cannot be written to is no reason to be without a link.
func lockTTY(path string) (string, error) {
	name := filepath.Join(lockDir, "LCK.."+filepath.Base(path))
	for range 2 {
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err == nil {
			_, err = fmt.Fprintf(f, "%10d\n", os.Getpid())
			if err = errors.Join(err, f.Close()); err != nil {
				_ = os.Remove(name)
				return "", nil
			}
			return name, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return "", nil
		}
		if pid := lockOwner(name); pid != 0 {
			return "", fmt.Errorf("cannot lock line %s: process %d has it (%s)", path, pid, name)
		}
		_ = os.Remove(name)
	}
	return "", nil
}

// lockOwner is the running process that a lock file names, 0 if there is none
// but this one.
func lockOwner(name string) int {
	text, err := os.ReadFile(name)
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || pid <= 0 || pid == os.Getpid() || errors.Is(unix.Kill(pid, 0), unix.ESRCH) {
		return 0
	}
	return pid
}

func unlockTTY(lock string) {
	if lock != "" {
		_ = os.Remove(lock)
	}
}
