package config

import (
	"os"
	"path/filepath"
	"strings"
)

// Load reads ha.cf, authkeys and haresources of a directory and checks them
// against each other and the host. All findings of all files are reported. The
// configuration is complete only if the report is OK.
func Load(dir string, host Host) (*Config, *Report) {
	c := &Config{Dir: dir}
	report := new(Report)
	defer report.close()

	data, err := os.ReadFile(filepath.Join(dir, "ha.cf"))
	if err != nil {
		legacy := legacyPath(dir, "ha.cf")
		report.unreadable(filepath.Join(dir, "ha.cf"), err, "the main configuration cannot be read",
			legacyError("Cannot open config file [%s]", legacy),
			legacyInfo("An annotated sample %s file is provided in the documentation.", legacy),
			legacyInfo("Please copy it to %s, read it, customize it, and try again.", legacy))
	}
	p := parseHA(data, dir, host)
	c.Node = p.nodeName()
	if err == nil && p.report.OK() {
		// What was refused has no value that could be compared.
		p.check(c.Node)
	} else {
		p.report.closing = append(p.report.closing, legacyError("Heartbeat not started: configuration error."))
	}
	c.HA = *p.finish()
	report.merge(p.report)

	ring, keys := Keys(dir)
	if !keys.OK() {
		keys.closing = append(keys.closing, legacyError("Authentication configuration error."))
	}
	c.Keys = ring
	report.merge(keys)

	// Without ha.cf no node is known, and every line would be called bad.
	var nodes []string
	if err == nil && p.report.OK() {
		nodes = c.NodeNames()
	}
	groups, resources := Resources(dir, nodes...)
	c.Groups = groups
	report.merge(resources)
	return c, report
}

// NodeNames returns the nodes and ping nodes, which may both stand in
// haresources.
func (c *Config) NodeNames() []string {
	names := append([]string(nil), c.HA.Nodes...)
	for _, m := range c.HA.Media {
		if strings.HasPrefix(m.Kind, "ping") {
			names = append(names, m.Device)
		}
	}
	return names
}

// close appends the last line of a start that is refused.
func (r *Report) close() {
	if !r.OK() {
		r.closing = append(r.closing, legacyError("Configuration error, heartbeat not started."))
	}
}

// nodeName is the name of this node: the first line of nodeinfo if that file is
// there, else the name of the host; in lower case.
func (p *parser) nodeName() string {
	if b, err := os.ReadFile(filepath.Join(p.dir, "nodeinfo")); err == nil {
		line, _, _ := strings.Cut(string(b), "\n")
		if line = strings.TrimSpace(line); line != "" {
			return lower(line)
		}
	}
	if p.host.NodeName == nil {
		return ""
	}
	name, err := p.host.NodeName()
	if err != nil {
		return ""
	}
	return lower(name)
}
