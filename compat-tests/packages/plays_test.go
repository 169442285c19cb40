package packages_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// standInDir is removed at the end.
var standInDir string

// standIns builds the packages of testdata/specs once and returns their directory.
var standIns = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "lvsha-packages-")
	if err != nil {
		return "", err
	}
	standInDir = dir
	for _, b := range []struct {
		spec    string
		defines []string
	}{
		{"base", nil},
		{"heartbeat", []string{"version 3.0.4"}},
		{"heartbeat", []string{"version 3.0.6"}},
		{"ldirectord", []string{"package ldirectord", "version 3.9.5"}},
		{"ldirectord", []string{"package ldirectord", "version 4.12.0"}},
		{"ldirectord", []string{"package heartbeat-ldirectord", "version 2.1.4"}},
	} {
		args := []string{"-bb", "--quiet", "--define", "_topdir " + dir, "--define", "_rpmdir " + dir + "/rpms", "--define", "_rpmfilename %%{NAME}-%%{VERSION}.rpm"}
		for _, d := range b.defines {
			args = append(args, "--define", d)
		}
		if out, err := exec.Command("rpmbuild", append(args, "testdata/specs/"+b.spec+".spec")...).CombinedOutput(); err != nil {
			return dir, &buildError{b.spec, err, string(out)}
		}
	}
	return dir, nil
})

type buildError struct {
	spec string
	err  error
	out  string
}

func (e *buildError) Error() string { return "build " + e.spec + ": " + e.err.Error() + "\n" + e.out }

func TestMain(m *testing.M) {
	if err, done := role(os.Args); done {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	status := m.Run()
	if standInDir != "" {
		_ = os.RemoveAll(standInDir)
	}
	os.Exit(status)
}

// changing is what differs from one run to the next.
var changing = regexp.MustCompile(`pid:? \d+`)

// play runs a script of testdata/plays in a root of its own.
func play(t *testing.T, name, el string, env ...string) string {
	t.Helper()
	require(t, "rpm", "rpmbuild", "unshare", "dnf", "createrepo_c")
	rpms, err := standIns()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "over"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(rpms, "rpms"), filepath.Join(dir, "rpms")); err != nil {
		t.Fatal(err)
	}
	ours, err := filepath.Abs(built + "/x86_64")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("unshare", "-m", "-p", "-f", "--mount-proc", "--propagation", "private", "/bin/sh", "-c",
		". testdata/root.sh; . testdata/plays/"+name+".sh")
	cmd.Env = append(os.Environ(), append(env, "T="+dir, "OURS="+ours, "EL="+el, "LC_ALL=C")...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v", name, err)
	}
	return changing.ReplaceAllString(strings.ReplaceAll(string(out), dir, ""), "pid N")
}

func TestPlays(t *testing.T) {
	for _, c := range []struct {
		name, play, el string
		env            []string
	}{
		{"install", "install", "el6", nil},
		{"install", "install", "el7", nil},
		{"upgrade-3.0.4", "upgrade", "el6", []string{"HEARTBEAT=3.0.4", "LDIRECTORD=ldirectord-3.9.5"}},
		{"upgrade-heartbeat-ldirectord", "upgrade", "el6", []string{"HEARTBEAT=3.0.4", "LDIRECTORD=heartbeat-ldirectord-2.1.4"}},
		{"upgrade-3.0.6", "upgrade", "el7", []string{"HEARTBEAT=3.0.6", "LDIRECTORD=ldirectord-4.12.0", "SYSTEMD=1"}},
		{"upgrade-to-units", "upgrade", "el7", []string{"HEARTBEAT=3.0.4", "LDIRECTORD=heartbeat-ldirectord-2.1.4"}},
		{"update", "update", "el7", []string{"HEARTBEAT=3.0.4", "LDIRECTORD=heartbeat-ldirectord-2.1.4"}},
		{"update-3.0.6", "update", "el7", []string{"HEARTBEAT=3.0.6", "LDIRECTORD=ldirectord-4.12.0"}},
		{"erase", "erase", "el6", nil},
		{"erase", "erase", "el7", nil},
		{"ids", "ids", "el7", nil},
		{"stopping", "stopping", "el6", nil},
	} {
		t.Run(c.name+"."+c.el, func(t *testing.T) {
			golden(t, filepath.Join("plays", c.name+"."+c.el), play(t, c.play, c.el, c.env...))
		})
	}
}
