package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"lvsha/pkg/ha/ipfail"
	"lvsha/pkg/ha/message"
)

// fifoFile is where the daemon takes messages of scripts.
const fifoFile = stateDir + "/fifo"

// tool is a small command that belongs to heartbeat. self is the path it was
// called by.
type tool func(self string, args []string, stdout, stderr io.Writer) int

// tools are the commands by the name they are called by.
var tools = map[string]tool{
	"hb_standby":   moveResources("ask_resources", "me", "Going standby [%s]."),
	"hb_takeover":  moveResources("hb_takeover", "", ""),
	"hb_addnode":   changeNodes("addnode"),
	"hb_delnode":   changeNodes("delnode"),
	"hb_setsite":   setAttribute("setsite", "site"),
	"hb_setweight": setAttribute("setweight", "weight"),

	clStatusName: runCLStatus,
	ipfail.Name:  runIPFail,
	"cl_respawn": runCLRespawn,
	"ha_logger":  runHALogger,

	"ResourceManager": manageResources,
	"req_resource":    requestResource,
	"mach_down":       takeFromNode,
}

// moveResources is hb_standby and hb_takeover: they say which resources are to
// move, and return at once.
func moveResources(kind, info, log string) tool {
	return func(self string, args []string, stdout, stderr io.Writer) int {
		set := "all"
		switch {
		case len(args) > 1:
			fmt.Fprintf(stdout, "%s: too many arguments\n", self)
			return moveUsage(self, stdout, stderr)
		case len(args) == 1 && args[0] == "--help":
			return moveUsage(self, stdout, stderr)
		case len(args) == 1:
			set = args[0]
		}
		if !slices.Contains([]string{"all", "foreign", "local", "failback"}, set) {
			fmt.Fprintf(stdout, "%s: wrong resources(%s).\n", self, set)
			return moveUsage(self, stdout, stderr)
		}
		if set == "failback" && kind == "ask_resources" {
			set = "foreign"
		}
		m := message.New(kind).Add("rsc_hold", set)
		if info != "" {
			m.Add("info", info)
		}
		if err := post(m); err != nil {
			return complain(self, stderr, err)
		}
		if log != "" {
			logScript(self, stderr, fmt.Sprintf(log, set))
		}
		return exitOK
	}
}

func moveUsage(self string, stdout, stderr io.Writer) int {
	fmt.Fprintln(stdout, "usage:")
	fmt.Fprintf(stderr, "%s [all|foreign|local|failback]\n", self)
	return exitFailed
}

func changeNodes(kind string) tool {
	return func(self string, args []string, stdout, stderr io.Writer) int {
		if len(args) == 0 {
			fmt.Fprintf(stdout, "usage: %s <node> <node> ...\n", filepath.Base(self))
			return exitFailed
		}
		if err := post(message.New(kind).Add("nodelist", strings.Join(args, " "))); err != nil {
			return complain(self, stderr, err)
		}
		return exitOK
	}
}

func setAttribute(kind, name string) tool {
	return func(self string, args []string, stdout, stderr io.Writer) int {
		if len(args) != 2 {
			fmt.Fprintf(stdout, "usage: %s <node> <%s>\n", filepath.Base(self), name)
			return exitFailed
		}
		if err := post(message.New(kind).Add("node", args[0]).Add(name, args[1])); err != nil {
			return complain(self, stderr, err)
		}
		return exitOK
	}
}

// errNotRunning says that nobody reads the FIFO. The original hangs here.
var errNotRunning = errors.New("heartbeat is not running")

// post hands a message to the running daemon in one write.
func post(m *message.Message) error {
	frame, err := message.EncodePlain(m, message.Classic)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(fifoFile, os.O_WRONLY|syscall.O_NONBLOCK, 0)
	if errors.Is(err, syscall.ENXIO) || errors.Is(err, os.ErrNotExist) {
		return errNotRunning
	}
	if err != nil {
		return err
	}
	_, err = f.WriteString(strings.TrimRight(string(frame), "\x00"))
	return errors.Join(err, f.Close())
}

func complain(self string, stderr io.Writer, err error) int {
	fmt.Fprintf(stderr, "%s: %v\n", self, err)
	return exitFailed
}
