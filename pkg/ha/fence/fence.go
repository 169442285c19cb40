// Package fence resets other nodes: it runs the stonith tool of cluster-glue,
// which knows the power switches and management cards of ha.cf(5) stonith and
// stonith_host.
package fence

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// What a device cannot do.
var (
	// ErrNoTool says that the stonith tool is not installed.
	ErrNoTool = errors.New("the stonith tool of the package cluster-glue is not installed")
	// ErrNoDevice says that the tool does not know such a type of device.
	ErrNoDevice = errors.New("no such type of fencing device")
	// ErrBadHost says that the device does not control the node.
	ErrBadHost = errors.New("the device does not control this node")
)

// Exit statuses of the tool, which are the return values of its library.
const (
	statusBadHost  = 4
	statusNoPlugin = 8
)

// words say what an exit status means.
var words = map[int]string{
	1: ": bad configuration of the device",
	2: ": no access to the device, or a wrong password",
	3: ": bad parameters",
	4: ": the device does not control this node",
	5: ": the device could not do it",
	6: ": the device does not answer",
}

// tools is where packages put the tool.
var tools = []string{"/usr/sbin/stonith", "/sbin/stonith", "/usr/local/sbin/stonith"}

// Device is a fencing device: a type that the tool knows, with its parameters
// or with the file that holds them.
type Device struct {
	Type   string
	Params []string
	File   string
	// Limit is how long the device may take for one request.
	Limit time.Duration
}

// Parameters are the names of what a device of a type wants to be told.
func Parameters(ctx context.Context, kind string) ([]string, error) {
	out, err := run(ctx, "-t", kind, "-n")
	if err != nil {
		if status(err) == statusNoPlugin {
			return nil, fmt.Errorf("%s: %w", kind, ErrNoDevice)
		}
		return nil, err
	}
	return strings.Fields(out), nil
}

// Status asks the device whether it works.
func (d Device) Status(ctx context.Context) error { return d.ask(ctx, "-S") }

// Reset power-cycles a node. It returns nil only if the device says that this
// has happened.
func (d Device) Reset(ctx context.Context, node string) error {
	err := d.ask(ctx, "-T", "reset", node)
	if status(err) == statusBadHost {
		return fmt.Errorf("%s: %w", node, ErrBadHost)
	}
	return err
}

func (d Device) ask(ctx context.Context, request ...string) error {
	if d.Limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, d.Limit)
		defer cancel()
	}
	args := []string{"-s", "-t", d.Type}
	switch {
	case d.File != "":
		args = append(args, "-F", d.File)
	case len(d.Params) > 0:
		args = append(args, "-p", strings.Join(d.Params, " "))
	}
	_, err := run(ctx, append(args, request...)...)
	return err
}

// run runs the tool. Its errors hold neither the arguments nor what the tool
// complains of: passwords may stand in both.
func run(ctx context.Context, args ...string) (string, error) {
	tool := find()
	if tool == "" {
		return "", ErrNoTool
	}
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, tool, args...)
	cmd.Stdout = &out
	isolate(cmd)
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return "", fmt.Errorf("stonith: %w", context.Cause(ctx))
		}
		return "", fmt.Errorf("stonith: %w%s", err, words[status(err)])
	}
	return out.String(), nil
}

func find() string {
	for _, t := range tools {
		if info, err := os.Stat(t); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return t
		}
	}
	return ""
}

// status is the exit status behind an error of run, -1 if there is none.
func status(err error) int {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	return -1
}
