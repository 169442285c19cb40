package resource

import (
	"context"
	"fmt"
	"os"
	"strings"

	"lvsha/pkg/ha/config"
	"lvsha/pkg/system/logging"
)

// unit is a resource with the means to run it.
type unit struct {
	config.Resource
	path  string
	agent bool
	err   error // its script was not found
}

func (r *Runner) unit(res config.Resource) unit {
	u := unit{Resource: res}
	var respelt string
	u.path, respelt, u.err = lookup(r.dirs(), res.Script)
	if u.err != nil {
		return u
	}
	if respelt != "" {
		if _, known := r.respell.LoadOrStore(res.Script, true); !known {
			r.logf(logging.Warn, "Resource script %s is spelt %s; running %s for %s", res.Script, respelt, u.path, res.Word)
		}
		u.Script = respelt
	}
	u.agent = r.Agents != nil && IsAddress(baseName(u.path)) && len(res.Args) == 1 && r.isSelf(u.path)
	return u
}

func (r *Runner) isSelf(path string) bool {
	self := r.Self
	if self == "" {
		var err error
		if self, err = os.Executable(); err != nil {
			return false
		}
	}
	a, err := os.Stat(self)
	if err != nil {
		return false
	}
	b, err := os.Stat(path)
	return err == nil && os.SameFile(a, b)
}

func (r *Runner) script(u unit) script {
	return script{path: u.path, args: u.Args, env: r.Env, limit: r.Timeout}
}

// runs says whether a resource runs here.
func (r *Runner) runs(ctx context.Context, u unit) bool {
	switch {
	case u.err != nil:
		r.logf(logging.Error, "%v", u.err)
		return false
	case u.agent:
		return r.Agents.address(u.Script, u.Args[0]).act("status") == ocfSuccess
	}
	res := r.script(u).status(ctx)
	if res.expired || res.err != nil {
		r.explain(u, "status", res)
	}
	return running(res.output)
}

// do starts or stops a resource and gives its exit status.
func (r *Runner) do(ctx context.Context, u unit, action string) int {
	if u.err != nil {
		r.logf(logging.Error, "%v", u.err)
		return 1
	}
	args := strings.Join(u.Args, " ")
	r.logf(logging.Info, "Running %s %s %s", u.path, args, action)
	var res result
	if u.agent {
		res.code = r.Agents.address(u.Script, u.Args[0]).act(action)
	} else {
		res = r.script(u).do(ctx, action)
	}
	r.logf(logging.Debug, "%s %s %s done. RC=%d", u.path, args, action, res.code)
	if res.expired && res.code == 0 {
		res.code = 1 // ended by itself in the moment of its deadline
	}
	if res.code != 0 {
		r.logf(logging.Error, "Return code %d from %s", res.code, u.path)
		r.explain(u, action, res)
	}
	return res.code
}

// explain adds what a return code does not say.
func (r *Runner) explain(u unit, action string, res result) {
	line := fmt.Sprintf("%s %s %s", u.path, strings.Join(u.Args, " "), action)
	switch {
	case res.err != nil:
		r.logf(logging.Error, "%s: %v", line, res.err)
		return
	case res.expired:
		line += fmt.Sprintf(": not done within %v, killed", r.Timeout)
	case u.agent:
		return // has said it itself
	}
	if out := quote(res.output); out != "" {
		line += ": last output: " + out
	} else {
		line += ": no output"
	}
	r.logf(logging.Error, "%s", line)
}
