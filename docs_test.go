package lvsha_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"lvsha/packaging/man"
	"lvsha/pkg/ha/config"
	lvs "lvsha/pkg/lvs/config"
)

// known are the directives of ha.cf, with the one that the parser replaces.
func known() []string { return append(config.Directives(), "udp") }

// TestEveryDirectiveIsDocumented compares the table of the documents with that
// of the code.
func TestEveryDirectiveIsDocumented(t *testing.T) {
	data, err := os.ReadFile("docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_0-9]+)` \\|").FindAllStringSubmatch(string(data), -1) {
		documented = append(documented, m[1])
	}
	same(t, "docs/configuration.md", documented, known())
}

// same says which names a document has and the code does not know, and the
// reverse.
func same(t *testing.T, document string, documented, known []string) {
	t.Helper()
	for _, name := range known {
		if !slices.Contains(documented, name) {
			t.Errorf("%s says nothing of %s", document, name)
		}
	}
	for i, name := range documented {
		if !slices.Contains(known, name) {
			t.Errorf("%s documents %s, which the code does not know", document, name)
		}
		if slices.Contains(documented[:i], name) {
			t.Errorf("%s documents %s twice", document, name)
		}
	}
}

func entries(t *testing.T, page, section string) []man.Entry {
	t.Helper()
	list, err := man.Section(page, section)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func names(list []man.Entry) []string {
	var out []string
	for _, e := range list {
		out = append(out, e.Name())
	}
	return out
}

func TestManualOfHACF(t *testing.T) {
	list := entries(t, "ha.cf.5", "DIRECTIVES")
	same(t, "ha.cf(5)", names(list), known())
	// What is always refused, or may stand only once under its other name, has no
	// example.
	none := []string{"crm_daemon_dir", "pacemaker"}
	var file strings.Builder
	for _, e := range list {
		if (len(e.Examples) == 0) != slices.Contains(none, e.Name()) {
			t.Errorf("ha.cf(5): %s has %d examples", e.Name(), len(e.Examples))
		}
		for _, line := range e.Examples {
			if strings.Fields(line)[0] != e.Name() {
				t.Errorf("ha.cf(5): the example of %s is %q", e.Name(), line)
			}
			file.WriteString(line + "\n")
		}
	}
	dir := t.TempDir()
	write(t, dir, "ha.cf", file.String())
	write(t, dir, "haresources", "lvsm.hwlee.shop 192.0.2.70\n")
	write(t, dir, "authkeys", examples(entries(t, "authkeys.5", "LINES")))
	_, report := config.Load(dir, config.Host{NodeName: func() (string, error) { return "lvsm.hwlee.shop", nil }})
	if !report.OK() {
		t.Errorf("the examples of the manual are refused: %v", report.Err())
	}
}

// TestDefaultsOfHACF compares the defaults of the manual with those of the code:
// the first word, times in seconds.
func TestDefaultsOfHACF(t *testing.T) {
	documented := make(map[string]string)
	for _, e := range entries(t, "ha.cf.5", "DIRECTIVES") {
		documented[e.Name()], _, _ = strings.Cut(strings.ReplaceAll(e.Default, ",", " "), " ")
	}
	for _, d := range config.Defaults() {
		want := d.Value
		if ms, ok := strings.CutSuffix(want, "000ms"); ok {
			want = ms
		}
		if documented[d.Name] != want {
			t.Errorf("ha.cf(5): the default of %s is %q, in the code it is %s", d.Name, documented[d.Name], d.Value)
		}
	}
}

// TestDefaultsOfLdirectordCF does the same with a service of which the file says
// nothing. The default of a time limit is the last word.
func TestDefaultsOfLdirectordCF(t *testing.T) {
	documented := make(map[string]string)
	for _, section := range []string{"GLOBAL DIRECTIVES", "OPTIONS OF A SERVICE"} {
		for _, e := range entries(t, "ldirectord.cf.5", section) {
			documented[e.Name()] = e.Default
		}
	}
	c, report := lvs.Parse("a service", "virtual=192.0.2.70:8000\n\treal=192.0.2.121:8000 gate\n", lvs.System{ReadOnly: true})
	if report.Failed() {
		t.Fatal(report.Findings)
	}
	v, g := c.Virtuals[0], c.Global
	yesNo := map[bool]string{true: "yes", false: "no"}
	for name, value := range map[string]any{
		"checkinterval": v.CheckInterval.Seconds(), "checkcount": v.CheckCount, "failurecount": v.FailureCount, "fork": yesNo[g.Fork],
		"quiescent": yesNo[v.Quiescent], "cleanstop": yesNo[v.CleanStop], "readdquiescent": yesNo[g.ReaddQuiescent],
		"autoreload": yesNo[g.AutoReload], "supervised": yesNo[g.Supervised], "ops": yesNo[v.OnePacket],
		"emailalertfreq": v.Alert.Every.Seconds(), "scheduler": v.Scheduler, "checktype": v.CheckType, "request": v.Request,
		"httpmethod": v.HTTPMethod,
	} {
		if want := fmt.Sprint(value); documented[name] != want {
			t.Errorf("ldirectord.cf(5): the default of %s is %q, in the code it is %s", name, documented[name], want)
		}
	}
	text := man.Text("ldirectord.cf.5")
	for _, want := range []string{
		fmt.Sprintf("says, else %v.", v.CheckTimeout.Seconds()), fmt.Sprintf("says, else %v.", v.NegotiateTimeout.Seconds()),
		"\n.IR " + g.LogFile + " .", "\n.IR " + v.CheckCommand + " .", "by the port of the service, else " + v.Service + ".",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("ldirectord.cf(5): nowhere %q", want)
		}
	}
}

