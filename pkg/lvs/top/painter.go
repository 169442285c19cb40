package top

import (
	"io"
	"strconv"
	"strings"
)

// painter writes a screen to a terminal. It writes only the lines that have
// changed, for slow connections, and only what a vt100 understands; one without
// colours ignores them.
type painter struct {
	out    io.Writer
	colour bool
	shown  []Line
	width  int
}

// What is sent: all of it is ECMA-48, as a vt100 has it.
const (
	escape    = "\x1b["
	clearAll  = escape + "H" + escape + "2J"
	clearLine = escape + "K" // from the cursor on
	normal    = escape + "m"
)

// paint brings the terminal in line with a screen.
func (p *painter) paint(lines []Line, width, cursor int) error {
	var b strings.Builder
	if width != p.width || len(lines) != len(p.shown) {
		b.WriteString(normal + clearAll)
		p.shown, p.width = make([]Line, len(lines)), width
	}
	for i, l := range lines {
		if l == p.shown[i] {
			continue
		}
		p.shown[i] = l
		b.WriteString(escape + strconv.Itoa(i+1) + ";1H")
		b.WriteString(p.begin(l.Style))
		b.WriteString(l.Text)
		if l.Style != Plain {
			b.WriteString(normal)
		}
		// A full line is not cleared: the cursor stands on its last column.
		if len(l.Text) < width {
			b.WriteString(clearLine)
		}
	}
	b.WriteString(escape + strconv.Itoa(cursor+1) + ";1H")
	_, err := io.WriteString(p.out, b.String())
	return err
}

func (p *painter) begin(s Style) string {
	code := map[Style]string{Bold: "1", Reverse: "7", Bad: "1", Warn: ""}[s]
	if p.colour {
		code = map[Style]string{Bold: "1", Reverse: "7", Bad: "1;31", Warn: "33"}[s]
	}
	if code == "" {
		return ""
	}
	return escape + code + "m"
}

// again has everything written anew.
func (p *painter) again() { p.shown = nil }

// leave puts the cursor below the screen.
func (p *painter) leave() {
	_, _ = io.WriteString(p.out, normal+escape+strconv.Itoa(max(len(p.shown), 1))+";1H"+clearLine)
}
