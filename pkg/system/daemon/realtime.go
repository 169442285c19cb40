package daemon

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"unsafe"
)

// Constants of sched(7) and mlockall(2) that package syscall does not have.
const (
	schedRR          = 2
	schedResetOnFork = 0x40000000
	mclOnFault       = 4 // Linux 4.4
)

// ErrMemoryLock says that memory could not be locked.
var ErrMemoryLock = errors.New("cannot lock memory")

// spareThreads is how many threads of the program are made before they get
// their priority: threads that come later start without it, because the
// priority is not handed on over a clone. The Go runtime parks and reuses them.
const spareThreads = 8

// Realtime gives every thread of the process the realtime policy SCHED_RR of
// ha.cf(5) rtprio, 1 to 99, and locks its memory. Children that the process
// starts run with the normal policy and without locked memory. It may be called
// again and then reaches threads made meanwhile. Both parts are tried whatever
// happens to the other; the error joins what went wrong.
func Realtime(priority int) error {
	makeThreads(runtime.GOMAXPROCS(0) + spareThreads)
	return errors.Join(schedule(priority), lockMemory())
}

// makeThreads makes the runtime hold at least n threads.
func makeThreads(n int) {
	var all, ready sync.WaitGroup
	all.Add(n)
	ready.Add(n)
	for range n {
		go func() {
			defer all.Done()
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			ready.Done()
			ready.Wait()
		}()
	}
	all.Wait()
}

func schedule(priority int) error {
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return fmt.Errorf("set realtime priority: %w", err)
	}
	param := int32(priority)
	for _, task := range tasks {
		tid, err := strconv.Atoi(task.Name())
		if err != nil {
			continue
		}
		_, _, errno := syscall.RawSyscall(syscall.SYS_SCHED_SETSCHEDULER, uintptr(tid),
			schedRR|schedResetOnFork, uintptr(unsafe.Pointer(&param)))
		// A thread may end while we look.
		if errno != 0 && errno != syscall.ESRCH {
			return fmt.Errorf("set realtime priority %d: %w", priority, errno)
		}
	}
	return nil
}

// lockMemory locks pages as they are used; a kernel that cannot do that locks
// whatever is mapped.
func lockMemory() error {
	const all = syscall.MCL_CURRENT | syscall.MCL_FUTURE
	err := syscall.Mlockall(all | mclOnFault)
	if err == syscall.EINVAL {
		err = syscall.Mlockall(all)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrMemoryLock, err)
	}
	return nil
}
