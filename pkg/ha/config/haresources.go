package config

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Resources reads haresources of a directory as it is now; heartbeat does so at
// every operation. With node names given, a group for any other node is an
// error, as it is at start.
func Resources(dir string, nodes ...string) ([]Group, *Report) {
	report := new(Report)
	name := filepath.Join(dir, "haresources")
	data, err := os.ReadFile(name)
	if err != nil {
		legacy := legacyPath(dir, "haresources")
		report.unreadable(name, err, "the resource groups cannot be read",
			legacyError("Cannot open resources file [%s]", legacy),
			legacyInfo("An annotated sample %s file is provided in the documentation.", legacy),
			legacyInfo("Please copy it to %s, read it, customize it, and try again.", legacy))
		return nil, report
	}
	return parseResources(data, dir, nodes)
}

const blanks = " \t"

// parseResources reads the text of haresources. The original reads it twice, by
// different rules: once at start to check node names, and once at every
// operation. The groups are those of the second reader; what the first one
// refuses is an error here.
func parseResources(data []byte, dir string, nodes []string) ([]Group, *Report) {
	r := &resourceReader{dir: dir, report: new(Report), nodes: make(map[string]bool)}
	for _, n := range nodes {
		r.nodes[lower(n)] = true
	}
	lines := r.normalize(string(data))
	if len(nodes) > 0 {
		r.checkNodes(lines)
	}
	groups := r.groups(lines)
	r.checkKeys(groups)
	return groups, r.report
}

type resourceReader struct {
	dir    string
	report *Report
	nodes  map[string]bool
}

func (r *resourceReader) find(s Severity, line int, text string, legacy ...Line) {
	r.report.add(Finding{Severity: s, File: filepath.Join(r.dir, "haresources"), Line: line, Text: text, Legacy: legacy})
}

