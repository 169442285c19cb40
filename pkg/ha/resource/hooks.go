package resource

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"lvsha/pkg/system/logging"
)

// EnvDaemonDoes names, in a hook's environment, what the daemon does itself for
// the event: the commands of these names have nothing to do. The scripts of the
// original, which may still lie in rc.d, would do all of it a second time.
const EnvDaemonDoes = "HA_DAEMON_DOES"

// daemonDoes is what the original's own hooks call for an event that the daemon
// takes care of.
var daemonDoes = map[string]string{
	"status":          "mach_down req_resource takegroup givegroup",
	"ip-request":      "takegroup givegroup",
	"ip-request-resp": "takegroup givegroup",
	"hb_takeover":     "hb_standby",
}

// Hooks are a site's scripts in rc.d: one is run, through harc, for each message
// whose type is its name (heartbeat's "notify world").
type Hooks struct {
	dir   string // /etc/ha.d, with its slash
	env   []string
	limit time.Duration
	log   logging.Sink
	names map[string]bool
}

// OpenHooks reads the names in the directory rc.d below dir. As in the original a
// script that is added later is run only by the next daemon. env is the
// environment of scripts; limit bounds one run, 0 is none.
func OpenHooks(dir string, env []string, limit time.Duration, log logging.Sink) *Hooks {
	h := &Hooks{dir: strings.TrimRight(dir, "/") + "/", env: env, limit: limit, log: log, names: make(map[string]bool)}
	entries, err := os.ReadDir(h.dir + "rc.d")
	if err != nil {
		return h // no directory, no hooks
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && !e.IsDir() {
			h.names[e.Name()] = true
		}
	}
	return h
}

// Has says whether there is a script for a type of message.
func (h *Hooks) Has(kind string) bool { return h.names[kind] }

// Run runs the script of a type of message to its end. fields become HA_<name>;
// none of them takes the place of a variable that scripts rely on.
func (h *Hooks) Run(ctx context.Context, kind string, fields [][2]string) {
	s := script{path: h.dir + "harc", env: h.environment(kind, fields), limit: h.limit}
	if !runnable(s.path) {
		if s.path = h.dir + "rc.d/" + kind; !runnable(s.path) {
			logging.Logf(h.log, logging.Error, "%s: not executable", s.path)
			return
		}
		logging.Logf(h.log, logging.Info, "Running %s %s", s.path, kind)
	}
	h.report(s.do(ctx, kind), s.path+" "+kind)
}

// GiveIP runs rc.d/local_giveip, which a site may have for what has to be done
// before a group is given to the node that asks for it.
func (h *Hooks) GiveIP(ctx context.Context, fields [][2]string) {
	s := script{path: filepath.Join(h.dir, "rc.d", "local_giveip"), env: h.environment("ip-request", fields), limit: h.limit}
	if runnable(s.path) {
		h.report(s.do(ctx, "ip-request"), s.path)
	}
}

func (h *Hooks) report(r result, what string) {
	switch {
	case r.err != nil:
		logging.Logf(h.log, logging.Error, "%s: %v", what, r.err)
	case r.expired && h.limit > 0:
		logging.Logf(h.log, logging.Error, "%s: not done within %v, killed", what, h.limit)
	case r.code != 0:
		line := fmt.Sprintf("%s: return code %d", what, r.code)
		if out := quote(r.output); out != "" {
			line += ": last output: " + out
		}
		h.log.Log(logging.Warn, line)
	}
}

func (h *Hooks) environment(kind string, fields [][2]string) []string {
	known := make(map[string]bool)
	env := append([]string(nil), h.env...)
	for _, e := range env {
		name, _, _ := strings.Cut(e, "=")
		known[name] = true
	}
	for _, f := range fields {
		name := "HA_" + f[0]
		if known[name] || !variable(f[0]) || strings.Contains(f[1], "\x00") {
			continue
		}
		known[name] = true
		env = append(env, name+"="+f[1])
	}
	if does, ok := daemonDoes[kind]; ok {
		env = append(env, EnvDaemonDoes+"="+does)
	}
	if kind == "ip-request" {
		// The daemon answers the request when the group is down.
		env = append(env, "HA_FIFO="+os.DevNull)
	}
	return env
}

// variable says whether a name can be part of a variable's.
func variable(name string) bool {
	for _, r := range name {
		if r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
			return false
		}
	}
	return name != ""
}
