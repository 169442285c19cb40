package checks

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// worldVariable names the directory of a test binary that runs in the
// namespaces.
const worldVariable = "CHECKS_TEST_WORLD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(worldVariable); dir != "" {
		os.Exit(playWorld(dir))
	}
	os.Exit(m.Run())
}

// verdict is what a program says about one case.
type verdict struct {
	State string // up, down, hangs, dies or none
	Text  string
}

// report is what the world writes for the test.
type report struct {
	Ours, Verifying map[string]verdict // by the name of the case
	Original        map[string]verdict
	Missing         map[string]string // services whose server did not come up, and why
	Leaks           []string          // passwords that were found, and where
}

// TestRealServers starts every server once and compares all verdicts.
func TestRealServers(t *testing.T) {
	requirePrograms(t)
	r := play(t)
	for service, reason := range r.Missing {
		t.Errorf("%s: no server: %s", service, reason)
	}
	for _, leak := range r.Leaks {
		t.Error(leak)
	}
	seen := map[string]bool{}
	for _, c := range allCases() {
		t.Run(c.name, func(t *testing.T) {
			ours, original := r.Ours[c.name], r.Original[c.name]
			t.Logf("ours %s (%s), the original %s (%s)", ours.State, ours.Text, original.State, original.Text)
			if ours.State != c.want {
				t.Errorf("ours is %s (%s), wanted %s", ours.State, ours.Text, c.want)
			}
			reason := ""
			if d := differenceOf(c.name); d != nil {
				reason = d.reason
				seen[d.cases] = true
			}
			if want := originalWant(c); original.State != want {
				t.Errorf("the original is %s (%s), wanted %s %s", original.State, original.Text, want, reason)
			}
			if got := r.Verifying[c.name]; c.tls != "" && got.State != verifyingWant(c) {
				t.Errorf("with TLS_VERIFY=name ours is %s (%s), wanted %s", got.State, got.Text, verifyingWant(c))
			}
		})
	}
	for _, d := range differences {
		if !seen[d.cases] && !t.Failed() {
			t.Errorf("no case is %s", d.cases)
		}
	}
}

// play runs the world to its end. Its process is the first of a pid namespace,
// so that nothing it started outlives it.
func play(t *testing.T) report {
	t.Helper()
	// Servers that give up root must reach their files.
	dir, err := os.MkdirTemp("", "lvsha-checks-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile("testdata/verdicts.pl")
	if err != nil {
		t.Fatal(err)
	}
	writeFile(filepath.Join(dir, "verdicts.pl"), string(script))
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe")
	cmd.Env = append(os.Environ(), worldVariable+"="+dir, "HOSTNAME=ldhost", "LC_ALL=C")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWUTS,
		Pdeathsig:  syscall.SIGKILL,
	}
	out, err := cmd.CombinedOutput()
	if len(out) > 0 {
		t.Logf("%s", out)
	}
	if err != nil {
		t.Fatal(err)
	}
	var r report
	content, err := os.ReadFile(filepath.Join(dir, "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// requirePrograms ends the test where root or a program is missing.
func requirePrograms(t *testing.T) {
	t.Helper()
	var missing []string
	for _, s := range servers {
		if _, err := exec.LookPath(s.program); err != nil {
			missing = append(missing, s.program)
		}
	}
	for _, program := range []string{"ldirectord", "perl", "ip"} {
		if _, err := exec.LookPath(program); err != nil {
			missing = append(missing, program)
		}
	}
	if os.Getuid() != 0 {
		missing = append(missing, "root")
	}
	if len(missing) > 0 {
		text := "missing: " + strings.Join(missing, ", ") + " (packaging/test-deps.sh)"
		if os.Getenv("CI") == "true" {
			t.Fatal(text)
		}
		t.Skip(text)
	}
}
