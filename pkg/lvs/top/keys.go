package top

import (
	"strings"
	"unicode/utf8"
)

// Key is a key: a character, or one of those below.
type Key rune

// The keys that are no characters. Their numbers are no runes.
const (
	Up Key = -iota - 1
	Down
	PageUp
	PageDown
	Home
	End
	Escape
	Enter
	Erase
	Interrupt
)

// sequences are what xterm, the vt100 and the console of Linux send behind the
// escape character.
var sequences = []struct {
	text string
	key  Key
}{
	{"[A", Up}, {"OA", Up}, {"[B", Down}, {"OB", Down}, {"[5~", PageUp}, {"[6~", PageDown},
	{"[H", Home}, {"OH", Home}, {"[1~", Home}, {"[7~", Home}, {"[F", End}, {"OF", End}, {"[4~", End}, {"[8~", End},
}

// ParseKeys reads what came from the terminal in one piece. An escape character
// at the end is the key itself.
func ParseKeys(b []byte) []Key {
	var keys []Key
	for len(b) > 0 {
		if b[0] == 0x1b {
			key, n := parseSequence(string(b[1:]))
			if key != 0 {
				keys = append(keys, key)
			}
			b = b[1+n:]
			continue
		}
		r, n := utf8.DecodeRune(b)
		b = b[n:]
		switch {
		case r == '\r' || r == '\n':
			keys = append(keys, Enter)
		case r == 0x7f || r == '\b':
			keys = append(keys, Erase)
		case r == 3 || r == 4:
			keys = append(keys, Interrupt)
		case r >= ' ' && r != utf8.RuneError:
			keys = append(keys, Key(r))
		}
	}
	return keys
}

// parseSequence reads what follows an escape character; 0 is a sequence that
// means nothing here.
func parseSequence(text string) (key Key, size int) {
	for _, s := range sequences {
		if strings.HasPrefix(text, s.text) {
			return s.key, len(s.text)
		}
	}
	if text == "" || text[0] != '[' && text[0] != 'O' {
		return Escape, 0
	}
	// The end of an unknown sequence is its first letter or tilde.
	for i := 1; i < len(text); i++ {
		if c := text[i]; c >= '@' && c <= '~' {
			return 0, i + 1
		}
	}
	return 0, len(text)
}

// Press acts on a key.
func (m *Model) Press(k Key) Action {
	m.message = ""
	if k == Interrupt {
		return Action{Quit: true}
	}
	switch m.mode {
	case filtering:
		m.typeFilter(k)
		return Action{}
	case confirming:
		m.mode = browsing
		if k == 'y' || k == 'Y' {
			return m.pending
		}
		m.Say("Nothing was done")
		return Action{}
	case helping:
		m.mode = browsing
		return Action{}
	}
	return m.browse(k)
}

func (m *Model) browse(k Key) Action {
	switch k {
	case 'q', 'Q':
		return Action{Quit: true}
	case Up, 'k':
		m.move(-1)
	case Down, 'j':
		m.move(1)
	case PageUp:
		m.move(-m.page)
	case PageDown, ' ':
		m.move(m.page)
	case Home, 'g':
		m.move(-len(m.rows))
	case End, 'G':
		m.move(len(m.rows))
	case 's':
		m.sort = (m.sort + 1) % sorts
		m.arrange()
	case 'S':
		m.sort = (m.sort + sorts - 1) % sorts
		m.arrange()
	case 'r':
		m.reverse = !m.reverse
		m.arrange()
	case '/':
		m.mode = filtering
	case Escape:
		m.filter = ""
		m.arrange()
	case 'd':
		m.ask(false)
	case 'u':
		m.ask(true)
	case 'h', '?':
		m.mode = helping
	}
	return Action{}
}

func (m *Model) typeFilter(k Key) {
	switch {
	case k == Enter:
		m.mode = browsing
	case k == Escape:
		m.mode, m.filter = browsing, ""
	case k == Erase && m.filter != "":
		_, n := utf8.DecodeLastRuneInString(m.filter)
		m.filter = m.filter[:len(m.filter)-n]
	case k >= ' ' && len(m.filter) < 64:
		m.filter += string(rune(k))
	}
	m.arrange()
}

// ask wants a confirmation for the selected server.
func (m *Model) ask(back bool) {
	at := m.at()
	if at < 0 || m.rows[at].real == nil {
		m.Say("Select a real server first")
		return
	}
	r := m.rows[at]
	if !r.real.Configured || r.real.State == "" {
		m.Say("No director that answers has configured this server")
		return
	}
	m.pending = Action{Server: r.real, Virtual: r.virtual, Back: back}
	m.mode = confirming
}
