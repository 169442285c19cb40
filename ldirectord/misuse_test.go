package main

import (
	"strings"
	"testing"
)

// TestMisuse: what is wrong with a command line stands first, and what was meant
// next to it.
func TestMisuse(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"t.cf status --jsn":            "ldirectord status: unknown option --jsn: it has --verbose and --json\nUsage: ldirectord [configfile] status [",
		"t.cf drain":                   "ldirectord drain: which real server? ADDRESS or ADDRESS:PORT\nUsage: ldirectord [configfile] drain REAL",
		"t.cf undrain a b":             "ldirectord undrain: one real server at a time\n",
		"t.cf drain a --timeout x":     "ldirectord drain: --timeout x is no number of seconds\n",
		"t.cf top other.cf":            "ldirectord top: one file at a time\nUsage: ldirectord top [configfile]\n",
		"--check --jsn t.cf":           "ldirectord --check: unknown option --jsn: it has --json and --explain\n",
		"--check a b":                  "ldirectord --check: one file at a time\n",
		"t.cf statu":                   "ldirectord: there is no command statu; did you mean status?\n",
		"drian 10.1.0.1":               "",
		"nosuch.cf --check":            "",
		"nosuch.cf status --json":      "there is no configuration nosuch.cf in DIR or here; the kernel's table alone:\n",
		"nosuch.cf top":                "ldirectord top: there is no configuration nosuch.cf in DIR or here\n",
		"/nowhere/nosuch.cf status -v": "ldirectord status: unknown option -v",
	} {
		var stdout, stderr strings.Builder
		dir := t.TempDir()
		a := &app{args: append([]string{"ldirectord"}, strings.Fields(line)...), stdout: &stdout, stderr: &stderr, site: site{runDir: dir, configDirs: []string{dir}}}
		status, done := a.parse(a.args[1:])
		if !done {
			a.path, a.found = a.site.find(a.name)
			switch a.command {
			case "top":
				status = a.top()
			case "status":
				status = a.statusCommand()
			}
		}
		if got := strings.ReplaceAll(stderr.String(), dir, "DIR"); !strings.HasPrefix(got, want) || status == statusOK {
			t.Errorf("%s: status %d, %q", line, status, got)
		}
	}
}