// normalize returns the physical lines without what must not matter: carriage
// returns, and blanks behind a backslash that was meant to continue the line. The
// original takes such a backslash for a resource and then refuses the next line.
func (r *resourceReader) normalize(text string) []string {
	text, _ = strings.CutSuffix(text, "\n")
	lines := strings.Split(text, "\n")
	carriage := 0
	for i, l := range lines {
		if t, ok := strings.CutSuffix(l, "\r"); ok {
			lines[i] = t
			if carriage == 0 {
				carriage = i + 1
			}
		}
	}
	if carriage > 0 {
		r.find(Warning, carriage, "lines end in a carriage return, which heartbeat 3.0.6 takes for a part of the last word; it is ignored")
	}
	for i, l := range lines {
		words, _, commented := strings.Cut(l, "#")
		trimmed := strings.TrimRight(words, blanks)
		if !strings.HasSuffix(trimmed, `\`) {
			continue
		}
		last := i == len(lines)-1
		switch {
		case trimmed == words && !commented && !last:
			// A continuation as it should be.
		case trimmed == words && commented && !last:
			// The first reader sees the comment, the second the backslash.
		case last || !r.continues(lines[i+1]):
			r.find(Warning, i+1, `the backslash does not continue the line and is ignored: no resource follows it`)
			lines[i] = strings.TrimSuffix(trimmed, `\`)
		default:
			r.find(Warning, i+1, `blanks follow the backslash; it is taken as a continuation, on which heartbeat 3.0.6 would not start`)
			lines[i] = trimmed
		}
	}
	return lines
}

// continues reports whether a line can be meant as the continuation of the one
// before: it has words and does not begin with a node.
func (r *resourceReader) continues(line string) bool {
	text, _, _ := strings.Cut(line, "#")
	words := strings.Fields(text)
	return len(words) > 0 && !r.nodes[lower(words[0])]
}

// checkNodes is the reader that runs at start.
func (r *resourceReader) checkNodes(lines []string) {
	for i := 0; i < len(lines); i++ {
		text := strings.TrimLeft(lines[i], whiteSpace)
		if text == "" || text[0] == '#' {
			continue
		}
		first := strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune(whiteSpace, c) })[0]
		if !r.nodes[lower(first)] {
			what := fmt.Sprintf("%s is no node of ha.cf", first)
			known := make([]string, 0, len(r.nodes))
			for n := range r.nodes {
				known = append(known, n)
			}
			before, _, comment := strings.Cut(first, "#")
			near := Nearest(first, known)
			switch {
			case comment && r.nodes[lower(before)]:
				what += "; put a blank before the comment"
			case near != "":
				what += "; did you mean " + near + "?"
			default:
				what += "; a line begins with a node, and ends in a backslash if the next one continues it"
			}
			r.find(Error, i+1, what, legacyError("Bad nodename in %s [%s]", legacyPath(r.dir, "haresources"), first))
		}
		for i < len(lines)-1 && strings.HasSuffix(lines[i], `\`) {
			i++
		}
	}
}

// groups is the reader that runs at every operation: comments vanish wherever
// they begin, then lines that end in a backslash are joined. The original does so
// line by line and so keeps the comments of continued lines as resources, which
// cannot start; nobody means that.
func (r *resourceReader) groups(lines []string) []Group {
	var groups []Group
	for i := 0; i < len(lines); i++ {
		number := i + 1
		text, _, _ := strings.Cut(lines[i], "#")
		for strings.HasSuffix(text, `\`) && i < len(lines)-1 {
			i++
			next, _, commented := strings.Cut(lines[i], "#")
			if commented {
				r.find(Warning, i+1, "heartbeat 3.0.6 takes a comment on a continued line for resources; it is ignored")
			}
			text = strings.TrimSuffix(text, `\`) + next
		}
		words := strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune(blanks, c) })
		if len(words) == 0 {
			continue
		}
		g := Group{Node: lower(words[0]), Line: number}
		for _, w := range words[1:] {
			res := ParseResource(w)
			if res.Script == "" {
				r.find(Warning, number, fmt.Sprintf("%s names no script", w))
			}
			g.Resources = append(g.Resources, res)
		}
		if len(g.Resources) == 0 {
			r.find(Warning, number, fmt.Sprintf("the group of %s has no resources", g.Node))
		}
		if len(r.nodes) > 0 && !r.nodes[g.Node] && r.report.OK() {
			r.find(Warning, number, fmt.Sprintf("%s is no node of ha.cf: this group is never started", g.Node))
		}
		groups = append(groups, g)
	}
	return groups
}

// ParseResource splits a word of haresources into script and arguments.
func ParseResource(w string) Resource {
	text := w
	if bareAddress(w) {
		text = "IPaddr::" + w
	}
	pieces := strings.Split(text, "::")
	res := Resource{Word: w, Script: pieces[0]}
	for _, a := range pieces[1:] {
		if a != "" {
			res.Args = append(res.Args, a)
		}
	}
	return res
}

// bareAddress reports whether a word is an address without a script: it has the
// shape "digit, dot, digit, dot, digit, dot, digit" with anything between.
func bareAddress(w string) bool {
	// A star of path.Match stops at a slash, that of a shell does not.
	ok, err := path.Match("[0-9]*.[0-9]*.[0-9]*.[0-9]*", strings.ReplaceAll(w, "/", "_"))
	return err == nil && ok
}

// checkKeys looks for groups that the original could not tell apart: it finds a
// group by its first resource, anywhere in the file.
func (r *resourceReader) checkKeys(groups []Group) {
	type place struct{ line, position int }
	seen := make(map[string]place)
	for _, g := range groups {
		for i, res := range g.Resources {
			old, again := seen[res.Word]
			switch {
			case !again:
				seen[res.Word] = place{g.Line, i}
			case old.line != g.Line && (i == 0 || old.position == 0):
				r.find(Warning, g.Line, fmt.Sprintf("%s stands in line %d too: the first resource of a line names its group and must be unique", res.Word, old.line))
			}
		}
	}
}
