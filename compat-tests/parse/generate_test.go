package parse

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// values are what directives are given, right and wrong, of every form.
var values = []string{
	"yes", "no", "Yes", "0", "00", "1", "5", "10", "007", "3600", "99999999999", "-1", "1.5", "5s", "every 5 seconds", "", " ", "x",
	`"a"`, `""`, `"a" # b`, `"a"b"`, `'a'`, `"a`, `a"`, "\"a\tb\"", "a b", "# nothing",
	"10.0.0.2", "10.0.0.2:80", "10.0.0.2:80 gate", "10.0.0.2:80 masq 5", "10.0.0.2:http ipip 0", "10.0.0.2->10.0.0.5:80 gate 2",
	"10.0.0.5->10.0.0.2:80 gate", "10.0.0.2:80->10.0.0.5:80 gate", "10.0.0.2 gate", "10.0.0.2:80 gates", "10.0.0.2:80 gate 5 x",
	`10.0.0.2:80 gate 5 "ask","answer"`, `10.0.0.2:80 gate "/ask", "answer"`, `10.0.0.2:80 gate 2 "ask" "answer" l:10 u:20`,
	"10.0.0.2:80 gate 1 l:5", "10.0.0.2:80 gate 1 u:9", "10.0.0.2:80 gate 1 u:9 l:5", "10.0.0.2:99999 gate", "10.0.0.2:nothing gate",
	"010.0.0.2:80 gate", "10.2:80 gate", "10.0.0.256:80 gate", "localhost:80 gate", "nobody:80 gate", "10.0.0.2:80\tgate\t4",
	"[2001:db8::2]:80 gate 3", "[2001:db8::2] gate", "2001:db8::2", "[::1]:80", "[::1]:80 masq", "[::g]:80 gate", "localhost",
	"localhost:8080", "localhost:8080 masq", "127.0.0.1 route", "127.0.0.1:80 gate 1", ":80", "127.0.0.1:",
	"connect", "negotiate", "ping", "on", "off", "external", "external-perl", "nogotiate", "combined", "3", "0",
	"tcp", "udp", "fwm", "TCP", "http", "https", "http_proxy", "ftp", "sip", "smtp", "dns", "ldap", "radius", "none", "httpd", `"http"`,
	"rr", "wrr", "wlc", "sh", "RR", "mh", "lblc", "sh-port", "sh-fallback,sh-port", "flag-1,flag-2", "255.255.255.0", "255.255.255", "64", "129",
	"get", "HEAD", "POST", "www.example.org", `"www.example.org"`, "www.example.org  ", "admin@example.org", `"admin@example.org"`,
	"all", "none", "running,stopping", "running, stopping", "none,all", "mail.example.org", "mail.example.org:25", "/bin/true", `"/bin/true"`,
	"/nonexistent/dir/file", `"/nonexistent/dir/file"`, "local0", `"local0"`, "ldirectord-other.cf", "(", `"("`, `"a+"`, `"a{"`, `"[z"`,
}

// globals and options are the directives of the manual, and some that are none.
var (
	globals = strings.Fields(`autoreload callback checkcount checkinterval checktimeout cleanstop emailalert emailalertfreq
		emailalertfrom emailalertstatus execute failurecount fallback fallback6 fallbackcommand fork logfile maintenancedir
		negotiatetimeout quiescent readdquiescent smtp supervised connecttimeout timeout monitorfile scheduler bogus`)
	options = strings.Fields(`checkcommand checkcount checkinterval checkport checktimeout checktype cleanstop comment database
		emailalert emailalertfreq emailalertstatus failurecount fallback fallback6 fallbackcommand httpmethod load login
		monitorfile negotiatetimeout netmask ops passwd persistent protocol quiescent real real6 receive request scheduler
		schedflags secret service servicename smtp virtualhost connecttimeout autoreload timeout bogus`)
	virtuals = strings.Fields(`10.0.0.1:80 10.0.0.1:53 10.0.0.1:http 10.0.0.1:domain 10.0.0.1:21 10.0.0.1:5060 10.0.0.1:0
		localhost:80 nobody:80 10.0.0.1 10.0.0.1:nothing 10.0.0.1:99999 1 7 0 4294967296 [2001:db8::1]:80 [::1]:25 [x]:80 x 10.0.0.1:080`)
	indents = []string{"\t", "    ", "\t\t", "        ", " \t", "   ", "  \t ", ""}
	marks   = []string{" = ", "=", " =", "= ", "\t=\t", " ", ":"}
)

