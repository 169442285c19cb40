package daemon

import (
	"fmt"
	"io/fs"
	"net"
	"runtime"

	"golang.org/x/sys/unix"
)

// ListenUnix listens on a UNIX socket that has its mode and group from the moment
// it is there. To set them by its name afterwards would let whoever may write in the
// directory put something else under that name in between. A gid of -1 is the
// process's own.
func ListenUnix(path string, mode fs.FileMode, gid int) (*net.UnixListener, error) {
	type result struct {
		l   *net.UnixListener
		err error
	}
	done := make(chan result)
	go func() {
		// Mask and group are this thread's alone, which ends with the goroutine.
		runtime.LockOSThread()
		if err := unix.Unshare(unix.CLONE_FS); err != nil {
			done <- result{err: fmt.Errorf("listen unix %s: unshare: %w", path, err)}
			return
		}
		unix.Umask(int(fs.ModePerm &^ mode.Perm()))
		_, _ = unix.SetfsgidRetGid(gid) // only root may choose
		l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
		done <- result{l: l, err: err}
	}()
	r := <-done
	return r.l, r.err
}
