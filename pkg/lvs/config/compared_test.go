package config

import (
	"strings"
	"testing"
)

// TestWhatTheComparisonFound has the files, cut down, that a comparison with the
// original over generated files found to be read otherwise.
func TestWhatTheComparisonFound(t *testing.T) {
	t.Parallel()
	const section = "virtual=10.0.0.1:80\n\t"
	for name, c := range map[string]struct{ content, want string }{
		"a colon without a port":      {section + "fallback=127.0.0.1:", "Error 2 invalid IPv4 address or could not resolve for fallback server: 127.0.0.1:"},
		"every fallback has its form": {section + "fallback=127.0.0.1 foo\n\tfallback=127.0.0.1", "Error 2 forward method must be gate, masq or ipip"},
		"the last two words count":    {section + "fallback=x 127.0.0.1:8 ipip", ""},
		"the method 0 is none":        {section + "fallback=127.0.0.1 0", ""},
		"brackets inside a word":      {"fallback6=[::1]:80,\n", ""},
		"brackets without an end":     {"fallback6=[::1:80\n", "Error 1 invalid IPv6 address or could not resolve for fallback server: [::1"},
		"no host":                     {"fallback=:80\n", ""},
		"the fallback has the port of the service": {"virtual=10.0.0.1:nothing\n\tfallback=127.0.0.1",
			"Error 2 invalid port for fallback server"},
		"a comma at the end":        {section + "emailalertstatus=running,", ""},
		"a quote behind the weight": {section + `real=10.0.0.2:80 gate 10["a" "b"`, `Error 2 Invalid real server line, around "["a" "b""`},
		"a section ends where it ends": {"virtual=nobody:80\n\tservice=http\nvirtual=10.0.0.1:80\n\tservice=httpd",
			"Error 1 invalid address for virtual service"},
		"one port written in two ways":       {section + "service=http\nvirtual=10.0.0.1:080\n\tservice=http\n", ""},
		"one port and its name":              {section + "service=http\nvirtual=10.0.0.1:http\n\tservice=http\n", "Error 4 duplicate virtual server"},
		"a supervised director opens no log": {"supervised=yes\nlogfile=\"/nonexistent/dir/log\"\n", ""},
		"a port is named as written": {"virtual=10.0.0.1:080\n\tcheckinterval=2\n",
			"Warning 0 checkinterval in virtual service tcp:10.0.0.1:080 ignored when fork=no"},
		"a word behind supervised": {"supervised9=yes\n", "Error 1 supervised must be 'yes' or 'no'"},
		"a global timeout of 00":   {"checktimeout=00\n", "Error 1 invalid check timeout value"},
		"a timeout of 00":          {section + "checktimeout=00\n", ""},
		"a mark out of range": {"virtual=4294967296\n\tcheckinterval=2\n",
			"Warning 0 checkinterval in virtual service fwm:4294967296 ignored when fork=no"},
	} {
		_, report := Parse("X.cf", c.content, testHost{})
		first := ""
		for _, f := range report.Findings {
			if !f.Ours {
				first = f.Severity.String() + " " + itoa(f.Line) + " " + f.Text
				break
			}
		}
		if first != c.want {
			t.Errorf("%s: %q, want %q", name, first, c.want)
		}
	}
}

// TestTheSecondSpellingIsLeftOut: the kernel has one service for :80 and :080.
func TestTheSecondSpellingIsLeftOut(t *testing.T) {
	t.Parallel()
	c := parse(t, "virtual=10.0.0.1:80\n\tservice=http\nvirtual=10.0.0.1:080\n\tservice=http\n")
	if c.Virtuals[0].Refused != "" || !strings.Contains(c.Virtuals[1].Refused, "line 1") {
		t.Errorf("refused: %q and %q", c.Virtuals[0].Refused, c.Virtuals[1].Refused)
	}
}
