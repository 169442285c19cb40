// Package uml boots User-mode Linux on the files of the host and runs a script
// in it, so that tests and the demonstration have a kernel with IPVS on any
// machine. Nothing that the script does reaches the files of the host, except
// below the shared directory.
package uml

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// SharePath is where the guest sees Machine.Share.
const SharePath = "/run/share"

// ErrNoStatus says that the guest ended without the script having ended: the
// kernel panicked, was killed or ran out of memory.
var ErrNoStatus = errors.New("the guest ended before its script")

// Machine describes one boot. The guest's root is an overlay of the host's
// root: programs and libraries of the host run in it, what they write is gone
// at the end. /run and /tmp are empty.
type Machine struct {
	// Script is run by /bin/sh as root when the machine stands.
	Script string
	// Share is a directory of the host that the guest sees, readable and
	// writable, at SharePath. Empty: none.
	Share string
	// MemoryMB is the guest's memory in MiB. Zero means 512.
	MemoryMB int
	// Modules are loaded before the script runs. Nil means ip_vs and every
	// scheduler.
	Modules []string
	// Console receives what the script prints, while it prints it. Nil drops it.
	Console io.Writer

	// wholeState has the registers completed that the kernel does not know
	// also where the processor has no others, so that a test shows it.
	wholeState bool
}

// DefaultModules are loaded when Machine.Modules is nil.
var DefaultModules = []string{
	"ip_vs", "ip_vs_rr", "ip_vs_wrr", "ip_vs_lc", "ip_vs_wlc", "ip_vs_lblc", "ip_vs_lblcr", "ip_vs_dh",
	"ip_vs_sh", "ip_vs_sed", "ip_vs_nq", "ip_vs_fo", "ip_vs_ovf", "ip_vs_mh", "veth", "bridge",
}

// Missing says what the host lacks to boot a machine, and nil if nothing.
func Missing() error {
	var lacks []string
	if _, err := exec.LookPath(kernelName()); err != nil {
		lacks = append(lacks, kernelName()+" (Debian: user-mode-linux)")
	}
	if _, err := os.Stat(moduleRoot()); err != nil {
		lacks = append(lacks, moduleRoot()+" (Debian: user-mode-linux)")
	}
	if _, err := lookSystemPath("modprobe"); err != nil {
		lacks = append(lacks, "modprobe (Debian: kmod)")
	}
	if _, err := exec.LookPath(compiler); err != nil && hostNeedsWholeState() {
		lacks = append(lacks, compiler+", as the processor has AMX (Debian: gcc, libc6-dev)")
	}
	if len(lacks) > 0 {
		return fmt.Errorf("boot User-mode Linux: missing %s", strings.Join(lacks, ", "))
	}
	return nil
}

// lookSystemPath finds a program also where an ordinary user's PATH does not
// look.
func lookSystemPath(name string) (string, error) {
	for _, dir := range []string{"/usr/sbin", "/sbin", "/usr/bin", "/bin"} {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && info.Mode()&0o111 != 0 {
			return path, nil
		}
	}
	return "", exec.ErrNotFound
}

// Run boots the machine, runs the script and powers off. It returns the exit
// status of the script. When ctx ends, the guest is killed with everything in
// it.
func (m Machine) Run(ctx context.Context) (int, error) {
	if err := Missing(); err != nil {
		return 0, err
	}
	dir, err := os.MkdirTemp("", "uml-boot-")
	if err != nil {
		return 0, fmt.Errorf("boot User-mode Linux: %w", err)
	}
	defer os.RemoveAll(dir)
	if err := m.writeBoot(dir); err != nil {
		return 0, fmt.Errorf("boot User-mode Linux: %w", err)
	}
	noise, err := m.boot(ctx, dir)
	if err != nil && ctx.Err() != nil {
		return 0, fmt.Errorf("run in User-mode Linux: %w", ctx.Err())
	}
	status, statusErr := readStatus(dir)
	switch {
	case statusErr == nil:
		return status, nil
	case err != nil:
		return 0, fmt.Errorf("run in User-mode Linux: %w: %w\n%s", ErrNoStatus, err, noise)
	}
	return 0, fmt.Errorf("run in User-mode Linux: %w\n%s", ErrNoStatus, noise)
}

// boot runs the kernel until it powers off, and returns the last of what it
// printed besides the script's own output.
func (m Machine) boot(ctx context.Context, dir string) ([]byte, error) {
	memory := m.MemoryMB
	if memory == 0 {
		memory = 512
	}
	filter := &console{out: m.Console}
	arguments := append([]string{
		fmt.Sprintf("mem=%dM", memory), "rootfstype=hostfs", "rootflags=/", "rw",
		"init=" + filepath.Join(dir, "init"), "uml_dir=" + dir, "umid=guest",
		"con=null", "con0=fd:0,fd:1", "quiet",
	}, moreArguments()...)
	cmd := exec.CommandContext(ctx, kernelName(), arguments...)
	cmd.Env = append(os.Environ(), "TMPDIR="+dir)
	if m.wholeState || hostNeedsWholeState() {
		library, err := buildWholeState(ctx, dir)
		if err != nil {
			return nil, err
		}
		cmd.Env = append(cmd.Env, "LD_PRELOAD="+library)
	}
	cmd.Stdout, cmd.Stderr = filter, &filter.noise
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	err := cmd.Wait()
	// The kernel's helper processes are in its group; none may outlive it.
	if killErr := syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL); killErr != nil && !errors.Is(killErr, syscall.ESRCH) {
		err = errors.Join(err, killErr)
	}
	filter.flush()
	return bytes.TrimSpace(filter.noise.tail()), err
}

func readStatus(dir string) (int, error) {
	text, err := os.ReadFile(filepath.Join(dir, "status"))
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(text)))
}
