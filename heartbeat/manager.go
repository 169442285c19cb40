package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"lvsha/pkg/ha/config"
	"lvsha/pkg/ha/message"
	"lvsha/pkg/ha/resource"
	"lvsha/pkg/system/logging"
)

// manager is what the commands around resources need.
type manager struct {
	self   string
	host   string
	groups []config.Group
	runner *resource.Runner
	close  func()
}

// newManager reads haresources and makes a runner whose lines go where scripts
// log.
func newManager(self string, stderr io.Writer) (*manager, error) {
	groups, report := config.Resources(configDir)
	if !report.OK() {
		return nil, report.Err()
	}
	m := &manager{self: self, groups: groups, host: os.Getenv("HA_CURHOST")}
	env := os.Environ()
	if m.host == "" {
		// Called by hand, not by the daemon: the environment has to be made.
		cfg, _ := config.Load(configDir, config.SystemHost())
		if cfg == nil || cfg.Node == "" {
			name, err := os.Hostname()
			if err != nil {
				return nil, err
			}
			m.host = strings.ToLower(name)
		} else {
			m.host = cfg.Node
			env = resource.Environment(cfg, cfg.Node, readSettings(sysconfigFile, silent{}).tmp, env)
		}
	}
	log, done := resource.OpenScriptLog(filepath.Base(self), env, stderr)
	m.runner, m.close = &resource.Runner{Env: env, Log: log, Self: "-"}, done
	return m, nil
}

func logScript(self string, stderr io.Writer, text string) {
	m, err := newManager(self, stderr)
	if err != nil {
		return
	}
	defer m.close()
	m.runner.Log.Log(logging.Info, text)
}

// find returns the group whose key it is.
func (m *manager) find(key string) (config.Group, bool) {
	for _, g := range m.groups {
		if g.Key() == key {
			return g, true
		}
	}
	return config.Group{}, false
}

const managerUsage = "usage: %s listkeys machine | takegroup key | givegroup key|status resource\n"

// manageResources is ResourceManager.
func manageResources(self string, args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		fmt.Fprintf(stderr, managerUsage, self)
		return exitFailed
	}
	if daemonDoes(args[0]) {
		return exitOK
	}
	m, err := newManager(self, stderr)
	if err != nil {
		return complain(self, stderr, err)
	}
	defer m.close()
	argument := ""
	if len(args) > 1 {
		argument = args[1]
	}
	ctx := context.Background()
	switch args[0] {
	case "listkeys":
		return m.listKeys(argument, stdout, stderr)
	case "allkeys":
		m.print(stdout, func(config.Group) bool { return true }, config.Group.Key)
	case "ourkeys":
		m.print(stdout, func(g config.Group) bool { return g.Node == m.host }, wholeGroup)
	case "otherkeys":
		m.print(stdout, func(g config.Group) bool { return g.Node != m.host }, wholeGroup)
	case "status":
		one := config.Group{Node: m.host, Resources: []config.Resource{config.ParseResource(argument)}}
		if m.runner.Status(ctx, one) != resource.All {
			return exitStopped
		}
	case "takegroup":
		return m.move(argument, func(g config.Group) error { return m.runner.Start(ctx, g) })
	case "givegroup":
		return m.move(argument, func(g config.Group) error { return m.runner.Stop(ctx, g) })
	case "statgroup":
		if g, ok := m.find(argument); ok {
			fmt.Fprintln(stdout, m.runner.Status(ctx, g))
		}
	case "verifyallidle":
		return m.verifyIdle(ctx, stderr)
	default:
		fmt.Fprintf(stderr, managerUsage, self)
		return exitFailed
	}
	return exitOK
}

func (m *manager) print(out io.Writer, want func(config.Group) bool, text func(config.Group) string) {
	for _, g := range m.groups {
		if want(g) {
			fmt.Fprintln(out, text(g))
		}
	}
}

func wholeGroup(g config.Group) string {
	var b strings.Builder
	for _, r := range g.Resources {
		b.WriteString(r.Word + " ")
	}
	return b.String()
}

// listKeys prints the keys of the groups whose node matches a pattern, as the
// original compares: from the start of the line to the blank behind the name.
func (m *manager) listKeys(pattern string, stdout, stderr io.Writer) int {
	re, err := regexp.Compile("(?i)^(?:" + pattern + ") ")
	if err != nil {
		return complain(m.self, stderr, err)
	}
	m.print(stdout, func(g config.Group) bool { return re.MatchString(g.Node + " ") }, config.Group.Key)
	return exitOK
}

func (m *manager) move(key string, do func(config.Group) error) int {
	// Callers hand over whole lines of ourkeys; their first word is the key.
	key, _, _ = strings.Cut(strings.TrimSpace(key), " ")
	g, ok := m.find(key)
	if !ok {
		logging.Logf(m.runner.Log, logging.Error, "no resource group %s in haresources", key)
		return exitOK
	}
	return resource.ExitCode(do(g))
}

// verifyIdle warns of every group that runs although heartbeat does not.
func (m *manager) verifyIdle(ctx context.Context, stderr io.Writer) int {
	running := 0
	for _, g := range m.groups {
		if len(g.Resources) == 0 {
			continue
		}
		first := config.Group{Node: g.Node, Resources: g.Resources[:1]}
		if m.runner.Status(ctx, first) != resource.All {
			continue
		}
		running++
		for _, line := range []string{
			"CRITICAL: Resource " + g.Key() + " is active, and should not be!",
			"CRITICAL: Non-idle resources can affect data integrity!",
			"info: If you don't know what this means, then get help!",
			"info: Read the docs and/or source to " + m.self + " for more details.",
		} {
			fmt.Fprintln(stderr, line)
			m.runner.Log.Log(logging.Crit, line)
		}
	}
	return running
}

// requestResource is req_resource: it takes a group that does not run here.
// The daemon does so itself; the command is there for the site's own scripts.
func requestResource(self string, args []string, stdout, stderr io.Writer) int {
	if len(args) != 1 {
		fmt.Fprintf(stderr, "usage: %s key\n", self)
		return exitFailed
	}
	return manageResources(self, []string{"takegroup", args[0]}, stdout, stderr)
}

// takeFromNode is mach_down: it takes the groups of a node that is gone.
func takeFromNode(self string, args []string, _, stderr io.Writer) int {
	m, err := newManager(self, stderr)
	if err != nil {
		return complain(self, stderr, err)
	}
	defer m.close()
	if len(args) == 0 || strings.EqualFold(args[0], m.host) || strings.Contains(os.Getenv("HA_info"), "ping") {
		return exitOK
	}
	node := strings.ToLower(args[0])
	for _, g := range m.groups {
		if g.Node != node {
			continue
		}
		logging.Logf(m.runner.Log, logging.Info, "Taking over resource group %s", g.Key())
		_ = m.runner.Start(context.Background(), g) // its log lines say what failed
	}
	if err := post(message.New("resource").Add("rsc_hold", "foreign").Add("info", "mach_down")); err != nil {
		return complain(self, stderr, err)
	}
	logging.Logf(m.runner.Log, logging.Info, "mach_down takeover complete for node %s.", node)
	return exitOK
}

// silent is the log of a command for what the daemon has told already.
type silent struct{}

// Log implements logging.Sink.
func (silent) Log(logging.Level, string) {}
