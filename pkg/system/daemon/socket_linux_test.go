package daemon_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"lvsha/pkg/system/daemon"
)

// The mask of the process stays what it is.
func TestListenUnix(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o027))
	dir := t.TempDir()
	gid := os.Getgid()
	if os.Geteuid() == 0 {
		gid = 12345
	}
	for _, mode := range []os.FileMode{0o660, 0o777, 0o600} {
		path := filepath.Join(dir, mode.String())
		l, err := daemon.ListenUnix(path, mode, gid)
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != mode || int(info.Sys().(*syscall.Stat_t).Gid) != gid {
			t.Errorf("%v: %+v, %v", mode, info, err)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
	if mask := syscall.Umask(0o027); mask != 0o027 {
		t.Errorf("the mask of the process is %o", mask)
	}
	if f, err := os.Create(filepath.Join(dir, "file")); err != nil {
		t.Error(err)
	} else if info, _ := f.Stat(); int(info.Sys().(*syscall.Stat_t).Gid) == 12345 || f.Close() != nil {
		t.Error("the group of the process has changed")
	}
	if _, err := daemon.ListenUnix(filepath.Join(dir, "absent", "s"), 0o600, gid); err == nil {
		t.Error("no directory, no error")
	}
}
