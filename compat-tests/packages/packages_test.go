package packages_test

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files")

// built is where make rpm leaves the packages.
const built = "../../build/rpm/RPMS"

// require skips a test that this machine cannot run.
func require(t *testing.T, tools ...string) {
	t.Helper()
	var missing string
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			missing = err.Error()
		}
	}
	if found, err := filepath.Glob(built + "/*/*.rpm"); err != nil || len(found) < 6 {
		missing = "no packages; run make rpm"
	}
	if missing == "" && os.Getuid() != 0 {
		missing = "not root"
	}
	switch {
	case missing == "":
	case os.Getenv("CI") == "true":
		t.Fatal(missing)
	default:
		t.Skip(missing)
	}
}

// golden compares with testdata/name.golden.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("not as in %s:\n%s", file, got)
	}
}

func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(args, " "), err, out, stderr.Bytes())
	}
	return string(out)
}

// releases are the packages there are.
var releases = []struct{ el, arch string }{{"el6", "x86_64"}, {"el7", "x86_64"}, {"el7", "aarch64"}}

func file(name, el, arch string) string {
	return filepath.Join(built, arch, name+"-5.0.0-1."+el+"."+arch+".rpm")
}

// TestMetadata is what the packages ask for, bring and run. Every digest,
// compression and feature is one that the rpm of CentOS 6 knows.
func TestMetadata(t *testing.T) {
	require(t, "rpm")
	known := []string{"rpmlib(CompressedFileNames)", "rpmlib(FileDigests)", "rpmlib(PayloadFilesHavePrefix)"}
	for _, r := range releases {
		for _, name := range []string{"heartbeat", "ldirectord"} {
			p := file(name, r.el, r.arch)
			golden(t, name+"."+r.el+"."+r.arch, output(t, "rpm", "-qp", "--requires", "--provides", "--obsoletes", "--scripts", "--triggers", p)+
				output(t, "rpm", "-qp", "--qf", "[%{FILEMODES:perms} %{FILEUSERNAME}:%{FILEGROUPNAME} %{FILEFLAGS:fflags} %{FILENAMES}\n]", p))
			if got := output(t, "rpm", "-qp", "--qf", "%{PAYLOADFORMAT} %{PAYLOADCOMPRESSOR} %{PAYLOADFLAGS} %{FILEDIGESTALGO}", p); got != "cpio gzip 9 8" {
				t.Errorf("%s: payload and digests %s", p, got)
			}
			for _, line := range strings.Split(output(t, "rpm", "-qp", "--requires", p), "\n") {
				if feature, _, _ := strings.Cut(line, " "); strings.HasPrefix(feature, "rpmlib") && !slices.Contains(known, feature) {
					t.Errorf("%s needs %s", p, feature)
				}
			}
		}
	}
}

// TestVersion holds the version of the spec file to that of the Makefile.
func TestVersion(t *testing.T) {
	spec, err := os.ReadFile("../../packaging/rpm/heartbeat.spec")
	if err != nil {
		t.Fatal(err)
	}
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(spec, []byte("\nVersion:        5.0.0\n")) || !bytes.Contains(makefile, []byte("\nVERSION     := 5.0.0\n")) {
		t.Error("the spec file and the Makefile do not both say 5.0.0")
	}
}

// TestModules: the libraries of CentOS 6 are those of the others, older.
func TestModules(t *testing.T) {
	module := regexp.MustCompile(`(?m)^\t(\S+) v\S+$`)
	var lists [2][]string
	for i, name := range []string{"../../go.mod", "../../packaging/el6/go.mod"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range module.FindAllStringSubmatch(string(text), -1) {
			lists[i] = append(lists[i], m[1])
		}
		slices.Sort(lists[i])
	}
	if len(lists[0]) < 5 || !slices.Equal(lists[0], lists[1]) {
		t.Errorf("go.mod has %v, packaging/el6/go.mod %v", lists[0], lists[1])
	}
}

func TestRpmlint(t *testing.T) {
	require(t, "rpmlint")
	found, err := filepath.Glob(built + "/*/*.rpm")
	if err != nil {
		t.Fatal(err)
	}
	out := output(t, "rpmlint", append([]string{"-c", "../../packaging/rpm/rpmlint.toml"}, found...)...)
	if !strings.Contains(out, " 0 errors, 0 warnings") {
		t.Error(out)
	}
}
