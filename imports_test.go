// Package lvsha_test holds the tree to the rules of docs/architecture.md.
package lvsha_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "lvsha/"

// pure packages do no input or output, start no goroutine and read no clock.
var pure = []string{
	"pkg/ha/message", "pkg/ha/membership", "pkg/ha/takeover", "pkg/ha/core", "pkg/ha/ipfail", "pkg/ha/judge", "pkg/ha/view",
	"pkg/lvs/health", "pkg/lvs/plan", "pkg/lvs/pattern", "pkg/lvs/view",
	"pkg/system/logging/level",
}

// plain packages are types that a pure package may use besides other pure ones.
// What they do with files is not for their importers.
var plain = []string{"pkg/ha/config", "pkg/lvs/config"}

// impure is what a pure package must not import; a directory stands for all
// below it. net/netip is allowed.
var impure = []string{"net", "os", "log", "syscall", "io/fs", "io/ioutil", "golang.org/x/sys", "testing"}

// clock is what a pure package must not take from time.
var clock = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "NewTimer", "NewTicker", "Tick"}

// loops join the parts; only a main imports them.
var loops = map[string]string{"pkg/ha/node": "heartbeat", "pkg/lvs/director": "ldirectord"}

// shared libraries are no wrappers' business: system calls.
var shared = []string{"golang.org/x/sys"}

// source is one Go file that goes into a binary.
type source struct {
	name    string // path in the tree
	pkg     string // its directory
	imports []string
	file    *ast.File
	set     *token.FileSet
}

func (s source) at(p token.Pos) string { return fmt.Sprintf("%s:%d", s.name, s.set.Position(p).Line) }

func sources(t *testing.T, tests bool) []source {
	t.Helper()
	var out []source
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || name != "." && strings.HasPrefix(d.Name(), ".") || name == "build") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") && !tests {
			return nil
		}
		s := source{name: name, pkg: path.Dir(name), set: token.NewFileSet()}
		if s.file, err = parser.ParseFile(s.set, name, nil, parser.ParseComments); err != nil {
			return err
		}
		for _, i := range s.file.Imports {
			p, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			s.imports = append(s.imports, p)
		}
		out = append(out, s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// below says whether a package is dir or lies in it.
func below(pkg, dir string) bool { return pkg == dir || strings.HasPrefix(pkg, dir+"/") }

func belowAny(pkg string, dirs []string) bool {
	return slices.ContainsFunc(dirs, func(d string) bool { return below(pkg, d) })
}

// upward says what is wrong with an import of ours, or "".
func upward(from, to string) string {
	loop := func(dir string) string {
		for l := range loops {
			if below(dir, l) {
				return l
			}
		}
		return ""
	}
	switch {
	case !below(to, "pkg"):
		return "only packages below pkg are imported"
	case below(from, "compat-tests"), from == ".":
		return ""
	case below(from, "pkg/system") && !below(to, "pkg/system"):
		return "pkg/system imports nothing of the wings"
	case below(from, "pkg/ha") && below(to, "pkg/lvs"), below(from, "pkg/lvs") && below(to, "pkg/ha"):
		return "the two wings never import each other"
	case below(from, "heartbeat") && below(to, "pkg/lvs"), below(from, "ldirectord") && below(to, "pkg/ha"):
		return "each main has its own wing"
	case loop(to) != "" && !below(from, loop(to)) && !below(from, loops[loop(to)]):
		return "only its main imports a loop"
	case belowAny(from, pure) && !belowAny(to, pure) && !slices.Contains(plain, to):
		return "a pure package imports only pure ones"
	}
	return ""
}

func TestImportsPointDown(t *testing.T) {
	for _, s := range sources(t, false) {
		for _, i := range s.imports {
			to, ours := strings.CutPrefix(i, module)
			if !ours {
				continue
			}
			// The harness packages of the comparisons import each other.
			if below(to, "compat-tests") && below(s.pkg, "compat-tests") {
				continue
			}
			if why := upward(s.pkg, to); why != "" {
				t.Errorf("%s imports %s: %s", s.name, to, why)
			}
		}
	}
}

func TestUpwardArrowsAreSeen(t *testing.T) {
	for _, c := range []struct {
		from, to string
		ok       bool
	}{
		{"heartbeat", "pkg/ha/node", true},
		{"pkg/ha/node", "pkg/ha/core", true},
		{"pkg/ha/core", "pkg/ha/membership", true},
		{"pkg/ha/resource", "pkg/system/netif", true},
		{"pkg/ha/takeover", "pkg/ha/config", true},
		{"pkg/lvs/director", "pkg/lvs/check", true},
		{"compat-tests/pair", "pkg/system/netif", true},
		{"pkg/ha/link", "pkg/ha/node", false},
		{"pkg/system/netif", "pkg/ha/config", false},
		{"pkg/ha/node", "pkg/lvs/plan", false},
		{"pkg/lvs/check", "pkg/ha/message", false},
		{"ldirectord", "pkg/ha/message", false},
		{"heartbeat", "pkg/lvs/director", false},
		{"pkg/ha/takeover", "pkg/ha/link", false},
		{"pkg/ha/takeover", "pkg/system/logging", false},
		{"pkg/ha/node", "compat-tests/pair", false},
	} {
		if why := upward(c.from, c.to); (why == "") != c.ok {
			t.Errorf("%s -> %s: %q", c.from, c.to, why)
		}
	}
}

func TestPurePackages(t *testing.T) {
	for _, s := range sources(t, false) {
		if !belowAny(s.pkg, pure) {
			continue
		}
		for _, i := range s.imports {
			if i != "net/netip" && belowAny(i, impure) {
				t.Errorf("%s imports %s", s.name, i)
			}
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				t.Errorf("%s starts a goroutine", s.at(n.Pos()))
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains(clock, n.Sel.Name) {
					t.Errorf("%s reads the clock: time.%s", s.at(n.Pos()), n.Sel.Name)
				}
			}
			return true
		})
	}
}

func TestOnePackageWrapsALibrary(t *testing.T) {
	users := make(map[string]map[string]bool)
	for _, s := range sources(t, false) {
		if below(s.pkg, "compat-tests") {
			continue
		}
		for _, i := range s.imports {
			host, _, _ := strings.Cut(i, "/")
			if !strings.Contains(host, ".") || belowAny(i, shared) {
				continue
			}
			if users[i] == nil {
				users[i] = make(map[string]bool)
			}
			users[i][s.pkg] = true
		}
	}
	for library, pkgs := range users {
		if len(pkgs) > 1 {
			t.Errorf("%s is imported by %d packages: %v", library, len(pkgs), pkgs)
		}
	}
}
