// Package preflight looks at the files of heartbeat and at the host before
// anything is started: heartbeat --check.
package preflight

import (
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"strings"

	"lvsha/pkg/ha/config"
	"lvsha/pkg/ha/view"
	"lvsha/pkg/system/preflight"
)

// Options say what to look at.
type Options struct {
	Dir  string // of the files
	Host config.Host
	// Machine answers for the rest of the host.
	Machine preflight.Host
	// Interfaces lists the network interfaces; nil asks the machine.
	Interfaces func() ([]Interface, error)
	// Gateway is the first hop to an address through an interface, zero for none; nil
	// asks nobody.
	Gateway func(device string, to netip.Addr) (netip.Addr, error)
	// Scripts says what is wrong with a group's scripts and addresses.
	Scripts func(config.Group) []error
	// Running says that the daemon runs: its port is taken then.
	Running bool
	// View is what the running daemon sees; nil if none runs or answers.
	View *view.View
}

// Interface is a network interface with its networks.
type Interface struct {
	Name     string
	Up       bool
	Networks []netip.Prefix
}

// Check reads the files and asks the host. The configuration is complete only if
// the report has no error.
func Check(o Options) (*config.Config, *preflight.Report) {
	c, found := config.Load(o.Dir, o.Host)
	report := new(preflight.Report)
	for _, f := range found.Findings {
		report.Add(preflight.Finding{
			Severity: severities[f.Severity], File: f.File, Line: f.Line, Column: f.Column, Text: f.Text,
		})
	}
	if !found.OK() {
		return c, report
	}
	o.checkLinks(c, report)
	o.checkScripts(c, report)
	o.checkRunning(c, report)
	o.checkMachine(c, report)
	return c, report
}

var severities = map[config.Severity]preflight.Severity{
	config.Info: preflight.Info, config.Warning: preflight.Warning, config.Error: preflight.Error,
}

func (o Options) file(name string) string { return filepath.Join(o.Dir, name) }

// checkLinks looks at the ways to the other nodes.
func (o Options) checkLinks(c *config.Config, report *preflight.Report) {
	ask := o.Interfaces
	if ask == nil {
		ask = interfaces
	}
	list, err := ask()
	if err != nil {
		report.Host(preflight.Warning, "interfaces: %v", err)
		return
	}
	byName := make(map[string]Interface)
	for _, i := range list {
		byName[i.Name] = i
	}
	links, pings := make(map[string]bool), 0
	warn := func(line int, format string, args ...any) {
		report.Add(preflight.Finding{Severity: preflight.Warning, File: o.file("ha.cf"), Line: line, Text: fmt.Sprintf(format, args...)})
	}
	for _, m := range c.HA.Media {
		if strings.HasPrefix(m.Kind, "ping") {
			pings++
			continue
		}
		links[m.Device] = true
		i, known := byName[m.Device]
		switch {
		case !known: // a serial line
		case !i.Up:
			warn(m.Line, "the interface %s is down", m.Device)
		case strings.HasPrefix(m.Kind, "ucast") && !reaches(i, m.Addr):
			o.checkRoute(m, report)
		}
	}
	if len(links) == 1 && len(c.HA.Nodes) > 1 {
		text := "there is one link only: if it breaks, both nodes take the resources"
		if pings == 0 {
			text += "; a second one (another interface, a serial line) or a ping node tells a broken link from a dead node"
		}
		report.Add(preflight.Finding{Severity: preflight.Warning, File: o.file("ha.cf"), Text: text})
	}
}

// checkRoute looks for the way to a node that is in no network of its link.
func (o Options) checkRoute(m config.Medium, report *preflight.Report) {
	f := preflight.Finding{
		Severity: preflight.Warning, File: o.file("ha.cf"), Line: m.Line,
		Text: fmt.Sprintf("%s is in no network of %s: are there a route and no filter on the way?", m.Addr, m.Device),
	}
	if addr, err := netip.ParseAddr(m.Addr); err == nil && o.Gateway != nil {
		gateway, err := o.Gateway(m.Device, addr)
		switch {
		case err != nil:
			f.Text = err.Error()
		case gateway.IsValid():
			f.Severity = preflight.Info
			f.Text = fmt.Sprintf("%s is reached over %s by the gateway %s: if that fails, so does the link", m.Addr, m.Device, gateway)
		}
	}
	report.Add(f)
}

// reaches reports whether an address is in a network of an interface. A name is
// not looked up.
func reaches(i Interface, addr string) bool {
	a, err := netip.ParseAddr(addr)
	if err != nil {
		return true
	}
	for _, n := range i.Networks {
		if n.Contains(a) {
			return true
		}
	}
	return false
}

func interfaces() ([]Interface, error) {
	list, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	var out []Interface
	for _, i := range list {
		entry := Interface{Name: i.Name, Up: i.Flags&net.FlagUp != 0}
		addrs, err := i.Addrs()
		if err != nil {
			return nil, err
		}
		for _, a := range addrs {
			if p, err := netip.ParsePrefix(a.String()); err == nil {
				entry.Networks = append(entry.Networks, p)
			}
		}
		out = append(out, entry)
	}
	return out, nil
}

// checkScripts looks at what haresources names, and prints the checksum by which
// the nodes' files can be compared.
func (o Options) checkScripts(c *config.Config, report *preflight.Report) {
	for _, g := range c.Groups {
		if o.Scripts == nil {
			break
		}
		for _, err := range o.Scripts(g) {
			report.Add(preflight.Finding{Severity: preflight.Error, File: o.file("haresources"), Line: g.Line, Text: err.Error()})
		}
	}
	report.Add(preflight.Finding{
		Severity: preflight.Info, File: o.file("haresources"),
		Text: "checksum " + config.Checksum(c.Groups) + ": it has to be the same on every node",
	})
}

// checkMachine asks the host for what the files cannot say.
func (o Options) checkMachine(c *config.Config, report *preflight.Report) {
	if !o.Running && o.Machine.UDPPortTaken(c.HA.UDPPort) {
		report.Host(preflight.Error, "another program has the UDP port %d", c.HA.UDPPort)
	}
	if o.Machine.ClockUnsynchronised() {
		report.Host(preflight.Info, "nothing keeps the clock: the pair works without, its logs are hard to compare")
	}
	if fire := o.Machine.Firewalls(); len(fire) > 0 {
		report.Host(preflight.Info, "%s may filter: let UDP port %d of the other nodes in", strings.Join(fire, " and "), c.HA.UDPPort)
	}
	if o.Machine.SELinuxEnforces() {
		report.Host(preflight.Info, "SELinux enforces its policy: look at ausearch -m avc if a script is refused")
	}
}

// Explain says who holds what when every node lives, and who takes it from whom.
func Explain(c *config.Config) []string {
	var out []string
	for _, g := range c.Groups {
		words := make([]string, 0, len(g.Resources))
		for _, r := range g.Resources {
			words = append(words, r.Word)
		}
		line := fmt.Sprintf("%s holds %s", g.Node, strings.Join(words, " "))
		var others []string
		for _, n := range c.HA.Nodes {
			if n != g.Node {
				others = append(others, n)
			}
		}
		if len(others) > 0 {
			line += fmt.Sprintf("; %s takes it when %s is silent for %v", strings.Join(others, " or "), g.Node, c.HA.Deadtime)
		}
		out = append(out, line)
	}
	switch c.HA.AutoFailback {
	case config.FailbackOff:
		out = append(out, "a node that returns gets nothing back (auto_failback off)")
	case config.FailbackOn, config.FailbackLegacy:
		out = append(out, "a node that returns gets its groups back (auto_failback)")
	}
	return out
}
