// Command ldirectord checks the real servers of an LVS director and keeps the
// kernel's IPVS table in line with what it finds. It reads the ldirectord.cf of
// the program of the same name and takes the same commands.
package main

import (
	"io"
	"os"
	"path/filepath"

	"lvsha/pkg/lvs/config"
	"lvsha/pkg/system/daemon"
)

// version is set by the build.
var version = "5.0.0"

func main() { os.Exit(run(os.Args, os.Stdout, os.Stderr)) }

// The exit statuses of the original.
const (
	statusOK          = 0
	statusFailed      = 1
	statusConfigError = 2
	statusStopped     = 3
	statusUsage       = 255
)

// app is one invocation.
type app struct {
	args    []string // with the program
	stdout  io.Writer
	stderr  io.Writer
	debug   bool
	stay    bool // in the foreground, but else as in the background
	command string
	site    site
	begun   func() // lets other starts go on; set in the background

	name     string // of the configuration as given
	path     string // of the file found, absolute; name if there is none
	found    bool
	instance string
	options  options
}

// site is where things are on this machine.
type site struct {
	runDir     string
	configDirs []string
}

var installed = site{runDir: "/var/run", configDirs: []string{"/etc/ha.d", "/etc/ha.d/conf"}}

func run(args []string, stdout, stderr io.Writer) int {
	if filepath.Base(args[0]) == syncSwapName {
		return swapSync(args[0], args[1:], stdout, stderr)
	}
	a := &app{args: args, stdout: stdout, stderr: stderr, site: installed}
	if status, done := a.parse(args[1:]); done {
		return status
	}
	a.path, a.found = a.site.find(a.name)
	if daemon.Detached() {
		return a.background()
	}
	switch a.command {
	case "start":
		return a.start()
	case standbyCommand:
		return a.standBy()
	case "stop":
		return a.stop()
	case "restart":
		return a.restart(true)
	case "try-restart":
		return a.restart(false)
	case "reload", "force-reload":
		return a.reload()
	case "drain":
		return a.drain()
	case "undrain":
		return a.undrain()
	case "top":
		return a.top()
	}
	return a.statusCommand()
}

// readOnly is the machine as the commands see it that only ask.
var readOnly = config.System{ReadOnly: true}
