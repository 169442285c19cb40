package director

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// quietTime is how long a file must be left alone before it is read: an editor
// writes in several steps.
const quietTime = 200 * time.Millisecond

// watch announces that something has happened to the configuration file. It
// watches the directory, because editors replace the file. Without inotify the
// file is looked at in every check interval.
func (d *Director) watch(ctx context.Context) <-chan struct{} {
	changed := make(chan struct{}, 1)
	fd, err := syscall.InotifyInit1(syscall.IN_CLOEXEC | syscall.IN_NONBLOCK)
	if err == nil {
		const mask = syscall.IN_CLOSE_WRITE | syscall.IN_MOVED_TO | syscall.IN_MOVED_FROM | syscall.IN_DELETE | syscall.IN_CREATE | syscall.IN_MODIFY
		if _, err = syscall.InotifyAddWatch(fd, filepath.Dir(d.o.Path), mask); err != nil {
			_ = syscall.Close(fd)
		}
	}
	if err != nil {
		d.logf(warning, "watch %s: %v; it is looked at every %v", d.o.Path, err, d.config.Global.CheckInterval)
		d.workers.Add(1)
		go func() {
			defer d.workers.Done()
			poll(ctx, d.config.Global.CheckInterval, changed)
		}()
		return changed
	}
	file := os.NewFile(uintptr(fd), "inotify")
	events := make(chan struct{}, 1)
	d.workers.Add(2)
	go func() {
		defer d.workers.Done()
		buffer := make([]byte, 16<<10)
		for {
			if _, err := file.Read(buffer); err != nil {
				return
			}
			notify(events)
		}
	}()
	go func() {
		defer d.workers.Done()
		settle(ctx, events, changed)
		_ = file.Close()
	}()
	return changed
}

// notify leaves a note unless one is there.
func notify(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// settle passes a note on when no other has come for the quiet time.
func settle(ctx context.Context, events <-chan struct{}, changed chan<- struct{}) {
	quiet := time.NewTimer(quietTime)
	quiet.Stop()
	defer quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-events:
			quiet.Reset(quietTime)
		case <-quiet.C:
			notify(changed)
		}
	}
}

func poll(ctx context.Context, interval time.Duration, changed chan<- struct{}) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			notify(changed)
		}
	}
}
