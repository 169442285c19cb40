package pair

import (
	"fmt"
	"io"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// cable joins two serial lines, which are pseudo-terminals: what is written to
// one is read from the other.
type cable struct {
	ends [2]*terminal
	both sync.WaitGroup
}

// terminal is a pseudo-terminal; the line is held open, because reading the other
// end fails while nobody has it.
type terminal struct {
	end, line *os.File
}

func newTerminal() (*terminal, error) {
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("pseudo-terminal: %w", err)
	}
	t := &terminal{end: os.NewFile(uintptr(fd), "/dev/ptmx")}
	if err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err == nil {
		err = t.hold(fd)
	}
	if err != nil {
		_ = t.end.Close()
		return nil, fmt.Errorf("pseudo-terminal: %w", err)
	}
	return t, nil
}

// hold opens the line and switches its echo off, before a node does.
func (t *terminal) hold(fd int) error {
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		return err
	}
	line, err := unix.Open(fmt.Sprintf("/dev/pts/%d", n), unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	t.line = os.NewFile(uintptr(line), fmt.Sprintf("/dev/pts/%d", n))
	mode, err := unix.IoctlGetTermios(line, unix.TCGETS)
	if err != nil {
		return err
	}
	mode.Lflag, mode.Oflag = 0, 0
	return unix.IoctlSetTermios(line, unix.TCSETS, mode)
}

func newCable() (*cable, error) {
	c := &cable{}
	for i := range c.ends {
		t, err := newTerminal()
		if err != nil {
			c.close()
			return nil, err
		}
		c.ends[i] = t
	}
	for i := range c.ends {
		c.both.Add(1)
		go func() {
			defer c.both.Done()
			_, _ = io.Copy(c.ends[1-i].end, c.ends[i].end)
		}()
	}
	return c, nil
}

// line is the path of the line of the first or the second node.
func (c *cable) line(i int) string { return c.ends[i].line.Name() }

func (c *cable) close() {
	for _, t := range c.ends {
		if t != nil {
			_ = t.end.Close()
			_ = t.line.Close()
		}
	}
	c.both.Wait()
}
