package logging

import (
	"errors"
	"io/fs"
	"os"
	"time"
)

// fileMode is the mode of a log file that is made here, whatever the umask.
const fileMode = 0o644

// maxWaiting is how many bytes of lines are kept to be written at once. A file has
// every line as soon as no other one waits for the writer.
const maxWaiting = 64 << 10

// fileTarget appends to a file and follows its name over rotation.
type fileTarget struct {
	path    string
	brief   bool // open only while lines wait; ldirectord opens it for each line
	file    *os.File
	info    os.FileInfo
	failed  bool      // the last attempt failed; said once
	waiting []byte    // lines that are to be written
	at      time.Time // of the last of them
}

// newFile returns a target for a path; nil if there is none to write to.
func newFile(path string, brief bool) *fileTarget {
	if path == "" || path == os.DevNull {
		return nil
	}
	return &fileTarget{path: path, brief: brief}
}

// open opens the file for appending and makes it if it is missing.
func (t *fileTarget) open() error {
	const flags = os.O_WRONLY | os.O_APPEND
	f, err := os.OpenFile(t.path, flags|os.O_CREATE|os.O_EXCL, fileMode)
	switch {
	case err == nil:
		// The umask may have taken bits away that log readers need.
		_ = f.Chmod(fileMode)
	case errors.Is(err, fs.ErrExist):
		f, err = os.OpenFile(t.path, flags|os.O_CREATE, fileMode)
	}
	if err != nil {
		return err
	}
	t.file = f
	t.info, err = f.Stat()
	return err
}

// add has a line wait. It reports whether enough do to be written.
func (t *fileTarget) add(at time.Time, line []byte) (full bool) {
	t.waiting, t.at = append(t.waiting, line...), at
	return len(t.waiting) >= maxWaiting
}

// write appends what waits. It reports whether the name meant another file than
// before, which is what a rotation looks like.
func (t *fileTarget) write() (rotated bool, err error) {
	if t.file != nil {
		info, err := os.Stat(t.path)
		if err != nil || !os.SameFile(info, t.info) {
			t.close()
			rotated = true
		}
	}
	if t.file == nil {
		if err := t.open(); err != nil {
			t.close()
			return false, err
		}
	}
	_, err = t.file.Write(t.waiting)
	if err != nil {
		t.close()
	}
	return rotated, err
}

// rest says that no line waits.
func (t *fileTarget) rest() {
	if t.brief {
		t.close()
	}
}

// own gives the file to a user and a group.
func (t *fileTarget) own(uid, gid int) {
	if t.file != nil && (uid != 0 || gid != 0) {
		_ = t.file.Chown(uid, gid)
	}
}

func (t *fileTarget) close() {
	if t.file != nil {
		_ = t.file.Close()
		t.file = nil
	}
}
