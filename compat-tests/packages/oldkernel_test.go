package packages_test

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// firstYounger is the first system call of x86_64 that came after kernel 2.6.32:
// recvmmsg. They are numbered in the order in which they came.
const firstYounger = unix.SYS_RECVMMSG

// younger answers ENOSYS to every system call that kernel 2.6.32 does not have.
var younger = []unix.SockFilter{
	{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}, // the number
	{Code: unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K, K: firstYounger, Jf: 1},
	{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)},
	{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
}

// old becomes a program that runs as on an old kernel, with everything that it
// starts: the name of the kernel begins with 2.6, and younger calls are unknown.
func old(argv []string) error {
	runtime.LockOSThread()
	const uname26 = 0x0020000
	if _, _, errno := unix.RawSyscall(unix.SYS_PERSONALITY, uname26, 0, 0); errno != 0 {
		return fmt.Errorf("personality: %w", errno)
	}
	program := unix.SockFprog{Len: uint16(len(younger)), Filter: &younger[0]}
	if err := unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&program)), 0, 0); err != nil {
		return fmt.Errorf("seccomp: %w", err)
	}
	if _, err := unix.Getrandom(make([]byte, 1), 0); !errors.Is(err, unix.ENOSYS) {
		return fmt.Errorf("getrandom under the filter: %w", err)
	}
	return syscall.Exec(argv[0], argv, os.Environ())
}
