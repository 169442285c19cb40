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
	// service is the unit of systemd that stands in for a script, path its
	// systemctl.
	service string
	err     error // its script was not found
}

func (r *Runner) unit(res config.Resource) unit {
	u := unit{Resource: res}
	var respelt string
	u.path, respelt, u.err = lookup(r.dirs(), res.Script)
	if u.err != nil {
		if path, ok := r.service(res.Script); ok && len(res.Args) == 0 {
			u.path, u.err, u.service = path, nil, res.Script+".service"
		}
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

// unitDirs are where systemd looks for units.
var unitDirs = []string{"/etc/systemd/system", "/run/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"}

// service looks for a unit of systemd of that name, where systemd runs, and gives
// the path of systemctl.
func (r *Runner) service(name string) (systemctl string, ok bool) {
	root := r.Root
	if i, err := os.Stat(root + "/run/systemd/system"); err != nil || !i.IsDir() || strings.ContainsRune(name, '/') {
		return "", false
	}
	for _, path := range []string{"/usr/bin/systemctl", "/bin/systemctl"} {
		if !runnable(root + path) {
			continue
		}
		for _, d := range unitDirs {
			if _, err := os.Stat(root + d + "/" + name + ".service"); err == nil {
				return root + path, true
			}
		}
	}
	return "", false
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
	if u.service != "" {
		return r.systemctl(ctx, u, "is-active").code == 0
	}
	res := r.script(u).status(ctx)
	if res.expired || res.err != nil {
		r.explain(u, "status", res)
	}
	return running(res.output)
}

// systemctl asks systemd for an action on the unit that stands in for a script.
func (r *Runner) systemctl(ctx context.Context, u unit, action string) result {
	s := r.script(u)
	s.args = []string{"--quiet", action}
	return s.do(ctx, u.service)
}

// do starts or stops a resource and gives its exit status.
func (r *Runner) do(ctx context.Context, u unit, action string) int {
	if u.err != nil {
		r.logf(logging.Error, "%v", u.err)
		return 1
	}
	args := strings.Join(u.Args, " ")
	if u.service != "" {
		args = u.service
	}
	r.logf(logging.Info, "Running %s %s %s", u.path, args, action)
	var res result
	if u.agent {
		res.code = r.Agents.address(u.Script, u.Args[0]).act(action)
	} else if u.service != "" {
		res = r.systemctl(ctx, u, action)
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
