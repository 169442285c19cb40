package uml

import (
	"bytes"
	"io"
)

// The lines by which the guest's init says where the script's output begins
// and ends on the console.
const (
	beginMark = "uml-boot: script begins"
	endMark   = "uml-boot: script ended"
)

// console takes what the guest prints apart: the script's lines go to out, the
// kernel's go to noise. Not safe for concurrent use; os/exec writes from one
// goroutine.
type console struct {
	out     io.Writer
	noise   ring
	partial []byte
	running bool
	held    bool // an empty line was read and not yet passed on
}

// Write implements io.Writer; it never returns an error, so that a failing out
// does not kill the guest.
func (c *console) Write(p []byte) (int, error) {
	c.partial = append(c.partial, p...)
	for {
		end := bytes.IndexByte(c.partial, '\n')
		if end < 0 {
			return len(p), nil
		}
		c.line(c.partial[:end])
		c.partial = c.partial[end+1:]
	}
}

func (c *console) line(text []byte) {
	text = bytes.TrimSuffix(text, []byte("\r"))
	switch string(text) {
	case beginMark:
		c.running = true
		return
	case endMark:
		// The empty line before the mark is init's, not the script's.
		c.running, c.held = false, false
		return
	}
	if !c.running {
		c.noise.add(text)
		return
	}
	if c.held {
		c.held = false
		c.emit(nil)
	}
	if len(text) == 0 {
		c.held = true
		return
	}
	c.emit(text)
}

func (c *console) emit(text []byte) {
	if c.out != nil {
		_, _ = c.out.Write(append(append([]byte(nil), text...), '\n'))
	}
}

// flush passes on a last line without its newline, as a killed guest leaves it.
func (c *console) flush() {
	if len(c.partial) > 0 {
		c.line(c.partial)
		c.partial = nil
	}
}

// ring keeps the last bytes of what is added to it.
type ring struct{ kept []byte }

const ringSize = 16 << 10

// Write implements io.Writer.
func (r *ring) Write(p []byte) (int, error) {
	r.kept = append(r.kept, p...)
	if extra := len(r.kept) - ringSize; extra > 0 {
		r.kept = append(r.kept[:0], r.kept[extra:]...)
	}
	return len(p), nil
}

func (r *ring) add(line []byte) { _, _ = r.Write(append(append([]byte(nil), line...), '\n')) }

func (r *ring) tail() []byte { return r.kept }
