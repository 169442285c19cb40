package daemon

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
)

// ErrLocked says that another process holds the lock.
var ErrLocked = errors.New("held by another process")

// Lock is a lock between processes. The kernel gives it back when its process
// ends in whatever way; children do not inherit it.
type Lock struct{ file *os.File }

// TryLock takes the lock of a file, which is made if it is missing and stays
// behind. The error is ErrLocked if another process holds it.
func TryLock(path string) (*Lock, error) {
	f, err := openLock(path)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return &Lock{file: f}, nil
	}
	_ = f.Close()
	if err == syscall.EWOULDBLOCK {
		err = ErrLocked
	}
	return nil, fmt.Errorf("lock %s: %w", path, err)
}

// WaitLock takes the lock of a file as TryLock does, and waits until it is free.
// The error is that of the context if it ends first. As nothing calls off what the
// kernel waits for, a lock that is free only then is taken for a moment and given
// back, unless the process has ended.
func WaitLock(ctx context.Context, path string) (*Lock, error) {
	f, err := openLock(path)
	if err != nil {
		return nil, err
	}
	taken := make(chan error, 1)
	go func() { taken <- waitFlock(int(f.Fd())) }()
	select {
	case err = <-taken:
		if err == nil {
			return &Lock{file: f}, nil
		}
		_ = f.Close()
	case <-ctx.Done():
		err = ctx.Err()
		go func() {
			<-taken
			_ = f.Close()
		}()
	}
	return nil, fmt.Errorf("lock %s: %w", path, err)
}

func waitFlock(fd int) error {
	for {
		err := syscall.Flock(fd, syscall.LOCK_EX)
		if err != syscall.EINTR {
			return err
		}
	}
}

func openLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	return f, nil
}

// Release gives the lock back.
func (l *Lock) Release() error { return l.file.Close() }
