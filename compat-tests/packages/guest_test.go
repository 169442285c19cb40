package packages_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lvsha/compat-tests/howto"
	"lvsha/compat-tests/uml"
)

// guestLimit is how long one guest may live.
const guestLimit = 5 * time.Minute

// role runs the test binary as one of the programs of a guest. It reports false
// if it is to run the tests.
func role(args []string) (error, bool) {
	switch {
	case len(args) == 4 && args[1] == "keeper":
		return howto.Keeper(args[2], args[3]), true
	case len(args) == 3 && args[1] == "web":
		return howto.Web(args[2]), true
	case len(args) == 2 && args[1] == "client":
		return howto.Client(), true
	case len(args) == 3 && args[1] == "howto":
		return playHowto(args[2]), true
	case len(args) > 2 && args[1] == "old":
		return old(args[2:]), true
	}
	return nil, false
}

// playHowto leaves the results in a file.
func playHowto(file string) error {
	results, err := howto.Play(os.Stdout)
	if err != nil {
		return err
	}
	text, err := json.Marshal(results)
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o644)
}

// guest installs our packages of a release in a guest and runs a play there. It
// returns what the play printed and the directory that both share.
func guest(t *testing.T, name, el string, env ...string) (out, share string) {
	t.Helper()
	uml.Require(t)
	require(t, "rpm", "rpmbuild")
	rpms, err := standIns()
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	share = t.TempDir()
	for _, c := range [][]string{
		{"cp", self, filepath.Join(share, "player")},
		{"cp", "-r", filepath.Join(rpms, "rpms"), built + "/x86_64", "testdata", share},
	} {
		if text, err := exec.Command(c[0], c[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", c, err, text)
		}
	}
	script := fmt.Sprintf("export T=%s R=/ OURS=%[1]s/x86_64 EL=%s LC_ALL=C %s\ncd $T && . testdata/root.sh && . testdata/guests/%s.sh\n",
		uml.SharePath, el, strings.Join(env, " "), name)
	var console strings.Builder
	ctx, cancel := context.WithTimeout(context.Background(), guestLimit)
	defer cancel()
	machine := uml.Machine{Script: script, Share: share, MemoryMB: 768, Console: &console}
	status, err := machine.Run(ctx)
	if err != nil || status != 0 {
		t.Fatalf("status %d, %v\n%s", status, err, console.String())
	}
	return console.String(), share
}

// everyRelease has the how-to played with the packages of every release.
var everyRelease = flag.Bool("every-release", false, "play the how-to with the packages of every release")

// TestHowto plays the how-to with what the packages install; /etc/init.d/heartbeat
// starts and stops the directors.
func TestHowto(t *testing.T) {
	releases := []string{"el6"} // those of el7 are played by TestUnits
	if *everyRelease {
		releases = append(releases, "el7")
	}
	for _, el := range releases {
		t.Run(el, func(t *testing.T) {
			out, share := guest(t, "howto", el)
			text, err := os.ReadFile(filepath.Join(share, "results"))
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			var results []howto.Result
			if err := json.Unmarshal(text, &results); err != nil {
				t.Fatal(err)
			}
			if len(results) != 7 {
				t.Errorf("%d steps, want 7", len(results))
			}
			for _, r := range results {
				if r.Failed != "" {
					t.Errorf("%s: %s\n%s", r.Name, r.Failed, out)
				}
			}
		})
	}
}

// TestOldKernel runs the packages of CentOS 6 without the system calls that its
// kernel does not have: start, status and stop of both programs.
func TestOldKernel(t *testing.T) {
	out, _ := guest(t, "oldkernel", "el6")
	golden(t, "guests/oldkernel", changing.ReplaceAllString(out, "pid N"))
}

// TestUnits has systemd start, watch, reload and stop both programs.
func TestUnits(t *testing.T) {
	_, share := guest(t, "units", "el7", "MANAGER=1")
	said, err := os.ReadFile(filepath.Join(share, "said"))
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "guests/units", string(said))
}
