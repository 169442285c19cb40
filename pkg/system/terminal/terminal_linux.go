// Package terminal is the terminal that a command talks to: whether there is
// one, how large it is, its raw mode. It wraps golang.org/x/term.
package terminal

import (
	"fmt"
	"os"
	"sync"

	"golang.org/x/term"
)

// Is says whether a file is a terminal.
func Is(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// Size is how many columns and lines a terminal has; 80 by 24 if it does not
// know.
func Size(f *os.File) (width, height int) {
	width, height, err := term.GetSize(int(f.Fd()))
	if err != nil || width <= 0 || height <= 0 {
		return 80, 24
	}
	return width, height
}

// Raw has a terminal pass on every key at once and unseen. The function that is
// returned puts it back as it was; it may be called more than once and from any
// goroutine.
func Raw(f *os.File) (restore func(), err error) {
	fd := int(f.Fd())
	before, err := term.MakeRaw(fd)
	if err != nil {
		return nil, fmt.Errorf("raw mode of the terminal: %w", err)
	}
	var once sync.Once
	return func() { once.Do(func() { _ = term.Restore(fd, before) }) }, nil
}
