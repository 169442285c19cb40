package preflight

import (
	"net"
	"net/netip"

	"lvsha/pkg/lvs/config"
	"lvsha/pkg/system/preflight"
)

// checkNetwork looks at the addresses of this host: which virtual addresses it
// has, and whether it reaches the servers as their method needs it.
func (o Options) checkNetwork(c *config.Config, report *preflight.Report) {
	ask := o.Addresses
	if ask == nil {
		ask = addresses
	}
	own := ask()
	if len(own) == 0 {
		return
	}
	here := make(map[netip.Addr]bool, len(own))
	for _, p := range own {
		here[p.Addr()] = true
	}
	o.checkHeld(c, here, report)
	said := make(map[netip.Addr]bool)
	for i := range c.Virtuals {
		v := &c.Virtuals[i]
		for _, r := range v.Reals {
			if r.Forward != config.Gate || said[r.Addr] || here[r.Addr] || r.Addr.IsLoopback() || linked(own, r.Addr) {
				continue
			}
			said[r.Addr] = true
			report.Add(preflight.Finding{
				Severity: preflight.Warning, File: report.Path, Line: r.Line,
				Text: r.Addr.String() + " is in no network of this host: gate reaches only servers on the same link; through a router it takes ipip or masq",
			})
		}
	}
}

// checkHeld tells which virtual addresses are here: one that is on no node of a
// pair gets no packet.
func (o Options) checkHeld(c *config.Config, here map[netip.Addr]bool, report *preflight.Report) {
	said := make(map[netip.Addr]bool)
	for i := range c.Virtuals {
		a := c.Virtuals[i].Addr
		if !a.IsValid() || said[a] || here[a] {
			continue
		}
		said[a] = true
		report.Add(preflight.Finding{
			Severity: preflight.Info, File: report.Path, Line: c.Virtuals[i].Line,
			Text: a.String() + " is not on this host now: packets come when it has the address, which heartbeat sees to",
		})
	}
}

func linked(own []netip.Prefix, a netip.Addr) bool {
	for _, p := range own {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// addresses are those of this host with their networks.
func addresses() []netip.Prefix {
	list, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	return prefixes(list)
}

func prefixes(list []net.Addr) []netip.Prefix {
	var out []netip.Prefix
	for _, a := range list {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			out = append(out, p)
		}
	}
	return out
}
