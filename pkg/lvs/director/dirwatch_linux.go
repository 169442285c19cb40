package director

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// dirWatch tells which files have come into a directory or gone from it. The
// directory may come later, go, or be replaced: what is above it is watched, too.
type dirWatch struct {
	dir  string // absolute
	file *os.File
	// below is what matters in each directory that is watched: in those above, the
	// next part of the path; "" in the directory itself, where everything does.
	below map[int32]string
	names map[string]bool // as last seen
}

const (
	entryEvents = syscall.IN_CREATE | syscall.IN_DELETE | syscall.IN_MOVED_TO | syscall.IN_MOVED_FROM
	ownEvents   = syscall.IN_DELETE_SELF | syscall.IN_MOVE_SELF
	// goneEvents are those after which a directory may be another one.
	goneEvents = ownEvents | syscall.IN_IGNORED | syscall.IN_UNMOUNT | syscall.IN_Q_OVERFLOW
)

func watchDir(dir string) (*dirWatch, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	fd, err := syscall.InotifyInit1(syscall.IN_CLOEXEC | syscall.IN_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("inotify: %w", err)
	}
	w := &dirWatch{dir: dir, file: os.NewFile(uintptr(fd), "inotify"), below: make(map[int32]string)}
	if err := w.arm(); err != nil {
		_ = w.file.Close()
		return nil, err
	}
	w.names = w.list()
	return w, nil
}

// run calls changed with the names of files that have come or gone, until the
// context ends.
func (w *dirWatch) run(ctx context.Context, changed func(names []string)) {
	defer context.AfterFunc(ctx, func() { _ = w.file.Close() })()
	defer w.file.Close()
	buffer := make([]byte, 16<<10)
	for {
		n, err := w.file.Read(buffer)
		if err != nil {
			return
		}
		entries, moved := w.concern(buffer[:n])
		if !entries && !moved {
			continue
		}
		if moved {
			_ = w.arm() // what cannot be watched is seen by the next check
		}
		before := w.names
		w.names = w.list()
		if names := different(before, w.names); len(names) > 0 {
			changed(names)
		}
	}
}

// arm watches the directory and those above it, as far as they are there, and
// nothing else any more. The error is about the directory itself.
func (w *dirWatch) arm() error {
	conn, err := w.file.SyscallConn()
	if err != nil {
		return err
	}
	now := make(map[int32]string)
	var failed error
	err = conn.Control(func(fd uintptr) {
		above, rest := "/", strings.Split(strings.Trim(w.dir, "/"), "/")
		for i := 0; ; i++ {
			var wd int
			wd, failed = syscall.InotifyAddWatch(int(fd), above, entryEvents|ownEvents)
			if errors.Is(failed, syscall.ENOENT) {
				failed = nil
				break
			}
			next := ""
			if i < len(rest) {
				next = rest[i]
			}
			if failed == nil {
				now[int32(wd)] = next
			}
			if i >= len(rest) {
				break
			}
			above = filepath.Join(above, next)
		}
		for wd := range w.below {
			if _, kept := now[wd]; !kept {
				_, _ = syscall.InotifyRmWatch(int(fd), uint32(wd)) // it may have gone by itself
			}
		}
	})
	w.below = now
	if err = errors.Join(err, failed); err != nil {
		return fmt.Errorf("watch %s: %w", w.dir, err)
	}
	return nil
}

// concern says whether events are about files of the directory, or about it and
// those above.
func (w *dirWatch) concern(events []byte) (entries, moved bool) {
	for len(events) >= syscall.SizeofInotifyEvent {
		wd := int32(binary.NativeEndian.Uint32(events))
		mask := binary.NativeEndian.Uint32(events[4:])
		end := min(syscall.SizeofInotifyEvent+int(binary.NativeEndian.Uint32(events[12:])), len(events))
		name := strings.TrimRight(string(events[syscall.SizeofInotifyEvent:end]), "\x00")
		events = events[end:]
		below, known := w.below[wd]
		switch {
		case mask&syscall.IN_Q_OVERFLOW != 0:
			moved = true
		case !known: // the last words of one that is not watched any more
		case mask&goneEvents != 0:
			moved = true
		case below == "":
			entries = true
		case below == name:
			moved = true
		}
	}
	return entries, moved
}

// list reads the names in the directory; one that cannot be read has none, as for
// a check.
func (w *dirWatch) list() map[string]bool {
	entries, _ := os.ReadDir(w.dir)
	names := make(map[string]bool, len(entries))
	for _, e := range entries {
		names[e.Name()] = true
	}
	return names
}

// different returns the names that are in one set and not in the other.
func different(a, b map[string]bool) []string {
	either := maps.Clone(a)
	maps.Copy(either, b)
	var out []string
	for name := range either {
		if a[name] != b[name] {
			out = append(out, name)
		}
	}
	return out
}