// TestManualOfCLStatus reads the commands of cl_status off the code.
func TestManualOfCLStatus(t *testing.T) {
	const source = "heartbeat/clstatus.go"
	same(t, "cl_status(1)", names(entries(t, "cl_status.1", "COMMANDS")), found(t, regexp.MustCompile(`(?m)^\t"([a-z]+)":\s+\{"[a-z:]*", `), source))
}

func examples(list []man.Entry) string {
	var file strings.Builder
	for _, e := range list {
		for _, line := range e.Examples {
			file.WriteString(line + "\n")
		}
	}
	return file.String()
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestManualOfHaresources looks at the scripts that come with heartbeat: each has
// an entry or stands in the list of the agents.
func TestManualOfHaresources(t *testing.T) {
	list := entries(t, "haresources.5", "SCRIPTS")
	text, err := os.ReadFile("packaging/man/haresources.5")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.ReadDir("resource.d")
	if err != nil {
		t.Fatal(err)
	}
	var shipped []string
	for _, e := range dir {
		shipped = append(shipped, e.Name())
		if !slices.Contains(names(list), e.Name()) && !regexp.MustCompile(`(?m)^\.BR .*\b`+e.Name()+`\b`).Match(text) {
			t.Errorf("haresources(5) says nothing of %s", e.Name())
		}
	}
	for _, e := range list {
		if !slices.Contains(shipped, e.Name()) {
			t.Errorf("haresources(5) documents %s, which does not come with heartbeat", e.Name())
		}
		for _, line := range e.Examples {
			if r := config.ParseResource(line); r.Script != e.Name() {
				t.Errorf("haresources(5): the example of %s is %q", e.Name(), line)
			}
		}
	}
}

func TestManualOfLdirectordCF(t *testing.T) {
	global, service := lvs.Directives()
	top, options := entries(t, "ldirectord.cf.5", "GLOBAL DIRECTIVES"), entries(t, "ldirectord.cf.5", "OPTIONS OF A SERVICE")
	same(t, "ldirectord.cf(5), global directives", names(top), global)
	// Options that are global directives as well have one entry, which says so.
	shared := marked(t)
	for _, name := range service {
		if slices.Contains(global, name) {
			shared = without(t, shared, name)
		}
	}
	if len(shared) > 0 {
		t.Errorf("ldirectord.cf(5) says that these may be options of a service: %v", shared)
	}
	same(t, "ldirectord.cf(5), options", names(options), slices.DeleteFunc(service, func(name string) bool { return slices.Contains(global, name) }))

	var file strings.Builder
	for _, e := range append(top, options...) {
		refused := e.Name() == "timeout" || e.Name() == "connecttimeout"
		if (len(e.Examples) == 0) != (refused || e.Name() == "real6") {
			t.Errorf("ldirectord.cf(5): %s has %d examples", e.Name(), len(e.Examples))
		}
		for _, line := range e.Examples {
			if !strings.HasPrefix(line, e.Name()+"=") {
				t.Errorf("ldirectord.cf(5): the example of %s is %q", e.Name(), line)
			}
		}
	}
	const first, second = "virtual=", "virtual6="
	for _, line := range strings.Split(examples(top), "\n") {
		if !strings.HasPrefix(line, first) && !strings.HasPrefix(line, second) {
			file.WriteString(line + "\n")
		}
	}
	for _, line := range strings.Split(examples(top), "\n") {
		if strings.HasPrefix(line, second) {
			file.WriteString(line + "\n\treal6=[2001:db8::121]:80 gate\n")
		}
	}
	for _, line := range strings.Split(examples(top), "\n") {
		if strings.HasPrefix(line, first) {
			file.WriteString(line + "\n\t" + strings.ReplaceAll(examples(options), "\n", "\n\t"))
		}
	}
	if _, report := lvs.Parse("the examples of ldirectord.cf(5)", file.String(), lvs.System{ReadOnly: true}); report.Failed() {
		for _, f := range report.Findings {
			t.Error(f.Format(report.Path, 0))
		}
		t.Log(file.String())
	}
}

// marked are the global directives whose entry says that they may be options of
// a service, and one that says so in its own words.
func marked(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("packaging/man/ldirectord.cf.5")
	if err != nil {
		t.Fatal(err)
	}
	out := []string{"connecttimeout"}
	for _, entry := range strings.Split(string(text), "\n.TP\n")[1:] {
		if name, _, ok := strings.Cut(entry, "="); ok && strings.Contains(entry, "\n.I (service)\nDefault:") ||
			ok && strings.Contains(entry, "\n.I (service)\n.br\nExample:") {
			out = append(out, name[strings.LastIndexByte(name, ' ')+1:])
		}
	}
	return out
}

func without(t *testing.T, list []string, name string) []string {
	t.Helper()
	i := slices.Index(list, name)
	if i < 0 {
		t.Errorf("ldirectord.cf(5) does not say that %s may be an option of a service", name)
		return list
	}
	return slices.Delete(list, i, i+1)
}

// TestSettingsAreDocumented compares the settings that are shipped with their
// manuals and with what reads them.
func TestSettingsAreDocumented(t *testing.T) {
	for _, c := range []struct {
		page, section, file string
		readers             []string
	}{
		{"heartbeat.8", "SETTINGS", "packaging/sysconfig/heartbeat", []string{"heartbeat/*.go", "packaging/init.d/heartbeat"}},
		{"ldirectord.8", "SETTINGS", "packaging/sysconfig/ldirectord", []string{"ldirectord/*.go", "packaging/init.d/ldirectord"}},
		{"lvs-realserver.8", "SETTINGS", "packaging/sysconfig/lvs-realserver", []string{"packaging/lvs-realserver"}},
	} {
		shipped := found(t, regexp.MustCompile(`(?m)^#?([A-Z_0-9]+)=`), c.file)
		same(t, c.page, names(entries(t, c.page, c.section)), shipped)
		if len(shipped) == 0 {
			t.Errorf("%s has no settings", c.file)
		}
		used := found(t, regexp.MustCompile(`\b([A-Z][A-Z_0-9]+)\b`), c.readers...)
		for _, name := range shipped {
			if !slices.Contains(used, name) {
				t.Errorf("%s: nothing reads %s", c.file, name)
			}
		}
		for _, name := range found(t, regexp.MustCompile(`\b(?:seconds|Seconds|Text|text|Flag|flag|Number|number|Bool)\("([A-Z][A-Z_0-9]+)"`), c.readers...) {
			if !slices.Contains(shipped, name) {
				t.Errorf("%s says nothing of %s", c.file, name)
			}
		}
	}
}

// found are what the group of an expression matches in files, each once.
func found(t *testing.T, e *regexp.Regexp, patterns ...string) []string {
	t.Helper()
	var out []string
	for _, p := range patterns {
		files, err := filepath.Glob(p)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: no such file (%v)", p, err)
		}
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range e.FindAllSubmatch(text, -1) {
				out = append(out, string(m[1]))
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// TestManualsAreClean has man(1) format each page with all of its warnings.
func TestManualsAreClean(t *testing.T) {
	if _, err := exec.LookPath("groff"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	for _, name := range man.Names() {
		cmd := exec.CommandContext(t.Context(), "groff", "-man", "-Tutf8", "-Kutf8", "-wall", "-rCHECKSTYLE=2", filepath.Join("packaging/man", name))
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		if err := cmd.Run(); err != nil || errs.Len() > 0 {
			t.Errorf("%s: %v\n%s", name, err, errs.String())
		}
		for _, section := range []string{"NAME", "SYNOPSIS", "DESCRIPTION", "SEE ALSO"} {
			if _, err := man.Section(name, section); err != nil {
				t.Error(err)
			}
		}
		if out.Len() == 0 {
			t.Errorf("%s: nothing is printed", name)
		}
	}
}

// TestManualsReferToEachOther looks for what the pages refer to.
func TestManualsReferToEachOther(t *testing.T) {
	reference := regexp.MustCompile(`(?m)^\.BR ([A-Za-z_.\\-]+) \(([158])\)`)
	// The pages of others.
	others := []string{"ipvsadm.8", "ip.8", "stonith.8"}
	for _, name := range man.Names() {
		for _, page := range found(t, regexp.MustCompile(`(?m)^\.BR ([A-Za-z_.\\-]+ \([158]\))`), filepath.Join("packaging/man", name)) {
			m := reference.FindStringSubmatch(".BR " + page)
			file := strings.ReplaceAll(m[1], `\-`, "-") + "." + m[2]
			if !slices.Contains(man.Names(), file) && !slices.Contains(others, file) {
				t.Errorf("%s refers to %s, which does not exist", name, file)
			}
		}
	}
}
