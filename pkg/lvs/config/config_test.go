package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// text is the report as a person reads it, with the pid left out.
func text(r *Report) string {
	var b strings.Builder
	for _, f := range r.Findings {
		b.WriteString(strings.Replace(f.Format("X.cf", 0), " [0]", "", 1) + "\n")
	}
	return b.String()
}

// TestFiles holds each testdata/*.cf against what is reported about it.
func TestFiles(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.cf")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, report := Parse("X.cf", string(content), testHost{})
		golden := strings.TrimSuffix(file, ".cf") + ".report"
		if os.Getenv("UPDATE") != "" {
			if err := os.WriteFile(golden, []byte(text(report)), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got := text(report); got != string(want) {
			t.Errorf("%s: reported\n%swant\n%s", file, got, want)
		}
	}
}

func parse(t *testing.T, content string) *Config {
	t.Helper()
	c, report := Parse("X.cf", content, testHost{})
	if c == nil {
		t.Fatalf("%q:\n%s", content, text(report))
	}
	return c
}

// TestUnindentedMeansTheSame is the form in which web pages print a section.
func TestUnindentedMeansTheSame(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("testdata/howto-unindented.cf")
	if err != nil {
		t.Fatal(err)
	}
	indented, err := os.ReadFile("testdata/howto.cf")
	if err != nil {
		t.Fatal(err)
	}
	got, want := parse(t, string(content)), parse(t, string(indented))
	for _, c := range []*Config{got, want} {
		for i := range c.Virtuals {
			c.Virtuals[i].Line = 0
			for j := range c.Virtuals[i].Reals {
				c.Virtuals[i].Reals[j].Line = 0
			}
		}
	}
	if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); g != w {
		t.Errorf("unindented:\n%s\nindented:\n%s", g, w)
	}
}

func TestTimeouts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, globals, options string
		check, negotiate       time.Duration
	}{
		{"defaults", "", "", 5, 30},
		{"one sets both", "checktimeout=3\n", "", 3, 3},
		{"the other too", "negotiatetimeout=4\n", "", 4, 4},
		{"section beats global", "checktimeout=3\nnegotiatetimeout=4\n", "\tchecktimeout=7\n", 7, 7},
		{"section has both", "checktimeout=3\n", "\tchecktimeout=7\n\tnegotiatetimeout=8\n", 7, 8},
	}
	for _, test := range tests {
		v := parse(t, test.globals+"virtual=10.0.0.1:80\n"+test.options).Virtuals[0]
		if v.CheckTimeout != test.check*time.Second || v.NegotiateTimeout != test.negotiate*time.Second {
			t.Errorf("%s: %v, %v, want %d s, %d s", test.name, v.CheckTimeout, v.NegotiateTimeout, test.check, test.negotiate)
		}
	}
}

func TestPair(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, service, real, request, receive string }{
		{"service's own", "http", "", "/v", "V"},
		{"both of the real", "http", ` "r","R"`, "/r", "R"},
		{"leading slash, http", "http", ` "/r","R"`, "/v", "V"},
		{"leading slash, other", "simpletcp", ` "/r","R"`, "/r", "V"},
	}
	for _, test := range tests {
		v := parse(t, "virtual=10.0.0.1:80\n\tservice="+test.service+"\n\trequest=\"v\"\n\treceive=\"V\"\n\treal=10.0.0.2:80 gate 1"+test.real+"\n").Virtuals[0]
		if request, receive := v.Pair(v.Reals[0]); request != test.request || receive != test.receive {
			t.Errorf("%s: %q, %q, want %q, %q", test.name, request, receive, test.request, test.receive)
		}
	}
}

func TestGlobalFallbackOfAMark(t *testing.T) {
	t.Parallel()
	v := parse(t, "fallback=127.0.0.1\nvirtual=1\n").Virtuals[0]
	if v.Fallback == nil || v.Fallback.Addr.String() != "127.0.0.1" || v.Fallback.Port != 0 {
		t.Errorf("fallback %+v, want 127.0.0.1 port 0", v.Fallback)
	}
}

func TestSecretsAreNotPrinted(t *testing.T) {
	t.Parallel()
	c := parse(t, "virtual=10.0.0.1:80\n\tpasswd=\"hush1\"\n\tsecret=\"hush2\"\n")
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(format, c); strings.Contains(got, "hush") {
			t.Errorf("%s prints a secret: %s", format, got)
		}
	}
}

// TestRangeAcrossTheDecimalBorder is a range that yields nothing in the
// original, because it compares the numbers as text.
func TestRangeAcrossTheDecimalBorder(t *testing.T) {
	t.Parallel()
	v := parse(t, "virtual=10.0.0.1:80\n\treal=59.154.201.254->59.154.202.1:80 gate\n").Virtuals[0]
	if len(v.Reals) != 4 {
		t.Errorf("%d servers, want 4", len(v.Reals))
	}
}

func FuzzParse(f *testing.F) {
	for _, c := range readCases(f) {
		f.Add(c.Config)
	}
	f.Fuzz(func(t *testing.T, content string) {
		c, report := Parse("X.cf", content, testHost{})
		if (c == nil) != report.Failed() {
			t.Errorf("configuration %v with report\n%s", c, text(report))
		}
	})
}
