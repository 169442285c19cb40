package uml

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Debian 12's User-mode Linux panics at its first process ("ptrace set fp regs
// failed, errno = 14") on a processor with AMX, whose registers it has no room
// for. ptrace.c is preloaded into it there, and says how it helps.
//
//go:embed xstate/ptrace.c
var wholeState string

const compiler = "cc"

// needsWholeState says whether the processor that cpuinfo, /proc/cpuinfo's
// text, describes has registers that the packaged kernel has no room for.
func needsWholeState(cpuinfo string) bool {
	for line := range strings.Lines(cpuinfo) {
		if name, flags, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == "flags" {
			return slices.Contains(strings.Fields(flags), "amx_tile")
		}
	}
	return false
}

// hostNeedsWholeState is needsWholeState for this machine.
func hostNeedsWholeState() bool {
	text, err := os.ReadFile("/proc/cpuinfo")
	return err == nil && needsWholeState(string(text))
}

// buildWholeState builds the library to preload in dir and returns its path.
func buildWholeState(ctx context.Context, dir string) (string, error) {
	source, library := filepath.Join(dir, "ptrace.c"), filepath.Join(dir, "xstate.so")
	if err := os.WriteFile(source, []byte(wholeState), 0o644); err != nil {
		return "", err
	}
	if out, err := exec.CommandContext(ctx, compiler, "-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o", library, source, "-ldl").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the library for a processor with AMX: %w\n%s", err, out)
	}
	return library, nil
}
