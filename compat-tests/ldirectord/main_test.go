package ldirectord

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lvsha/compat-tests/uml"
)

// roleVariable says which side this process is: empty on the host, "player" in
// the guest, "scene" in the namespaces of one scene.
const roleVariable = "LDIRECTORD_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(roleVariable) {
	case "player":
		os.Exit(playAll())
	case "scene":
		os.Exit(playScene())
	case "echo":
		os.Exit(playEcho())
	case "client":
		os.Exit(playClient())
	}
	os.Exit(m.Run())
}

// outcome is what a scene says about one of its steps.
type outcome struct {
	Scene, Step string
	Problems    []string
	Tables      map[string]string // what ipvsadm printed, by the name of the moment
	Seconds     float64
}

// stage copies what the guest needs into a directory that it will see: the test
// binary, both programs and the test data.
func stage(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	copyFile(t, self, filepath.Join(dir, "player"), 0o755)
	build := exec.Command("go", "build", "-trimpath", "-o", filepath.Join(dir, "ldirectord"), "lvsha/ldirectord")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	if err := os.CopyFS(filepath.Join(dir, "testdata"), os.DirFS("testdata")); err != nil {
		t.Fatal(err)
	}
	return dir
}

func copyFile(t *testing.T, from, to string, mode os.FileMode) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, mode)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}

// guestScript moves the shared directory out of /run, which every scene covers,
// and plays.
const guestScript = `
mkdir /share
mount --bind /run/share /share
LDIRECTORD_TEST_ROLE=player LDIRECTORD_TEST_SCENES='%s' LDIRECTORD_TEST_UPDATE='%v' exec /share/player
`

var (
	scenes = flag.String("scenes", "", "play only the scenes with this in their name")
	update = flag.Bool("update", false, "let the original play the proofs too and keep its tables (minutes)")
)

// updating says whether the original plays the proofs.
func updating() bool { return *update || os.Getenv("LDIRECTORD_TEST_UPDATE") == "true" }

// chosen says whether a scene is played, by the flag or what the guest has of it.
func chosen(name string) bool {
	return strings.Contains(name, *scenes) && strings.Contains(name, os.Getenv("LDIRECTORD_TEST_SCENES"))
}

func sceneLimit() time.Duration {
	if *update {
		return 20 * time.Minute
	}
	return 14 * time.Minute
}

// TestScenes plays every scene in one boot.
func TestScenes(t *testing.T) {
	uml.Require(t)
	requireOriginal(t)
	dir := stage(t)
	ctx, cancel := context.WithTimeout(context.Background(), sceneLimit())
	defer cancel()
	status, err := uml.Machine{Script: fmt.Sprintf(guestScript, *scenes, *update), Share: dir, MemoryMB: 1024, Console: testWriter{t}}.Run(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if status != 0 {
		t.Errorf("the player ended with status %d", status)
	}
	results := readResults(t, dir)
	for _, name := range sceneNames() {
		if len(results[name]) == 0 {
			t.Errorf("%s: no result", name)
		}
		for _, o := range results[name] {
			t.Run(o.Scene+"/"+o.Step, func(t *testing.T) {
				t.Logf("%.1f s", o.Seconds)
				for _, p := range o.Problems {
					t.Error(p)
				}
			})
		}
	}
	if *scenes == "" || strings.HasPrefix(*scenes, howToPrefix) {
		compareHowTo(t, results)
	}
	if *scenes == "" || strings.HasPrefix(*scenes, proofPrefix) {
		compareProofs(t, results)
	}
}

// testWriter passes the guest's lines on to the test log.
type testWriter struct{ t *testing.T }

func (w testWriter) Write(p []byte) (int, error) {
	w.t.Logf("guest: %s", p)
	return len(p), nil
}

// requireOriginal ends the test if the real ldirectord is not installed.
func requireOriginal(t *testing.T) {
	t.Helper()
	for _, program := range []string{"/usr/sbin/ldirectord", "/usr/sbin/ipvsadm"} {
		if _, err := os.Stat(program); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
	}
}

func readResults(t *testing.T, dir string) map[string][]outcome {
	t.Helper()
	results := make(map[string][]outcome)
	files, err := filepath.Glob(filepath.Join(dir, "result-*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var list []outcome
		if err := json.Unmarshal(content, &list); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, o := range list {
			results[o.Scene] = append(results[o.Scene], o)
		}
	}
	return results
}

// sceneNames lists the recorded scenarios and the how-to's files, once for each
// program that can read them.
func sceneNames() []string {
	entries, err := os.ReadDir("testdata/golden")
	if err != nil {
		panic(fmt.Sprintf("list scenarios: %v", err))
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	for _, form := range howToForms {
		for _, program := range form.programs {
			names = append(names, howToPrefix+program+"-"+form.name)
		}
	}
	for name := range proofs {
		names = append(names, proofPrefix+ours+"-"+name)
		if updating() {
			names = append(names, proofPrefix+original+"-"+name)
		}
	}
	return slices.DeleteFunc(append(names, takeoverScene, standbyScene, statusScene), func(name string) bool { return !chosen(name) })
}
