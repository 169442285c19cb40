package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"lvsha/pkg/ha/api"
	"lvsha/pkg/ha/client"
	"lvsha/pkg/system/logging"
)

// Exit statuses of cl_status(1).
const (
	statusBadArgument = 11
	statusNoAnswer    = 12
	statusFailed      = 13
)

// clStatusName is the one name under which the program may run with more rights
// than its caller has.
const clStatusName = "cl_status"

// answerWithin is how long the daemon has to answer everything.
const answerWithin = 5 * time.Second

// clStatus is one call of cl_status.
type clStatus struct {
	name           string // the sub-command
	client         *client.Client
	stdout, stderr io.Writer
	flags          map[byte]string
	args           []string
	deadline       time.Time
}

// subcommand is one thing that cl_status can tell. Its options are those of
// getopt(3).
type subcommand struct {
	options string
	run     func(*clStatus) int
}

var subcommands = map[string]subcommand{
	"hbstatus":     {"mv", nil},
	"listnodes":    {"mnpv", (*clStatus).listNodes},
	"nodestatus":   {"m", (*clStatus).nodeStatus},
	"nodetype":     {"m", (*clStatus).nodeType},
	"nodeweight":   {"m", (*clStatus).nodeWeight},
	"nodesite":     {"m", (*clStatus).nodeSite},
	"listhblinks":  {"mv", (*clStatus).listLinks},
	"hblinkstatus": {"m", (*clStatus).linkStatus},
	"clientstatus": {"m", (*clStatus).clientStatus},
	"rscstatus":    {"m", (*clStatus).resources},
	"hbparameter":  {"mp:", (*clStatus).parameter},
	"test":         {"", (*clStatus).test},
}

// runCLStatus is cl_status.
func runCLStatus(_ string, args []string, stdout, stderr io.Writer) int {
	if len(args) > 1 && slices.Contains(args, "--json") {
		return runCLStatusJSON(slices.DeleteFunc(slices.Clone(args), func(a string) bool { return a == "--json" }), stdout, stderr)
	}
	c := &clStatus{stdout: stdout, stderr: stderr, deadline: time.Now().Add(answerWithin)}
	if len(args) == 0 || len(args) == 1 && args[0] == "-h" {
		fmt.Fprint(stdout, clStatusUsage)
		return exitOK
	}
	c.name = args[0]
	sub, ok := subcommands[c.name]
	if !ok {
		c.complain("%s: invalid sub-command.", c.name)
		return statusBadArgument
	}
	var err error
	c.client, err = client.Dial(runDir+"/"+api.SocketName, "", c.deadline)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return statusNoAnswer
	}
	if c.name == "hbstatus" {
		return c.heartbeat(err, args[1:])
	}
	if err != nil {
		c.complain("Cannot signon with heartbeat")
		c.complain("REASON: %s", err)
		return exitFailed
	}
	defer func() { _ = c.client.Close() }()
	if bad := sub.options != "" && c.parse(sub.options, args[1:], false); bad {
		what := "?."
		if strings.HasPrefix(c.name, "list") || c.name == "hbparameter" {
			what = "code ?."
		}
		c.complain("Error: getopt returnedcharacter %s", what)
		return statusBadArgument
	}
	return sub.run(c)
}

// parse sorts options and arguments as getopt(3) does, in any order. It reports
// whether one of the options is unknown; lenient says that it goes on then.
func (c *clStatus) parse(options string, args []string, lenient bool) (bad bool) {
	c.flags = make(map[byte]string)
	for i := 0; i < len(args); i++ {
		if args[i] == "--" {
			c.args = append(c.args, args[i+1:]...)
			return bad
		}
		if len(args[i]) < 2 || args[i][0] != '-' {
			c.args = append(c.args, args[i])
			continue
		}
		for j := 1; j < len(args[i]); j++ {
			o := args[i][j]
			at := strings.IndexByte(options, o)
			switch {
			case at < 0 || o == ':':
				fmt.Fprintf(c.stderr, "%s: invalid option -- '%c'\n", c.name, o)
				if bad = true; !lenient {
					return bad
				}
				continue
			case at+1 == len(options) || options[at+1] != ':':
				c.flags[o] = ""
				continue
			case j+1 < len(args[i]):
				c.flags[o] = args[i][j+1:]
			case i+1 < len(args):
				i++
				c.flags[o] = args[i]
			default:
				fmt.Fprintf(c.stderr, "%s: option requires an argument -- '%c'\n", c.name, o)
				if bad = true; !lenient {
					return bad
				}
			}
			break
		}
	}
	return bad
}

func (c *clStatus) has(flag byte) bool {
	_, ok := c.flags[flag]
	return ok
}

// choose prints one of two forms, the second if -m asks for one that people read.
func (c *clStatus) choose(plain, human string) {
	if c.has('m') {
		plain = human
	}
	fmt.Fprintln(c.stdout, plain)
}

// complain writes an error as the original logs it.
func (c *clStatus) complain(format string, args ...any) {
	log, err := openToolLog(clStatusName, c.stderr)
	if err != nil {
		return
	}
	logging.Logf(log, logging.Error, format, args...)
	log.Close()
}

// fail says why the daemon has not answered. A daemon that says nothing at all
// has no text, only a status.
func (c *clStatus) fail(err error, status int, format string, args ...any) int {
	if errors.Is(err, os.ErrDeadlineExceeded) && !time.Now().Before(c.deadline) {
		return statusNoAnswer
	}
	c.complain(format, args...)
	reason := ""
	if errors.Is(err, client.ErrClosed) {
		reason = err.Error()
	}
	c.complain("REASON: %s", reason)
	return status
}

// tooFew says that arguments are missing.
func (c *clStatus) tooFew(text string) int {
	fmt.Fprintln(c.stdout, text)
	return statusBadArgument
}

func (c *clStatus) heartbeat(err error, args []string) int {
	c.parse("mv", args, true)
	var refused *client.RefusedError
	switch {
	case errors.As(err, &refused):
		fmt.Fprintln(c.stdout, "Heartbeat is apparently running on this machine, but refuses my connection")
		return exitOK
	case err != nil:
		fmt.Fprintln(c.stdout, "Heartbeat is stopped on this machine.")
		if c.has('v') {
			fmt.Fprintf(c.stdout, "(%v)\n", err)
		}
		return exitFailed
	}
	defer func() { _ = c.client.Close() }()
	if !c.has('v') {
		fmt.Fprintln(c.stdout, "Heartbeat is running on this machine.")
		return exitOK
	}
	if c.client.Version == "" {
		c.client.Version, _, _ = c.client.Parameter("hbversion")
		c.client.Pacemaker, _, _ = c.client.Parameter("pacemaker")
	}
	c.choose("version:\t"+c.client.Version, "Heartbeat version "+c.client.Version)
	c.choose("managed by:\t\"haresources\"", "Resources controlled by \"haresources\"")
	c.membership()
	return c.listNodes()
}
