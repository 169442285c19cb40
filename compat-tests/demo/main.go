// Command demo plays the how-to's pair on a kernel with IPVS: it boots User-mode
// Linux on this machine's files, installs into it what "make install" stages,
// and plays every step from the start of the directors to the death of the
// master. The exit status is 0 if every step passed.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"lvsha/compat-tests/howto"
	"lvsha/compat-tests/uml"
)

// limit is how long the whole of it may take.
const limit = 8 * time.Minute

func main() {
	var err error
	switch {
	case len(os.Args) == 4 && os.Args[1] == "keeper":
		err = howto.Keeper(os.Args[2], os.Args[3])
	case len(os.Args) == 3 && os.Args[1] == "web":
		err = howto.Web(os.Args[2])
	case len(os.Args) == 2 && os.Args[1] == "client":
		err = howto.Client()
	case len(os.Args) == 3 && os.Args[1] == "guest":
		err = guest(os.Args[2])
	default:
		original := flag.Bool("original", false, "play it with the original heartbeat and ldirectord of this machine")
		flag.Parse()
		err = host(*original)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// host boots the machine and sums up what came of it.
func host(original bool) error {
	began := time.Now()
	share, err := os.MkdirTemp("", "demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(share)
	stage := filepath.Join(share, "stage")
	if err := os.MkdirAll(stage, 0o755); err != nil {
		return err
	}
	if original {
		fmt.Println("The originals installed on this machine play.")
	} else {
		fmt.Println("Building and staging both programs (make install).")
		cmd := exec.Command("make", "-s", "install", "DESTDIR="+stage)
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("make install: %w", err)
		}
	}
	player := filepath.Join(share, "demo")
	build := exec.Command("go", "build", "-o", player, "./compat-tests/demo")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("build the player: %w", err)
	}
	fmt.Println("Booting User-mode Linux, whose kernel has IPVS.")
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	machine := uml.Machine{
		Share:   share,
		Console: os.Stdout,
		Script:  "cp -a " + uml.SharePath + "/stage/. / && exec " + uml.SharePath + "/demo guest " + uml.SharePath + "/results\n",
	}
	status, err := machine.Run(ctx)
	if err != nil {
		return err
	}
	return summary(filepath.Join(share, "results"), status, time.Since(began))
}

// guest plays inside User-mode Linux and leaves the results in a file.
func guest(file string) error {
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

// summary prints one line a step.
func summary(file string, status int, took time.Duration) error {
	text, err := os.ReadFile(file)
	if err != nil || status != 0 {
		return fmt.Errorf("the scenario ended early with status %d", status)
	}
	var results []howto.Result
	if err := json.Unmarshal(text, &results); err != nil {
		return err
	}
	fmt.Println()
	failed := 0
	for _, r := range results {
		verdict := "passed"
		if r.Failed != "" {
			verdict = "NOT PASSED: " + r.Failed
			failed++
		}
		fmt.Printf("%-20s %5.1f s, client without an answer %5.2f s  %s\n", r.Name, r.Took.Seconds(), r.Saw.Outage.Seconds(), verdict)
	}
	fmt.Printf("%d steps passed, %d not, in %.0f s\n", len(results)-failed, failed, took.Seconds())
	if failed > 0 {
		return errors.New("not every step passed")
	}
	return nil
}
