package config

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"lvsha/pkg/ha/config"
	"lvsha/pkg/system/logging"
)

// inside names the directory of files to the copy of this program that runs in
// the namespaces.
const inside = "COMPAT_CONFIG_DIR"

// withGroups asks it for the groups too, which takes the original longer.
const withGroups = "COMPAT_CONFIG_GROUPS"

func TestMain(m *testing.M) {
	if dir := os.Getenv(inside); dir != "" {
		if err := compare(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// binaries are the places where packages put the original.
var binaries = []string{"/usr/libexec/heartbeat/heartbeat", "/usr/lib/heartbeat/heartbeat"}

func original() string {
	for _, b := range binaries {
		if _, err := os.Stat(b); err == nil {
			return b
		}
	}
	return ""
}

// both is how the two took the same files.
type both struct {
	OriginalStatus int
	OriginalOutput string
	OursStatus     int
	OursLines      []config.Line
	OursLegacy     []config.Line
	OursParameters []config.Parameter
	OursReport     string
	// Groups are the resources of this node, then those of the others, one
	// group an element, as the original's ResourceManager reads them and as
	// ours does.
	OriginalGroups, OursGroups [2][]string
}

// node is the host name within the namespaces.
const node = "alpha"

// compare runs as the first process of its own namespaces, so that everything
// that the original starts ends with it.
func compare(dir string) error {
	if err := syscall.Sethostname([]byte(node)); err != nil {
		return err
	}
	for _, args := range [][]string{
		{"link", "set", "lo", "up"},
		{"link", "add", "eth0", "type", "veth", "peer", "name", "eth1"},
		{"addr", "add", "192.0.2.78/24", "broadcast", "+", "dev", "eth0"},
		{"addr", "add", "198.51.100.78/24", "broadcast", "+", "dev", "eth1"},
		{"link", "set", "eth0", "up"},
		{"link", "add", "bare0", "type", "veth", "peer", "name", "bare1"},
	} {
		if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
			return fmt.Errorf("ip %v: %v: %s", args, err, out)
		}
	}
	for _, d := range []string{"/var/lib/heartbeat", "/run", "/var/log"} {
		if err := syscall.Mount("compat", d, "tmpfs", 0, ""); err != nil {
			return fmt.Errorf("mount %s: %v", d, err)
		}
	}
	for _, d := range []string{"/run/heartbeat", "/var/lib/heartbeat/cores/root"} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			return err
		}
	}
	if err := syscall.Mount(dir, "/etc/ha.d", "", syscall.MS_BIND, ""); err != nil {
		return fmt.Errorf("mount %s: %v", dir, err)
	}

	var r both
	c, report := config.Load("/etc/ha.d/", config.SystemHost())
	r.OursStatus, r.OursLines, r.OursReport = report.Status, report.Lines(), report.String()
	r.OursParameters = c.HA.Parameters
	for _, f := range report.Findings {
		r.OursLegacy = append(r.OursLegacy, f.Legacy...)
	}

	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, original(), "-d")
	out, err := os.Create("/var/log/stderr")
	if err != nil {
		return err
	}
	cmd.Stdout, cmd.Stderr = out, out
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return err
	}
	r.OriginalStatus = cmd.ProcessState.ExitCode()
	if ws, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		r.OriginalStatus = 128 + int(ws.Signal())
	}
	b, err := os.ReadFile("/var/log/stderr")
	if err != nil {
		return err
	}
	// The original prints a line of authkeys with its end.
	r.OriginalOutput = strings.ReplaceAll(string(b), "\n]", "]")
	if os.Getenv(withGroups) != "" {
		if err := compareGroups(&r, c.Groups); err != nil {
			return err
		}
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

// resourceManager is the second reader of haresources.
const resourceManager = "/usr/share/heartbeat/ResourceManager"

// compareGroups lets the ResourceManager read the same haresources.
func compareGroups(r *both, groups []config.Group) error {
	for i, command := range []string{"ourkeys", "otherkeys"} {
		cmd := exec.Command(resourceManager, command)
		cmd.Env = append(os.Environ(), "HA_CURHOST="+node)
		out, err := cmd.Output()
		if err != nil {
			return fmt.Errorf("%s %s: %w", resourceManager, command, err)
		}
		for _, line := range strings.Split(string(out), "\n") {
			if line = strings.TrimSpace(line); line != "" {
				r.OriginalGroups[i] = append(r.OriginalGroups[i], line)
			}
		}
		for _, g := range groups {
			var words []string
			for _, res := range g.Resources {
				words = append(words, res.Word)
			}
			if (g.Node == node) == (i == 0) && len(words) > 0 {
				r.OursGroups[i] = append(r.OursGroups[i], strings.Join(words, " "))
			}
		}
	}
	return nil
}

// run writes the files of a case and lets both take them.
func run(t *testing.T, c testCase) both {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	functions, err := os.ReadFile("/etc/ha.d/shellfuncs")
	if err != nil {
		t.Fatal(err)
	}
	files := c.files()
	files["shellfuncs"] = file{string(functions), 0o644}
	for name, f := range files {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(f.text), f.mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, f.mode); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("unshare", "--mount", "--uts", "--ipc", "--net", "--pid", "--fork", "--mount-proc", os.Args[0])
	cmd.Env = append(os.Environ(), inside+"="+dir)
	if c.res != "" {
		cmd.Env = append(cmd.Env, withGroups+"=yes")
	}
	var out, bad bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &bad
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, bad.String())
	}
	var r both
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatalf("%v: %s", err, out.String())
	}
	return r
}

