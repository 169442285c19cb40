package config

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// testHost is the machine on which the cases were recorded: no names but
// localhost, a services file without http/udp, files only below /mnt.
type testHost struct{}

func (testHost) Lookup(name string, ipv6 bool) (netip.Addr, error) {
	if name == "localhost" && !ipv6 {
		return netip.MustParseAddr("127.0.0.1"), nil
	}
	return netip.Addr{}, errors.New("unknown name")
}

const testServices = `
ftp 21/tcp
smtp 25/tcp mail
domain 53/tcp
domain 53/udp
tftp 69/udp
http 80/tcp www	# WorldWideWeb HTTP
imap2 143/tcp imap
snmp 161/tcp
snmp 161/udp
https 443/tcp
https 443/udp
`

func (testHost) Service(name, protocol string) (uint16, bool) {
	return findService(testServices, name, protocol)
}
func (testHost) NodeName() string { return "HOSTNAME" }
func (testHost) Appendable(path string) error {
	if !strings.HasPrefix(path, "/mnt/") {
		return &os.PathError{Op: "open", Path: path, Err: syscall.ENOENT}
	}
	return nil
}
func (testHost) IsDir(string) bool { return false }

// exceptions are the recorded cases in which we differ, with the reason.
var exceptions = map[string]string{
	"s03_unindented":                                 "options in column 1 are taken as the section's (decision 11)",
	"s42_unindented_mixed":                           "options in column 1 are taken as the section's (decision 11)",
	"s18c_crlf_yes":                                  "one CR before LF is dropped ([free], 1.1)",
	"s18e_crlf_full":                                 "one CR before LF is dropped ([free], 1.1)",
	"s18f_crlf_netmask":                              "one CR before LF is dropped ([free], 1.1)",
	"s18g_crlf_tabonly":                              "one CR before LF is dropped ([free], 1.1)",
	"o079_vopt[checktimeout=00]":                     "no limit at all is not possible, the default is taken ([free], 1.4)",
	"r41_real[10.0.0.2:80->10.0.0.5:80 gate]":        "the address must stand at the beginning ([fix], 1.9)",
	"r48_real[my_host:80 gate]":                      "the address must stand at the beginning ([fix], 1.9)",
	"o117_vopt[load=\"x\"]":                          "the value is used by nothing and not kept",
	"o186_vopt[servicename=]":                        "an empty name is none",
	"p_port[21]":                                     "the login of ftp also holds where the service comes from the port ([fix], checks 2.2)",
	"p_port[5060]":                                   "the login of sip also holds where the service comes from the port ([fix], checks 2.2)",
	"r56_real[[10.0.0.2]:80 gate]":                   "the address must stand at the beginning ([fix], 1.9)",
	"r62_real[*:80 gate]":                            "the address must stand at the beginning ([fix], 1.9)",
	"w30_real6_nobr":                                 "the address must stand at the beginning ([fix], 1.9)",
	"r44_real[59.154.201.254->59.154.202.1:80 gate]": "every range yields its servers ([fix], 1.9)",
	"o127_vopt[virtualhost=www.x  ]":                 "blanks after a host name are dropped ([fix], checks 4.1)",
}

type recorded struct {
	Name, Config, Stderr string
	Exit                 int
	Globals              map[string]any
	Virtuals             []map[string]any
}

func readCases(t testing.TB) []recorded {
	t.Helper()
	f, err := os.Open("testdata/cases.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var cases []recorded
	scanner := bufio.NewScanner(f)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		var c recorded
		if err := json.Unmarshal(scanner.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		cases = append(cases, c)
	}
	if len(cases) < 400 {
		t.Fatalf("only %d cases", len(cases))
	}
	return cases
}

// said is what we report, in the original's words, up to the first error: the
// original stops there.
func said(r *Report) string {
	var lines []string
	for _, f := range r.Findings {
		if f.Ours {
			continue
		}
		f.Meant = ""
		text := strings.Replace(f.Format("CONFIG", 0), "[0]", "[PID]", 1)
		lines = append(lines, strings.TrimRight(text, " \"\n"))
		if f.Severity == Error {
			break
		}
	}
	return strings.Join(lines, "\n")
}

// wanted is what the original said. Of an unknown command it prints the line
// with its newline, which makes two lines of the message; ours has one.
func wanted(stderr string) string {
	var lines []string
	for _, l := range strings.Split(stderr, "\n") {
		l = strings.TrimRight(l, " \"\r\n")
		if l != "" {
			lines = append(lines, l)
		}
	}
	return strings.Join(lines, "\n")
}

func TestRecordedCases(t *testing.T) {
	t.Parallel()
	differing := make(map[string]bool)
	for _, c := range readCases(t) {
		p := &parser{host: testHost{}, report: &Report{}, global: newGlobal()}
		p.file(splitLines(c.Config))
		p.finish()
		var problems []string
		if failed := p.report.Failed(); failed != (c.Exit == 2) {
			problems = append(problems, fmt.Sprintf("failed %v, the original's exit status is %d: %q", failed, c.Exit, said(p.report)))
		}
		if got, want := said(p.report), wanted(c.Stderr); got != want {
			problems = append(problems, fmt.Sprintf("said\n%q, the original\n%q", got, want))
		}
		if len(problems) == 0 && c.Exit == 3 {
			problems = compareValues(p, c)
		}
		if len(problems) > 0 {
			differing[c.Name] = true
			if exceptions[c.Name] == "" {
				t.Errorf("%s %q:\n%s", c.Name, c.Config, strings.Join(problems, "\n"))
			}
		}
	}
	for name, reason := range exceptions {
		if !differing[name] {
			t.Errorf("%s (%s) is listed as an exception and does not differ", name, reason)
		}
	}
}

func compareValues(p *parser, c recorded) (problems []string) {
	got, want := dumpGlobal(p.global), c.Globals
	problems = append(problems, compareMaps("global", got, want)...)
	if len(p.sections) != len(c.Virtuals) {
		return append(problems, fmt.Sprintf("%d virtuals, want %d", len(p.sections), len(c.Virtuals)))
	}
	for i, s := range p.sections {
		want := c.Virtuals[i]
		reals, _ := want["real"].([]any)
		delete(want, "real")
		problems = append(problems, compareMaps("virtual", dumpSection(s), want)...)
		if len(reals) != len(s.virtual.Reals) {
			problems = append(problems, fmt.Sprintf("%d reals, want %d", len(s.virtual.Reals), len(reals)))
			continue
		}
		for j, r := range s.virtual.Reals {
			problems = append(problems, compareMaps("real", dumpReal(r), reals[j].(map[string]any))...)
		}
	}
	return problems
}

func compareMaps(what string, got, want map[string]any) (problems []string) {
	for name, w := range want {
		if g, w := normal(got[name]), normal(w); g != w {
			problems = append(problems, fmt.Sprintf("%s %s is %s, want %s", what, name, g, w))
		}
	}
	for name, g := range got {
		if _, ok := want[name]; !ok {
			problems = append(problems, fmt.Sprintf("%s %s is %v, want the default", what, name, g))
		}
	}
	return problems
}

// normal writes a value so that 010 and 10 are the same.
func normal(v any) string {
	if s, ok := v.(string); ok {
		if n, err := strconv.Atoi(s); err == nil {
			return strconv.Itoa(n)
		}
	}
	text, _ := json.Marshal(v)
	return string(text)
}
