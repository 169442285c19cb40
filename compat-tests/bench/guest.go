package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"lvsha/compat-tests/howto"
	"lvsha/compat-tests/uml"
)

// guestLimit is how long one boot may take: the original sets up a table of 1,000
// servers for 24 minutes on a busy machine, where every one of its 8,000 runs of
// ipvsadm takes more than a tenth of a second.
const guestLimit = tablesLimit + time.Minute

// boot boots User-mode Linux, plays one scenario of one cast in it and reads
// what it found out into result. Programs of ours are installed over the
// guest's view of this machine.
func (b *bench) boot(scene string, c cast, result any) error {
	share, err := os.MkdirTemp("", "bench-guest-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(share)
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if err := copyFile(self, filepath.Join(share, "bench")); err != nil {
		return err
	}
	install := "true"
	if c == ours {
		if err := os.CopyFS(filepath.Join(share, "stage"), os.DirFS(b.stage)); err != nil {
			return fmt.Errorf("copy the stage: %w", err)
		}
		install = "cp -a " + uml.SharePath + "/stage/. /"
	}
	ctx, cancel := context.WithTimeout(b.ctx, guestLimit)
	defer cancel()
	machine := uml.Machine{
		Share:   share,
		Console: b.log,
		Script:  fmt.Sprintf("%s && exec %s/bench guest %s %s %s/result\n", install, uml.SharePath, scene, c, uml.SharePath),
	}
	status, err := machine.Run(ctx)
	if err != nil {
		return err
	}
	if status != 0 {
		return fmt.Errorf("status %d", status)
	}
	text, err := os.ReadFile(filepath.Join(share, "result"))
	if err != nil {
		return err
	}
	return json.Unmarshal(text, result)
}

// guest plays a scenario inside User-mode Linux and leaves the result in a file.
func guest(scene, name, file string) error {
	var result any
	var err error
	switch scene {
	case "howto":
		result, err = howto.Measure(os.Stdout, name == keepalived.String())
	case "checks":
		result, err = measureChecks(name == keepalived.String())
	case "tables":
		result, err = measureTables(cast(slices.Index(castNames[:], name)))
	default:
		err = fmt.Errorf("no scenario %q", scene)
	}
	if err != nil {
		return err
	}
	text, err := json.Marshal(result)
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o644)
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		_ = out.Close()
		return err
	}
	return out.Close()
}
