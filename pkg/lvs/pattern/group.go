package pattern

import (
	"fmt"
	"strings"
)

// open reads "(" with what follows it.
func (t *translator) open() error {
	g := group{start: t.out.Len(), at: t.pos, flags: t.flags}
	rest := t.rest()[1:]
	switch {
	case strings.HasPrefix(rest, "*"):
		return fmt.Errorf("verbs like (*...) are not supported")
	case !strings.HasPrefix(rest, "?"):
		t.capture("")
		t.pos++
	default:
		return t.extended(g, rest[1:])
	}
	t.push(g)
	return nil
}

func (t *translator) push(g group) {
	t.groups = append(t.groups, g)
	t.atom = -1
}

// capture begins a numbered group. All are named, because .NET, which regexp2
// follows, numbers named groups after the others.
func (t *translator) capture(name string) {
	t.captures++
	if _, known := t.names[name]; name != "" && !known {
		t.names[name] = t.captures
	}
	fmt.Fprintf(&t.out, "(?<g%d>", t.captures)
}

func (t *translator) close() error {
	if len(t.groups) == 0 {
		return fmt.Errorf("unmatched )")
	}
	g := t.groups[len(t.groups)-1]
	t.groups = t.groups[:len(t.groups)-1]
	t.out.WriteByte(')')
	t.flags = g.flags
	t.atom = g.start
	t.pos++
	return nil
}

// plainGroups are the beginnings that mean the same to both.
var plainGroups = []string{"<=", "<!", ":", "=", "!", ">"}

// extended reads "(?..."; rest is what follows the question mark.
func (t *translator) extended(g group, rest string) error {
	for _, p := range plainGroups {
		if strings.HasPrefix(rest, p) {
			t.out.WriteString("(?" + p)
			t.pos += 2 + len(p)
			t.push(g)
			return nil
		}
	}
	for _, form := range [][2]string{{"P<", ">"}, {"<", ">"}, {"'", "'"}} {
		if strings.HasPrefix(rest, form[0]) {
			name, _, ok := strings.Cut(rest[len(form[0]):], form[1])
			if !ok || !isName(name) {
				return fmt.Errorf("bad name of a group")
			}
			t.capture(name)
			t.pos += 2 + len(form[0]) + len(name) + len(form[1])
			t.push(g)
			return nil
		}
	}
	switch {
	case strings.HasPrefix(rest, "#"):
		end := strings.IndexByte(rest, ')')
		if end < 0 {
			return fmt.Errorf("a comment (?#... has no end")
		}
		t.pos += 2 + end + 1
		return nil
	case strings.HasPrefix(rest, "P="):
		name, _, ok := strings.Cut(rest[2:], ")")
		if !ok {
			return fmt.Errorf("(?P=name has no end")
		}
		t.pos += 2 + 2 + len(name) + 1
		return t.backreference(name)
	case strings.HasPrefix(rest, "("):
		return t.conditional(g, rest[1:])
	}
	return t.modifiers(g, rest)
}

// conditional reads "(?(1)yes|no)" and "(?(<name>)yes|no)".
func (t *translator) conditional(g group, rest string) error {
	condition, _, ok := strings.Cut(rest, ")")
	if !ok {
		return fmt.Errorf("a condition has no end")
	}
	n, err := t.groupNumber(strings.Trim(condition, "<>'"))
	if err != nil {
		return fmt.Errorf("condition (%s): %w", condition, err)
	}
	fmt.Fprintf(&t.out, "(?(g%d)", n)
	t.pos += 3 + len(condition) + 1
	t.push(g)
	return nil
}

// modifiers reads "(?imsx-imsx)" and "(?imsx-imsx:".
func (t *translator) modifiers(g group, rest string) error {
	next, on := t.flags, true
	for i := 0; i < len(rest); i++ {
		switch c := rest[i]; c {
		case '^':
			next = flags{}
		case 'i':
			next.i = on
		case 'm':
			next.m = on
		case 's':
			next.s = on
		case 'x':
			next.x = on
		case 'a', 'd', 'u', 'l', 'p':
			// Sets of characters; the data are bytes.
		case '-':
			on = false
		case ':', ')':
			t.pos += 2 + i + 1
			t.flags = next
			if c == ':' {
				t.out.WriteString("(?:")
				t.push(g)
			}
			return nil
		default:
			return fmt.Errorf("(?%s is not supported", rest[:i+1])
		}
	}
	return fmt.Errorf("(? has no end")
}

func isName(name string) bool {
	for i := 0; i < len(name); i++ {
		if !wordSet[name[i]] || i == 0 && digitSet[name[i]] {
			return false
		}
	}
	return name != ""
}