// generator makes files out of a seed.
type generator struct {
	r     *rand.Rand
	seeds []string
}

func (g *generator) of(list []string) string { return list[g.r.Intn(len(list))] }

// mark is mostly a plain "=".
func (g *generator) mark() string {
	if g.r.Intn(4) > 0 {
		return "="
	}
	return g.of(marks)
}

// fitting gives a value of a form that the directive takes, most of the time.
func (g *generator) fitting(name string) string {
	if g.r.Intn(5) == 0 {
		return g.of(values)
	}
	quote := func(words ...string) string { return `"` + g.of(words) + `"` }
	host := fmt.Sprintf("10.0.0.%d", 2+g.r.Intn(4))
	switch name {
	case "real":
		return host + g.of([]string{":80", ":8080", "", ":http"}) + " " + g.of([]string{"gate", "masq", "ipip"}) + g.of([]string{"", " 1", " 10", ` 2 "a","b"`, " u:9", " 3 l:1 u:9"})
	case "real6":
		return "[2001:db8::" + g.of([]string{"2", "3"}) + "]:80 " + g.of([]string{"gate", "masq", "ipip 3"})
	case "fallback":
		return g.of([]string{"127.0.0.1", "127.0.0.1:80", "127.0.0.1:8080 masq", "localhost gate", "127.0.0.1:http"})
	case "fallback6":
		return g.of([]string{"[::1]", "[::1]:80", "[::1]:8080 masq"})
	case "request", "receive", "login", "passwd", "database", "secret", "load", "callback":
		return quote("index.html", "/index.html", "a b", "ok", "x,y")
	case "logfile":
		return quote("local0", "/dev/null")
	case "monitorfile", "maintenancedir":
		return g.of([]string{"/dev/null", "/tmp", "/nonexistent/dir/file"})
	case "checktype":
		return g.of([]string{"connect", "negotiate", "ping", "on", "off", "external", "external-perl", "3"})
	case "service":
		return g.of([]string{"http", "https", "http_proxy", "ftp", "sip", "smtp", "dns", "none", "pop", "imap", "mysql", "radius", "simpletcp", "nntp", "ldap"})
	case "protocol":
		return g.of([]string{"tcp", "udp", "fwm"})
	case "scheduler":
		return g.of([]string{"rr", "wrr", "lc", "wlc", "lblc", "sh", "mh"})
	case "autoreload", "fork", "readdquiescent", "quiescent", "cleanstop", "ops", "supervised":
		return g.of([]string{"yes", "no"})
	case "emailalert", "emailalertfrom":
		return g.of([]string{"admin@example.org", `"a@example.org,b@example.org"`})
	case "emailalertstatus":
		return g.of([]string{"all", "running", "starting,stopping", "none", "running, reloading"})
	case "httpmethod":
		return g.of([]string{"GET", "HEAD", "get"})
	case "netmask":
		return g.of([]string{"255.255.255.0", "255.255.255.255", "64"})
	case "schedflags":
		return g.of([]string{"sh-port", "sh-fallback", "flag-1,flag-3"})
	}
	return g.of([]string{"1", "2", "5", "10", "30", "x y", "www.example.org"})
}

