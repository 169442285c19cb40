package config

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"sort"
	"strings"
	"testing"

	"lvsha/pkg/ha/fence"
	"lvsha/pkg/ha/message"
	"lvsha/pkg/system/goldentest"
)

// cases returns the input files of a directory of testdata.
func cases(t testing.TB, dir string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join("testdata", dir, "*.txt"))
	if err != nil || len(all) == 0 {
		t.Fatalf("no cases in %s: %v", dir, err)
	}
	return all
}

// golden compares a text with the golden file of a case.
func golden(t *testing.T, input, got string) {
	t.Helper()
	name, err := filepath.Rel("testdata", strings.TrimSuffix(input, ".txt"))
	if err != nil {
		t.Fatal(err)
	}
	goldentest.Check(t, name, got)
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// show prints a report: what a terminal gets, then what the log gets.
func show(r *Report) string {
	var b strings.Builder
	fmt.Fprintf(&b, "status %d\n", r.Status)
	b.WriteString(r.String())
	b.WriteString("\n--- log\n")
	for _, l := range r.Lines() {
		fmt.Fprintf(&b, "%v: %s\n", l.Level, l.Text)
	}
	return b.String()
}

// dump prints the fields of a struct, one a line, and lists one element a line.
func dump(v any) string {
	var b strings.Builder
	value := reflect.ValueOf(v)
	for i := range value.NumField() {
		f := value.Field(i)
		name := value.Type().Field(i).Name
		if f.Kind() == reflect.Slice && f.Len() > 0 && f.Type().Elem().Kind() == reflect.Struct {
			for j := range f.Len() {
				fmt.Fprintf(&b, "%s[%d]: %+v\n", name, j, f.Index(j).Interface())
			}
			continue
		}
		fmt.Fprintf(&b, "%s: %+v\n", name, f.Interface())
	}
	return b.String()
}

// fakeHost is the node alpha with the interfaces eth0 and eth1.
func fakeHost() Host {
	return Host{
		NodeName:     func() (string, error) { return "Alpha", nil },
		HasInterface: func(name string) bool { return name == "eth0" || name == "eth1" || name == "bare0" },
		HasIPv4:      func(name string) bool { return name != "bare0" },
		UDPPort:      func(string) (int, bool) { return 0, false },
		UDPService: func(port int) (string, bool) {
			return "afs3-fileserver", port == 7000
		},
		Resolve: func(host string) error {
			if strings.HasSuffix(host, ".invalid") {
				return fmt.Errorf("lookup %s: no such host", host)
			}
			return nil
		},
		Stat: os.Stat,
		FenceParameters: func(kind string) ([]string, error) {
			switch kind {
			case "null":
				return []string{"hostlist"}, nil
			case "uninstalled":
				return nil, fence.ErrNoTool
			}
			return nil, fmt.Errorf("%s: %w", kind, fence.ErrNoDevice)
		},
		HasUser:  func(name string) bool { return name == "root" || name == "hacluster" },
		HasGroup: func(name string) bool { return name == "haclient" },
	}
}

func TestHAGolden(t *testing.T) {
	for _, input := range cases(t, "ha") {
		t.Run(filepath.Base(input), func(t *testing.T) {
			p := parseHA(read(t, input), "/etc/ha.d", fakeHost())
			if p.report.OK() {
				p.check(p.nodeName())
			}
			ha := p.finish()
			text := show(p.report)
			if p.report.OK() {
				text += "\n--- value\n" + dump(*ha)
			}
			golden(t, input, text)
		})
	}
}

func TestKeysGolden(t *testing.T) {
	for _, input := range cases(t, "keys") {
		t.Run(filepath.Base(input), func(t *testing.T) {
			ring, report := parseKeys(read(t, input), "/etc/ha.d")
			if (ring != nil) != report.OK() {
				t.Errorf("ring %v, status %d", ring, report.Status)
			}
			golden(t, input, show(report)+"\n--- value\n"+dumpRing(ring))
		})
	}
}

func dumpRing(ring *message.Keyring) string {
	if ring == nil {
		return "none\n"
	}
	var numbers []int
	for n := range ring.Keys {
		numbers = append(numbers, n)
	}
	sort.Ints(numbers)
	text := fmt.Sprintf("outbound %d\n", ring.Outbound)
	for _, n := range numbers {
		text += fmt.Sprintf("%d %v %q\n", n, ring.Keys[n].Method, string(ring.Keys[n].Secret))
	}
	return text
}

func TestResourcesGolden(t *testing.T) {
	for _, input := range cases(t, "resources") {
		t.Run(filepath.Base(input), func(t *testing.T) {
			groups, report := parseResources(read(t, input), "/etc/ha.d", []string{"alpha", "beta", "192.0.2.1"})
			text := show(report) + "\n--- value\n"
			for _, g := range groups {
				text += fmt.Sprintf("%d: %s, key %s\n", g.Line, g.Node, g.Key())
				for _, r := range g.Resources {
					text += fmt.Sprintf("   %q: %s %q\n", r.Word, r.Script, r.Args)
				}
			}
			golden(t, input, text)
		})
	}
}
