package pair

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// follower tells of the new lines of a log file, by inotify.
type follower struct {
	inotify *os.File
	ended   chan struct{}
}

// followLog follows the file name in dir, which need not be there yet.
func followLog(dir, name string, line func(string)) (*follower, error) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, err
	}
	f := &follower{inotify: os.NewFile(uintptr(fd), "inotify"), ended: make(chan struct{})}
	if _, err := unix.InotifyAddWatch(fd, dir, unix.IN_MODIFY|unix.IN_CREATE|unix.IN_MOVED_TO); err != nil {
		_ = f.inotify.Close()
		return nil, err
	}
	go f.run(filepath.Join(dir, name), line)
	return f, nil
}

func (f *follower) run(path string, line func(string)) {
	defer close(f.ended)
	var log *os.File
	defer func() {
		if log != nil {
			_ = log.Close()
		}
	}()
	var rest []byte
	buf := make([]byte, 4096)
	for {
		if log == nil {
			log, _ = os.Open(path)
		}
		if log != nil {
			news, _ := io.ReadAll(log)
			rest = append(rest, news...)
			for {
				i := bytes.IndexByte(rest, '\n')
				if i < 0 {
					break
				}
				line(string(rest[:i]))
				rest = rest[i+1:]
			}
		}
		_, err := f.inotify.Read(buf)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return
		}
	}
}

func (f *follower) close() {
	// A read that waits ends with the deadline; Close alone would do on a
	// pollable file, this makes sure.
	_ = f.inotify.SetReadDeadline(time.Now())
	<-f.ended
	_ = f.inotify.Close()
}
