package daemon

import (
	"context"
	"fmt"
	"syscall"
	"time"
	"unsafe"
)

const (
	sysPidfdOpen = 434 // the same on every architecture
	pollIn       = 1   // poll(2) POLLIN
	waitStep     = 20 * time.Millisecond
)

// WaitExit waits until a process, which need not be a child, has ended. The
// error is that of the context.
func WaitExit(ctx context.Context, pid int) error {
	fd, _, errno := syscall.Syscall(sysPidfdOpen, uintptr(pid), 0, 0)
	if errno == syscall.ESRCH {
		return nil
	}
	if errno == 0 {
		defer syscall.Close(int(fd))
	}
	ticker := time.NewTicker(waitStep)
	defer ticker.Stop()
	for {
		if errno == 0 {
			// The wait is cut into steps to see the end of the context.
			if ended, err := pollFor(int32(fd), waitStep); err != nil || ended {
				return err
			}
		} else if !Exists(pid) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for process %d: %w", pid, ctx.Err())
		case <-ticker.C:
		default:
			if errno != 0 {
				<-ticker.C
			}
		}
	}
}

// pollFor waits for a descriptor to become readable.
func pollFor(fd int32, limit time.Duration) (bool, error) {
	set := struct {
		fd              int32
		events, revents int16
	}{fd: fd, events: pollIn}
	wait := syscall.NsecToTimespec(limit.Nanoseconds())
	n, _, errno := syscall.Syscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(&set)), 1, uintptr(unsafe.Pointer(&wait)), 0, 0, 0)
	if errno != 0 && errno != syscall.EINTR {
		return false, fmt.Errorf("poll: %w", errno)
	}
	return n == 1 && errno == 0, nil
}
