package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"lvsha/pkg/system/terminal"
)

// progress shows how something gets less: on a terminal in one line that is
// written again, elsewhere in a line for each change.
type progress struct {
	out      io.Writer
	terminal bool
	most     int // that there ever were
	last     int // at the last look at which there were any
	shown    string
}

const barWidth = 20

// begin says how much there is before anything is shown.
func (p *progress) begin(n int) { p.most, p.last = n, n }

// bar shows what is left; counts says whether its part of the whole is shown.
func (p *progress) bar(text string, left int, counts bool) {
	p.most = max(p.most, left)
	if left > 0 {
		p.last = left
	}
	if counts && p.most > 0 {
		done := barWidth * (p.most - left) / p.most
		text = fmt.Sprintf("[%s%s] %s", strings.Repeat("#", done), strings.Repeat("-", barWidth-done), text)
	}
	if text == p.shown {
		return
	}
	p.shown = text
	if !p.terminal {
		fmt.Fprintln(p.out, text)
		return
	}
	// Blanks instead of an escape: they work everywhere.
	fmt.Fprintf(p.out, "\r%-79s", text)
}

// line writes a text below what is shown.
func (p *progress) line(text string) {
	p.end()
	fmt.Fprintln(p.out, text)
}

// end leaves the line that is written again.
func (p *progress) end() {
	if p.terminal && p.shown != "" {
		fmt.Fprintln(p.out)
	}
	p.shown = ""
}

// isTerminal says whether a stream is one.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && terminal.Is(f)
}
