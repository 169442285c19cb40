package main

import (
	"os"
	"path/filepath"
	"strings"

	"lvsha/pkg/system/daemon"
)

// find looks for a configuration where the original does; the path is absolute
// so that a reload finds it again from another directory.
func (s site) find(name string) (path string, found bool) {
	candidates := []string{name}
	if !filepath.IsAbs(name) {
		candidates = nil
	}
	for _, dir := range s.configDirs {
		candidates = append(candidates, filepath.Join(dir, name))
	}
	if absolute, err := filepath.Abs(name); err == nil && !filepath.IsAbs(name) {
		candidates = append(candidates, absolute)
	}
	for _, c := range candidates {
		if info, err := os.Stat(c); err == nil && info.Mode().IsRegular() {
			return c, true
		}
	}
	return name, false
}

// nowhere says that there is no such configuration, and where it was looked for.
func (a *app) nowhere() string {
	if filepath.IsAbs(a.name) {
		return "there is no configuration " + a.name
	}
	return "there is no configuration " + a.name + " in " + strings.Join(a.site.configDirs, ", ") + " or here"
}

// The files of an instance. The pid file is the original's.
func (a *app) pidFile() string  { return a.runFile("pid") }
func (a *app) lockFile() string { return a.runFile("lock") }

// startFile is locked by a start that is under way: from before it takes the lock
// of the instance until its pid file is there.
func (a *app) startFile() string { return a.runFile("start") }

func (a *app) socket() string { return a.runFile("sock") }

func (a *app) runFile(kind string) string {
	return filepath.Join(a.site.runDir, "ldirectord."+a.instance+"."+kind)
}

// running finds the daemon of this instance, ours or the original.
func (a *app) running() (pid int, state daemon.State) {
	return daemon.Find(a.pidFile(), daemon.LdirectordOf(a.instance))
}

// twin finds a daemon that runs the same file under the other name: "ldirectord"
// and "ldirectord.cf" are two instances of one configuration.
func (a *app) twin() (instance string, pid int) {
	other := "ldirectord.cf"
	if a.instance == other {
		other = "ldirectord"
	}
	if filepath.Base(a.path) != "ldirectord.cf" {
		return "", 0
	}
	b := *a
	b.instance = other
	if pid, state := b.running(); state == daemon.Running {
		return other, pid
	}
	return "", 0
}
