package daemon

import (
	"runtime/debug"
	"syscall"
)

// rlimInfinity is the limit that is none.
const rlimInfinity = ^uint64(0)

// DumpCore has the process leave a core dump if it dies of a fault, as far as
// the machine permits.
func DumpCore() {
	limit := syscall.Rlimit{Cur: rlimInfinity, Max: rlimInfinity}
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &limit); err != nil {
		if err := syscall.Getrlimit(syscall.RLIMIT_CORE, &limit); err != nil {
			return
		}
		limit.Cur = limit.Max
		_ = syscall.Setrlimit(syscall.RLIMIT_CORE, &limit) // the best that is allowed
	}
	debug.SetTraceback("crash")
}