// compose makes a file of directives.
func (g *generator) compose() string {
	var b strings.Builder
	for range g.r.Intn(4) {
		name := g.of(globals)
		if g.r.Intn(8) > 0 { // mostly one that is known
			name = globals[g.r.Intn(23)]
		}
		fmt.Fprintf(&b, "%s%s%s\n", name, g.mark(), g.fitting(name))
	}
	for range 1 + g.r.Intn(3) {
		six := g.r.Intn(5) == 0
		value := virtuals[g.r.Intn(len(virtuals))]
		if g.r.Intn(3) > 0 {
			value = map[bool]string{false: fmt.Sprintf("10.0.0.1:%d", 80+g.r.Intn(3)), true: "[2001:db8::1]:80"}[six]
		}
		fmt.Fprintf(&b, "virtual%s%s%s\n", map[bool]string{true: "6"}[six], g.mark(), value)
		indent := "\t"
		for range g.r.Intn(8) {
			name := g.of(options[:len(options)-4])
			if g.r.Intn(20) == 0 {
				name, indent = g.of(options), g.of(indents)
			}
			if six && (name == "real" || name == "fallback") {
				name += "6"
			}
			if !six {
				name = strings.TrimSuffix(name, "6")
			}
			fmt.Fprintf(&b, "%s%s%s%s\n", indent, name, g.mark(), g.fitting(name))
		}
		b.WriteString(g.of([]string{"", "\n", "# comment\n", "\t# comment\n", "  \n"}))
	}
	return b.String()
}

// damage changes a file in a few places.
func (g *generator) damage(content string) string {
	lines := strings.Split(content, "\n")
	for range 1 + g.r.Intn(3) {
		i, j := g.r.Intn(len(lines)), g.r.Intn(len(lines))
		name, _, assigned := strings.Cut(lines[i], "=")
		switch g.r.Intn(9) {
		case 0:
			lines = append(lines[:i], lines[i+1:]...)
			if len(lines) == 0 {
				lines = []string{""}
			}
		case 1:
			lines = append(lines[:i], append([]string{lines[i]}, lines[i:]...)...)
		case 2:
			lines[i], lines[j] = lines[j], lines[i]
		case 3, 4:
			if assigned {
				lines[i] = name + "=" + g.of(values)
			}
		case 5:
			lines[i] = g.of(indents) + strings.TrimLeft(lines[i], " \t")
		case 6:
			lines = append(lines[:i], append([]string{g.of(indents[:4]) + g.of(options) + "=" + g.of(values)}, lines[i:]...)...)
		case 7:
			lines[i] = g.flip(lines[i])
		case 8:
			lines[i] += g.of([]string{" # comment", "#", " ", "\t", ` "x"`, "=", ",", " 5"})
		}
	}
	return strings.Join(lines, "\n")
}

// flip changes one byte of a line, or takes it away.
func (g *generator) flip(text string) string {
	if text == "" {
		return g.of([]string{"x", " ", "#", "\v", "\xe9"})
	}
	const bytes = "\t\"#=:,->[].0129azAZ_ \\/$@\xe9\f"
	i := g.r.Intn(len(text))
	if g.r.Intn(3) == 0 {
		return text[:i] + text[i+1:]
	}
	return text[:i] + string(bytes[g.r.Intn(len(bytes))]) + text[i+g.r.Intn(2):]
}

// file makes the next file: one of the recorded cases or a new one, or either of
// them damaged.
func (g *generator) file() string {
	content := g.compose()
	if g.r.Intn(2) == 0 {
		content = g.of(g.seeds)
	}
	if g.r.Intn(4) > 0 {
		content = g.damage(content)
	}
	return openedFiles.ReplaceAllStringFunc(content, func(line string) string {
		m := openedFiles.FindStringSubmatch(line)
		if m[2] == "/dev/null" || m[2] == "/nonexistent/dir/file" || !strings.Contains(m[2], "/") {
			return line
		}
		return strings.Replace(line, m[1], "comment", 1)
	})
}

// openedFiles finds what both programs open, and make, while they read: it must
// be a name without a directory, or one of two that do no harm.
var openedFiles = regexp.MustCompile(`(monitorfile|logfile)[ \t]*=[ \t]*"?([^"\n]*)`)

// readSeeds returns the recorded cases and the files of the recorded scenarios.
func readSeeds(t *testing.T) []string {
	t.Helper()
	var seeds []string
	file, err := os.Open("../../pkg/lvs/config/testdata/cases.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var c struct{ Config string }
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		seeds = append(seeds, c.Config)
	}
	files, err := filepath.Glob("../ldirectord/testdata/*/*/*.cf")
	if err != nil || len(files) < 20 || len(seeds) < 400 {
		t.Fatalf("%d cases, %d files, %v", len(seeds), len(files), err)
	}
	for _, name := range files {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		seeds = append(seeds, string(content))
	}
	return seeds
}
