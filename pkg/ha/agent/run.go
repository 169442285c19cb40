package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"lvsha/pkg/ha/resource"
	"lvsha/pkg/system/logging"
)

// Exit codes of OCF.
const (
	success       = 0
	failed        = 1
	badArguments  = 2
	notInstalled  = 5
	notConfigured = 6
	notRunning    = 7
)

// Is says whether Run knows a name.
func Is(name string) bool {
	_, ok := scripts[name]
	return ok || name == ocfName
}

// call is one call of a script.
type call struct {
	params
	name   string // of the script
	ctx    context.Context
	stdout io.Writer
	stderr io.Writer
	log    *resource.ScriptLog
}

// Run is the script of resource.d that is called by its path; args are what
// follows, the action last. The exit code is that of the original script. When
// ctx ends, what the script waits for is given up.
func Run(ctx context.Context, path string, args []string, stdout, stderr io.Writer) int {
	name := filepath.Base(path)
	if name == ocfName {
		return runOCF(ctx, path, args, stdout, stderr)
	}
	s, ok := scripts[name]
	if !ok {
		fmt.Fprintf(stderr, "%s: no script of that name\n", path)
		return failed
	}
	usage := func() {
		fmt.Fprintf(stdout, "%s: %s%s (start|stop|status|usage|meta-data)\n", s.word, path, s.usage)
	}
	if len(args)-1 < s.least || len(args)-1 > s.most {
		if s.complain != nil {
			if text := s.complain(len(args)); text != "" {
				fmt.Fprintln(stdout, text)
			}
		}
		usage()
		return failed
	}
	action := args[len(args)-1]
	c := &call{params: s.bind(args[:len(args)-1]), name: name, ctx: ctx, stdout: stdout, stderr: stderr}
	if c.refused != "" {
		fmt.Fprintln(stdout, c.refused)
		usage()
		return failed
	}
	if c.instance == "" {
		c.instance = name
	} else {
		c.instance = name + "_" + c.instance
	}
	c.log = resource.OpenAgentLog(c.instance, os.Getenv, stderr)
	defer c.log.Close()
	switch action {
	case "start", "stop", "status", "monitor":
		return c.finish(c.carryOut(s, action), action)
	case "usage", "help":
		usage()
		if !s.usageIsSuccess {
			return failed
		}
		return c.finish(success, action)
	}
	c.say("ERROR: Unknown operation: " + action)
	usage()
	return failed
}

func (c *call) carryOut(s script, action string) int {
	if s.own != nil {
		return s.own(c, action)
	}
	return c.agent(action)
}

// finish prints the verdict.
func (c *call) finish(code int, action string) int {
	text, code := resource.Verdict(code, action)
	c.say(text)
	return code
}

func (c *call) say(line string) {
	c.log.Line(line)
	fmt.Fprintln(c.stdout, line)
}

// refuse logs why an action is not possible, on standard error, too, as OCF agents
// do.
func (c *call) refuse(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	fmt.Fprintln(c.stderr, "ocf-exit-reason:"+text)
	c.log.Log(logging.Error, text)
}

func (c *call) logf(level logging.Level, format string, args ...any) {
	logging.Logf(c.log, level, format, args...)
}

// ocfRoot is where OCF agents are.
func ocfRoot() string {
	if dir := os.Getenv("OCF_ROOT"); dir != "" {
		return dir
	}
	return "/usr/lib/ocf"
}

// agent runs the OCF agent of the script's name.
func (c *call) agent(action string) int {
	path := filepath.Join(ocfRoot(), "resource.d", "heartbeat", c.name)
	if i, err := os.Stat(path); err != nil || i.Mode()&0o111 == 0 {
		c.log.Log(logging.Error, path+" is not an executable file ")
		return notInstalled
	}
	if action == "status" {
		action = "monitor"
	}
	env := append(os.Environ(), "OCF_RA_VERSION_MAJOR=1", "OCF_RA_VERSION_MINOR=0", "OCF_ROOT="+ocfRoot(),
		"OCF_TYPE="+c.name, "OCF_RESOURCE_INSTANCE="+c.instance)
	for _, n := range c.names {
		env = append(env, "OCF_RESKEY_"+n+"="+c.values[n])
	}
	code, err := c.command(env, path, action)
	if err != nil {
		c.logf(logging.Error, "%s %s: %v", path, action, err)
	}
	return code
}

// command runs a program to its end, with the caller's output, and gives its exit
// status: 128 and the signal for one that was killed, 126 for one that could not
// be run.
func (c *call) command(env []string, path string, args ...string) (int, error) {
	cmd := exec.CommandContext(c.ctx, path, args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = env, c.stdout, c.stderr
	return exitStatus(cmd.Run())
}

func exitStatus(err error) (int, error) {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0, nil
	case errors.As(err, &exit):
		if code := exit.ExitCode(); code >= 0 {
			return code, nil
		}
		return 128, err
	}
	return 126, err
}

// tool runs a program of the system quietly; what it says is part of the error.
func (c *call) tool(path string, args ...string) (string, error) {
	out, err := exec.CommandContext(c.ctx, path, args...).CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%s %s: %w: %s", path, strings.Join(args, " "), err, strings.TrimSpace(string(out)))
	}
	return string(out), err
}
