package lvsha_test

import (
	"go/ast"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// linesMax is where a file does more than one thing. Tables may be longer.
const linesMax = 700

// misspelt are the words that English writers of code get wrong most often.
var misspelt = regexp.MustCompile(`(?i)\b(recieve\w*|seperat\w*|occured|occurence|existance|begining|untill|adress\w*|definit?ly|` +
	`neccess?ary|succesful\w*|sucess\w*|wich|teh|paramater\w*|refered|transfered|independant|availible|priviledge\w*|lenght|` +
	`threshhold|retreiv\w*|supress\w*|acknowlege\w*|enviroment\w*|dependan(t|cy)|responsability|explicitely|garantee\w*)\b`)

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	said := make(map[string]bool)
	for _, s := range sources(t, false) {
		said[s.pkg] = said[s.pkg] || s.file.Doc != nil
	}
	for pkg, ok := range said {
		if !ok {
			t.Errorf("%s has no package comment", pkg)
		}
	}
}

// Exported names have a comment, and a doc comment is made of sentences: it
// begins with the name (of a function, method or type) and ends with a stop.
func TestDocComments(t *testing.T) {
	for _, s := range sources(t, false) {
		if s.file.Name.Name == "main" {
			continue
		}
		for _, d := range s.file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if exportedFunc(d) {
					checkDoc(t, s, d.Name.Name, d.Doc, d)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					switch spec := spec.(type) {
					case *ast.TypeSpec:
						if spec.Name.IsExported() {
							checkDoc(t, s, spec.Name.Name, firstDoc(spec.Doc, d.Doc), spec)
						}
					case *ast.ValueSpec:
						if spec.Names[0].IsExported() {
							checkDoc(t, s, "", firstDoc(firstDoc(spec.Doc, spec.Comment), d.Doc), spec)
						}
					}
				}
			}
		}
	}
}

func exportedFunc(d *ast.FuncDecl) bool {
	if !d.Name.IsExported() {
		return false
	}
	if d.Recv == nil {
		return true
	}
	recv := d.Recv.List[0].Type
	if star, ok := recv.(*ast.StarExpr); ok {
		recv = star.X
	}
	if index, ok := recv.(*ast.IndexExpr); ok {
		recv = index.X
	}
	name, ok := recv.(*ast.Ident)
	return !ok || name.IsExported()
}

func firstDoc(a, b *ast.CommentGroup) *ast.CommentGroup {
	if a != nil && a.Text() != "" { // a directive has no text
		return a
	}
	return b
}

func checkDoc(t *testing.T, s source, name string, doc *ast.CommentGroup, at ast.Node) {
	t.Helper()
	text := ""
	if doc != nil {
		text = strings.TrimSpace(doc.Text())
	}
	switch {
	case text == "":
		t.Errorf("%s: exported without a comment", s.at(at.Pos()))
	case name != "" && !regexp.MustCompile(`^((A|An|The) )?`+name+`\b`).MatchString(text):
		t.Errorf("%s: the comment does not begin with %s", s.at(at.Pos()), name)
	}
}

func TestSpelling(t *testing.T) {
	out, err := exec.Command("git", "ls-files", "-z").Output()
	if err != nil {
		t.Fatalf("git ls-files: %v", err)
	}
	for name := range strings.SplitSeq(strings.Trim(string(out), "\x00"), "\x00") {
		if strings.Contains(name, "testdata/") || name == "style_test.go" || name == "go.sum" {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil || strings.ContainsRune(string(text), 0) {
			continue // a dangling link, a binary
		}
		for n, line := range strings.Split(string(text), "\n") {
			if w := misspelt.FindString(line); w != "" {
				t.Errorf("%s:%d: %s", name, n+1, w)
			}
		}
	}
}

func TestFilesAreShort(t *testing.T) {
	for _, s := range sources(t, true) {
		if n := s.set.Position(s.file.FileEnd).Line; n > linesMax {
			t.Errorf("%s has %d lines", s.name, n)
		}
	}
}
