package logging

import (
	"errors"
	"io/fs"
	"os"
)

// fileMode is the mode of a log file that is made here, whatever the umask.
const fileMode = 0o644

// fileTarget appends to a file and follows its name over rotation.
type fileTarget struct {
	path     string
	eachLine bool // open and close for each line, as ldirectord does
	file     *os.File
	info     os.FileInfo
	failed   bool // the last attempt failed; said once
}

// newFile returns a target for a path; nil if there is none to write to.
func newFile(path string, eachLine bool) *fileTarget {
	if path == "" || path == os.DevNull {
		return nil
	}
	return &fileTarget{path: path, eachLine: eachLine}
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

// write appends a line. It reports whether the name meant another file than
// before, which is what a rotation looks like.
func (t *fileTarget) write(line []byte) (rotated bool, err error) {
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
	_, err = t.file.Write(line)
	if t.eachLine || err != nil {
		t.close()
	}
	return rotated, err
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