// lineForm finds the lines of the original in either format.
var lineForm = regexp.MustCompile(`(?m)(?:\[\d+\]|\d\d:\d\d:\d\d):? (ERROR|WARN|CRIT|debug): (.*)$`)

// without are lines about machinery that ours does not have.
var without = []string{
	"Core dumps could be lost", "maximum supportability", "Logging daemon is disabled",
	"Initializing connection to logging daemon failed",
	"LoadPlugin on", "Lookup extended", "Table size", "glib: Get broadcast for interface",
	"glib: Unable to retrieve local interface address",
}

var option = regexp.MustCompile(`^add_option\((\w+),(.*)\)$`)

func TestAgainstOriginal(t *testing.T) {
	if original() == "" || os.Getuid() != 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("needs root and the original heartbeat")
		}
		t.Skip("needs root and the original heartbeat")
	}
	seen := make(map[string]bool)
	for _, c := range cases() {
		if seen[c.name] {
			t.Fatalf("two cases are called %q", c.name)
		}
		seen[c.name] = true
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := run(t, c)
			t.Logf("original exits %d:\n%s\nours exits %d:\n%s", r.OriginalStatus, r.OriginalOutput, r.OursStatus, r.OursReport)
			if want := c.want(r.OriginalStatus); r.OursStatus != want {
				t.Errorf("status %d, want %d", r.OursStatus, want)
			}
			if c.better != "" && r.OursStatus == r.OriginalStatus {
				t.Errorf("is meant to differ: %s", c.better)
			}
			if c.better != "" {
				return
			}
			compareLines(t, r)
			if r.OriginalStatus == 0 {
				compareParameters(t, r)
				if c.groups == "" && !reflect.DeepEqual(r.OursGroups, r.OriginalGroups) {
					t.Errorf("groups %q, the original reads %q", r.OursGroups, r.OriginalGroups)
				}
			}
		})
	}
}

// noFile are the lines of the original about "stonith TYPE" without a file: it
// prints as the name of the file whatever its memory holds there.
var noFile = regexp.MustCompile(`(?s)(ERROR: glib: Cannot open ).*?(\n[^\n]*ERROR: Invalid Stonith config file \[).*?(\]\n)`)

// compareLines checks that every line of the original has one of ours that
// begins with it, and that what ours takes for lines of the original are such.
func compareLines(t *testing.T, r both) {
	t.Helper()
	if begins(r.OursLines, "Invalid Stonith config file []") {
		r.OriginalOutput = noFile.ReplaceAllString(r.OriginalOutput, "$1$2$3")
	}
	for _, m := range lineForm.FindAllStringSubmatch(r.OriginalOutput, -1) {
		if m[1] == "debug" || hasAny(m[2], without) {
			continue
		}
		if !begins(r.OursLines, m[2]) {
			t.Errorf("the original says %q, ours does not", m[2])
		}
	}
	for _, l := range r.OursLegacy {
		shown, _, _ := strings.Cut(l.Text, "<hidden>")
		if !strings.Contains(r.OriginalOutput, shown) {
			t.Errorf("ours takes %q for a line of the original", l.Text)
		}
		if l.Level == logging.Error && strings.Contains(r.OriginalOutput, "WARN: "+l.Text) {
			t.Errorf("%q is no error of the original", l.Text)
		}
	}
}

func hasAny(text string, parts []string) bool {
	for _, p := range parts {
		if strings.Contains(text, p) {
			return true
		}
	}
	return false
}

// begins reports whether one of our lines begins as a line does. Of a line that
// ends in the reason of a system call the reason may differ, and a key may be
// hidden.
func begins(ours []config.Line, text string) bool {
	for _, l := range ours {
		legacy, _, _ := strings.Cut(l.Text, " (")
		hidden, _, isHidden := strings.Cut(legacy, "<hidden>")
		if strings.HasPrefix(text, legacy) && legacy != "" || strings.HasPrefix(l.Text, text) || isHidden && strings.HasPrefix(text, hidden) {
			return true
		}
	}
	return false
}

// compareParameters checks the settings that the original records.
func compareParameters(t *testing.T, r both) {
	t.Helper()
	ours := make(map[string]string)
	for _, p := range r.OursParameters {
		ours[p.Name] = p.Value
	}
	theirs := make(map[string]string)
	for _, m := range lineForm.FindAllStringSubmatch(r.OriginalOutput, -1) {
		if o := option.FindStringSubmatch(m[2]); o != nil {
			name := o[1]
			if name == "crm" {
				name = "pacemaker"
			}
			theirs[name] = o[2]
		}
	}
	if strings.Contains(r.OriginalOutput, "debug: ") && len(theirs) < 20 && ours["debug"] == "0" {
		t.Errorf("the original recorded %d settings", len(theirs))
	}
	for name, value := range theirs {
		switch name {
		case "node", "bcast", "serial", "ping", "ping6", "env", "nice_failback", "use_apphbd", "udp":
			continue // kept, but not as a setting
		case "debug":
			if value == "1" {
				continue // the -d of this test
			}
		}
		if ours[name] != value {
			t.Errorf("%s is %q, the original records %q", name, ours[name], value)
		}
	}
}
