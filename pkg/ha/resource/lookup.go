package resource

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// ErrNoScript says that a resource's script is in none of the directories.
var ErrNoScript = errors.New("Cannot locate resource script") //lint:ignore ST1005 legacy log text

// defaultDirs are where heartbeat looks for scripts, in this order.
var defaultDirs = []string{"/etc/ha.d/resource.d", "/etc/init.d"}

// dirs gives the directories to search; HA_RESOURCEDIR takes the first one's
// place as in the original.
func (r *Runner) dirs() []string {
	dirs := r.Dirs
	if len(dirs) == 0 {
		dirs = defaultDirs
	}
	for _, e := range r.Env {
		if d, ok := strings.CutPrefix(e, "HA_RESOURCEDIR="); ok && d != "" {
			dirs = append([]string{d}, dirs[1:]...)
		}
	}
	return dirs
}

// lookup finds a script: by its exact name in the first directory that has it,
// else the only one that differs in nothing but letter case. The second is
// reported by respelt, the right name.
func lookup(dirs []string, name string) (path, respelt string, err error) {
	if name == "" {
		return "", "", fmt.Errorf("%w ", ErrNoScript)
	}
	for _, d := range dirs {
		if p := filepath.Join(d, name); runnable(p) {
			return p, "", nil
		}
	}
	found := ""
	for _, d := range dirs {
		entries, err := os.ReadDir(d)
		if err != nil {
			continue // a directory that is missing holds no script
		}
		for _, e := range entries {
			if !strings.EqualFold(e.Name(), name) || !runnable(filepath.Join(d, e.Name())) || e.Name() == respelt {
				continue
			}
			if found != "" {
				return "", "", fmt.Errorf("%w %s", ErrNoScript, name)
			}
			found, respelt = filepath.Join(d, e.Name()), e.Name()
		}
	}
	if found == "" {
		return "", "", fmt.Errorf("%w %s", ErrNoScript, name)
	}
	return found, respelt, nil
}

// runnable says whether path is, links followed, a regular file that may be
// executed.
func runnable(path string) bool {
	i, err := os.Stat(path)
	return err == nil && i.Mode().IsRegular() && i.Mode()&0o111 != 0
}
