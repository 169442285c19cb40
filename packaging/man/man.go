// Package man holds the manual pages, so that tests can compare them with the
// code that they describe. No binary imports it.
package man

import (
	"embed"
	"fmt"
	"strings"
)

//go:embed *.1 *.5 *.8
var pages embed.FS

// Names are the file names of all pages.
func Names() []string {
	entries, err := pages.ReadDir(".")
	if err != nil {
		panic(err) // the pages are part of the program
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// Text is the source of a page, "" if there is no such page.
func Text(page string) string {
	text, err := pages.ReadFile(page)
	if err != nil {
		return ""
	}
	return string(text)
}

// Entry is a tagged paragraph of a page.
type Entry struct {
	// Words are the words of the tag without fonts: "-d", "--debug".
	Words []string
	// Default is what follows "Default:" in the same line, without the stop.
	Default string
	// Examples are the lines that are shown as examples.
	Examples []string
}

// Name is the first word of the tag up to what follows the name of a directive
// or a script: "=", "::", or "[" for what may be left out.
func (e Entry) Name() string {
	name := e.Words[0]
	if i := strings.IndexAny(name, "=[:"); i > 0 {
		name = name[:i]
	}
	return name
}

// Section returns the entries of a section of a page; those inside of others are
// left out. A section that is not there is an error.
func Section(page, section string) ([]Entry, error) {
	text, err := pages.ReadFile(page)
	if err != nil {
		return nil, err
	}
	var entries []Entry
	found, inside, depth := false, false, 0
	lines := strings.Split(string(text), "\n")
	for i, line := range lines {
		macro, rest, _ := strings.Cut(line, " ")
		switch macro {
		case ".SH":
			inside = strings.Trim(rest, `"`) == section
			found = found || inside
		case ".RS":
			depth++
		case ".RE":
			depth--
		case ".TP":
			if inside && depth == 0 && i+1 < len(lines) {
				entries = append(entries, Entry{Words: strings.FieldsFunc(plain(lines[i+1]), func(r rune) bool { return r == ' ' || r == ',' })})
			}
		case "Default:":
			if inside && len(entries) > 0 {
				entries[len(entries)-1].Default = strings.TrimSuffix(plain(line[len(macro):]), ".")
			}
		case "Example:":
			if inside && len(entries) > 0 && i+1 < len(lines) {
				e := &entries[len(entries)-1]
				e.Examples = append(e.Examples, plain(lines[i+1]))
			}
		}
	}
	if !found {
		return nil, fmt.Errorf("%s: no section %s", page, section)
	}
	return entries, nil
}

// escapes turns what troff reads into what it prints.
var escapes = strings.NewReplacer(
	`\fB`, "", `\fI`, "", `\fR`, "", `\-`, "-", `\(dq`, "\x00", `\(aq`, "'", `\e`, `\`, `\&`, "")

// plain is a line of a page as it is printed: without its macro, the quotes that
// hold its arguments together, and fonts. Fonts that alternate leave no blank
// between arguments.
func plain(line string) string {
	macro, rest, _ := strings.Cut(line, " ")
	if !strings.HasPrefix(macro, ".") {
		rest = line
	} else if len(macro) == len(".BI") {
		rest = join(rest)
	}
	return strings.TrimSpace(strings.ReplaceAll(escapes.Replace(strings.ReplaceAll(rest, `"`, "")), "\x00", `"`))
}

// join puts the arguments of a macro together.
func join(arguments string) string {
	var b strings.Builder
	quoted := false
	for _, r := range arguments {
		switch {
		case r == '"':
			quoted = !quoted
		case r != ' ' || quoted:
			b.WriteRune(r)
		}
	}
	return b.String()
}
