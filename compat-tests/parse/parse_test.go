package parse

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"lvsha/pkg/lvs/config"
)

var (
	files = flag.Int("files", 20000, "how many files are made")
	seed  = flag.Int64("seed", 1, "of the first file; each has its own, which a failure names")
)

const original = "/usr/sbin/ldirectord"

// services is services(5) for both programs.
const services = `ftp 21/tcp
smtp 25/tcp mail
domain 53/tcp
domain 53/udp
http 80/tcp www
https 443/tcp
snmp 161/udp`

// host is the machine as oracle.pl shows it to the original.
type host struct{ config.System }

func (host) Lookup(name string, ipv6 bool) (netip.Addr, error) {
	if name != "localhost" {
		return netip.Addr{}, errors.New("unknown name")
	}
	return netip.MustParseAddr(map[bool]string{false: "127.0.0.1", true: "::1"}[ipv6]), nil
}

func (host) Service(name, protocol string) (uint16, bool) {
	for _, line := range strings.Split(services, "\n") {
		var port uint16
		fields := strings.Fields(strings.Replace(line, "/", " ", 1))
		_, _ = fmt.Sscan(fields[1], &port)
		for i, field := range fields {
			if i != 1 && i != 2 && field == name && (protocol == "" || protocol == fields[2]) {
				return port, true
			}
		}
	}
	return 0, false
}

func (host) NodeName() string { return "lb1" }

// oracle is the original's parser.
type oracle struct {
	in  io.WriteCloser
	out *bufio.Reader
	cmd *exec.Cmd
}

func startOracle(t *testing.T) *oracle {
	t.Helper()
	if _, err := os.Stat(original); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	script, err := filepath.Abs("oracle.pl")
	if err != nil {
		t.Fatal(err)
	}
	// Both make files while they read.
	t.Chdir(t.TempDir())
	cmd := exec.Command("perl", script, original)
	cmd.Env = append(os.Environ(), "ORACLE_SERVICES="+services)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
	return &oracle{in, bufio.NewReader(out), cmd}
}

// reading is what a program makes of a file.
type reading struct {
	exit   int
	said   []string // warnings, then the error if there is one: "Error LINE TEXT"
	values string
}

func (o *oracle) read(t *testing.T, path string) reading {
	t.Helper()
	if _, err := fmt.Fprintln(o.in, path); err != nil {
		t.Fatal(err)
	}
	var r reading
	for {
		line, err := o.out.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		line = strings.TrimSuffix(line, "\n")
		said, isSaid := strings.CutPrefix(line, "say=")
		switch {
		case line == ".":
			return r
		case strings.HasPrefix(line, "exit "):
			if _, err := fmt.Sscanf(line, "exit %d", &r.exit); err != nil {
				t.Fatal(line)
			}
		case isSaid:
			r.said = append(r.said, said)
		default:
			r.values += line + "\n"
		}
	}
}

// ours reads a file; of our findings those that the original does not have are
// left out, and all behind the first error.
func ours(path, content string) (r reading, report *config.Report) {
	c, report := config.Parse(path, content, host{})
	for _, f := range report.Findings {
		if f.Ours {
			continue
		}
		r.said = append(r.said, escape(fmt.Sprintf("%s %d %s", f.Severity, f.Line, f.Text)))
		if f.Severity == config.Error {
			r.exit = 2
			return r, report
		}
	}
	if c != nil {
		r.values = render(c)
	}
	return r, report
}

// TestAgainstTheOriginal makes files and compares.
func TestAgainstTheOriginal(t *testing.T) {
	seeds := readSeeds(t)
	o := startOracle(t)
	path := filepath.Join(t.TempDir(), "ldirectord.cf")
	counts := make(map[string]int)
	bad := 0
	for n := range *files {
		number := *seed + int64(n)
		g := generator{rand.New(rand.NewSource(number)), seeds}
		content := g.file()
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		theirs := o.read(t, path)
		own, report := ours(path, content)
		difference := compare(own, theirs)
		if difference == "" {
			counts[fmt.Sprintf("exit %d", theirs.exit)]++
			continue
		}
		if reason := known(content, own, theirs, report); reason != "" {
			counts[reason]++
			continue
		}
		t.Errorf("-seed %d -files 1:\n%s\n---\n%s", number, content, difference)
		if bad++; bad == 10 {
			t.Fatal("enough")
		}
	}
	t.Log(counts)
}

// compare says how two readings differ.
func compare(own, theirs reading) string {
	if a, b := plain(own.said), plain(theirs.said); a != b || own.exit != theirs.exit {
		return fmt.Sprintf("exit %d, ours %d; the original says\n%s\nours\n%s", theirs.exit, own.exit, b, a)
	}
	if own.values == theirs.values {
		return ""
	}
	a, b := strings.Split(own.values, "\n"), strings.Split(theirs.values, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("the original has\n%s\nours\n%s", b[i], a[i])
		}
	}
	return fmt.Sprintf("the original has\n%s\nours\n%s", theirs.values, own.values)
}

// plain joins messages. The original prints some lines with the newline that
// they had in the file, or with a blank behind.
func plain(said []string) string {
	lines := make([]string, len(said))
	for i, s := range said {
		lines[i] = strings.TrimRight(strings.ReplaceAll(s, `\x0a`, ""), ` "`)
	}
	return strings.Join(lines, "\n")
}
