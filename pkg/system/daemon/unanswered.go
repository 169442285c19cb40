package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// Unanswered says in words for the administrator why a daemon that runs has told
// nothing, and what can be done. err is what asking it has ended with.
func Unanswered(pid int, err error) string {
	switch {
	case halted(pid):
		return fmt.Sprintf("the process is halted by a signal; kill -CONT %d has it go on", pid)
	case errors.Is(err, fs.ErrPermission):
		return "only root may ask it"
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return "nobody listens on its socket: it is beginning or ending, or is another version; if that stays so, restart it"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Sprintf("no answer in time; look at its log, and if that stays so, end it with kill -KILL %d and start it again", pid)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "it has cut the connection: it is ending, or too many ask at once; ask again"
	}
	return err.Error()
}

// halted reports whether a process is stopped by a signal or by a debugger.
func halted(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	// The name before the state may have anything in it.
	_, state, found := strings.Cut(string(stat[strings.LastIndexByte(string(stat), ')')+1:]), " ")
	return found && (strings.HasPrefix(state, "T") || strings.HasPrefix(state, "t"))
}
