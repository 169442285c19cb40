package daemon

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// deleted is what the kernel appends to the path of a program whose file was
// replaced, as a package upgrade does.
const deleted = " (deleted)"

// SameProgram reports whether a process runs the program that asks: the same
// file, or one of the same name, so that the new version of a package knows the
// running old one and the original. A recycled pid of another program is not
// taken for the daemon.
func SameProgram(pid int) bool {
	self, err := os.Executable()
	if err != nil {
		return true
	}
	return sameProgram("/proc", pid, self)
}

func sameProgram(proc string, pid int, self string) bool {
	name := filepath.Base(strings.TrimSuffix(self, deleted))
	dir := filepath.Join(proc, strconv.Itoa(pid))
	exe := filepath.Join(dir, "exe")
	target, err := os.Readlink(exe)
	if err != nil {
		return sameCommand(dir, name)
	}
	if filepath.Base(strings.TrimSuffix(target, deleted)) == name {
		return true
	}
	a, errA := os.Stat(exe)
	b, errB := os.Stat(self)
	return errA == nil && errB == nil && os.SameFile(a, b)
}

// sameCommand compares the short name of the process, which anyone may read. If
// there is no /proc to ask, the existence of the process must do.
func sameCommand(dir, name string) bool {
	b, err := os.ReadFile(filepath.Join(dir, "comm"))
	if err != nil {
		return os.IsNotExist(err) && !hasProc(filepath.Dir(dir))
	}
	const commLen = 15 // TASK_COMM_LEN without its NUL
	if len(name) > commLen {
		name = name[:commLen]
	}
	return strings.TrimSuffix(string(b), "\n") == name
}

func hasProc(proc string) bool {
	_, err := os.Stat(filepath.Join(proc, "self"))
	return err == nil
}

// LdirectordOf returns a test for Find: whether a process is an ldirectord, ours
// or the original in Perl, of that instance.
func LdirectordOf(instance string) func(pid int) bool {
	return func(pid int) bool {
		b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline"))
		if err != nil {
			return false
		}
		args := strings.Split(strings.TrimSuffix(string(b), "\x00"), "\x00")
		got, ok := ldirectordInstance(args)
		return ok && got == instance
	}
}

// ldirectordInstance returns the instance that a command line of ldirectord
// serves: "ldirectord" if it names no configuration, else the last component of
// the configuration's path. It reports false for any other program.
func ldirectordInstance(args []string) (string, bool) {
	args, ok := afterProgram(args)
	if !ok {
		return "", false
	}
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		end := args[0] == "--"
		args = args[1:]
		if end {
			break
		}
	}
	switch len(args) {
	case 0:
		return "", false
	case 1:
		return "ldirectord", true
	}
	return filepath.Base(args[0]), true
}

// afterProgram returns the arguments behind the program ldirectord, which may
// itself be an argument of perl and its options.
func afterProgram(args []string) ([]string, bool) {
	for i, a := range args {
		base := filepath.Base(a)
		switch {
		case base == "ldirectord":
			return args[i+1:], true
		case i == 0 && strings.HasPrefix(base, "perl"):
		case i > 0 && strings.HasPrefix(a, "-"):
		default:
			return nil, false
		}
	}
	return nil, false
}

// ending reports whether a process has been killed or is on its way out, which takes a
// moment: longer if the machine is busy or the process has much memory.
func ending(proc string, pid int) bool {
	dir := filepath.Join(proc, strconv.Itoa(pid))
	stat, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		return os.IsNotExist(err) && hasProc(proc)
	}
	// proc(5): the name, which may have anything in it, ends at the last bracket. The
	// state follows, and the flags as the seventh field of the rest.
	const flags, exiting = 6, 0x4 // PF_EXITING
	rest := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(rest) > flags {
		bits, _ := strconv.ParseUint(rest[flags], 10, 64)
		if rest[0] == "Z" || rest[0] == "X" || bits&exiting != 0 {
			return true
		}
	}
	status, _ := os.ReadFile(filepath.Join(dir, "status"))
	for _, line := range strings.Split(string(status), "\n") {
		name, value, _ := strings.Cut(line, ":")
		if name != "SigPnd" && name != "ShdPnd" {
			continue
		}
		pending, _ := strconv.ParseUint(strings.TrimSpace(value), 16, 64)
		if pending&(1<<(syscall.SIGKILL-1)) != 0 {
			return true
		}
	}
	return false
}
