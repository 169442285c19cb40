package preflight

import (
	"fmt"
	"strings"

	"lvsha/pkg/ha/config"
	"lvsha/pkg/ha/membership"
	"lvsha/pkg/ha/view"
	"lvsha/pkg/system/preflight"
)

// checkRunning compares the files with what the running daemon sees: the
// haresources of the other nodes, the links, the gaps.
func (o Options) checkRunning(c *config.Config, report *preflight.Report) {
	if o.View == nil || o.View.Node != c.Node {
		return
	}
	own := config.Checksum(c.Groups)
	longest, where := view.Seconds(0), ""
	for _, n := range o.View.Nodes {
		if n.Self || n.Ping || n.Status != membership.StatusActive {
			continue
		}
		o.checkPeer(n, own, report)
		for _, l := range n.Links {
			if !l.Up {
				report.Add(preflight.Finding{
					Severity: preflight.Warning, File: o.file("ha.cf"), Line: mediumLine(c, l),
					Text: fmt.Sprintf("%s is not heard on %s: is the way there, and UDP port %d let in on both nodes?", n.Name, l.Name, c.HA.UDPPort),
				})
			}
			if l.GapMax > longest {
				longest, where = l.GapMax, l.Name+" from "+n.Name
			}
		}
	}
	if where == "" {
		return
	}
	f := preflight.Finding{
		Severity: preflight.Info, File: o.file("ha.cf"),
		Text: fmt.Sprintf("the longest gap that the running daemon has seen is %v on %s; deadtime is %v", longest.Duration(), where, c.HA.Deadtime),
	}
	if longest.Duration() > c.HA.Deadtime/2 {
		f.Severity = preflight.Warning
		f.Text += fmt.Sprintf(": at least %v would be safe", 2*longest.Duration())
	}
	report.Add(f)
}

// checkPeer compares the haresources of another node with the file here.
func (o Options) checkPeer(n view.Node, own string, report *preflight.Report) {
	f := preflight.Finding{Severity: preflight.Info, File: o.file("haresources")}
	switch {
	case n.Haresources == "":
		f.Text = n.Name + " runs another heartbeat and does not tell its checksum: compare the files"
	case n.Haresources == own:
		f.Text = n.Name + " has the same"
	default:
		f.Severity = preflight.Warning
		f.Text = fmt.Sprintf("%s has another one, checksum %s: both nodes may take a group, or none", n.Name, n.Haresources)
	}
	report.Add(f)
}

// mediumLine is the line of ha.cf that makes a link, 0 if it is not in the file.
func mediumLine(c *config.Config, l view.Link) int {
	for _, m := range c.HA.Media {
		if m.Name() == l.Name && strings.EqualFold(m.Kind, l.Kind) {
			return m.Line
		}
	}
	return 0
}
