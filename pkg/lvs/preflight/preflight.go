// Package preflight looks at ldirectord.cf and at the host before anything is
// started: ldirectord --check.
package preflight

import (
	"net"
	"net/netip"
	"os"
	"strings"

	"lvsha/pkg/lvs/config"
	"lvsha/pkg/system/preflight"
)

// Options say what to look at.
type Options struct {
	// Machine answers for the host.
	Machine preflight.Host
	// Kernel says why the kernel's IPVS cannot be used; nil if it can.
	Kernel func() error
	// Loopback lists the addresses of lo; nil asks the machine.
	Loopback func() []netip.Addr
	// Rules lists the packet filter's; nil asks its tools.
	Rules func() []Rules
	// Addresses lists those of every interface with their networks; nil asks the
	// machine.
	Addresses func() []netip.Prefix
}

// Add turns the findings of a file into those of a report. text is the file, in
// which the columns are looked for.
func Add(report *preflight.Report, found *config.Report, text string) {
	lines := strings.Split(text, "\n")
	for _, f := range found.Findings {
		out := preflight.Finding{Severity: preflight.Warning, File: found.Path, Line: f.Line, Text: f.Text}
		if f.Severity == config.Error {
			out.Severity = preflight.Error
		}
		if f.Meant != "" {
			out.Text += "; " + f.Meant
		}
		if f.Line > 0 && f.Line <= len(lines) {
			out.Column = column(lines[f.Line-1], f.Text, f.Meant)
		}
		report.Add(out)
	}
}

// Check asks the host for what a configuration needs of it.
func Check(o Options, c *config.Config, report *preflight.Report) {
	if o.Kernel != nil {
		if err := o.Kernel(); err != nil {
			report.Host(preflight.Error, "%v", err)
		}
	}
	o.checkSchedulers(c, report)
	o.checkSysctls(c, report)
	o.checkLoopback(c, report)
	o.checkNetwork(c, report)
	o.checkMarks(c, report)
	o.checkCommands(c, report)
	o.checkFiles(c, report)
	if o.Machine.SELinuxEnforces() {
		report.Host(preflight.Info, "SELinux enforces its policy: look at ausearch -m avc if a check or a command is refused")
	}
	if fire := o.Machine.Firewalls(); len(fire) > 0 {
		report.Host(preflight.Info, "%s may filter: let the ports of the virtual services in", strings.Join(fire, " and "))
	}
}

func (o Options) checkSchedulers(c *config.Config, report *preflight.Report) {
	seen := make(map[string]bool)
	for i := range c.Virtuals {
		v := &c.Virtuals[i]
		if s := v.Scheduler; !seen[s] && !o.Machine.Module("ip_vs_"+s) {
			report.Add(preflight.Finding{
				Severity: preflight.Error, File: report.Path, Line: v.Line,
				Text: "this kernel has no scheduler " + s + " (module ip_vs_" + s + ")",
			})
		}
		seen[v.Scheduler] = true
	}
}

// checkSysctls looks at the settings of the kernel that decide whether packets
// go on and what becomes of connections to a server that is gone.
func (o Options) checkSysctls(c *config.Config, report *preflight.Report) {
	masq, masq6, persistent, removes := false, false, false, false
	for i := range c.Virtuals {
		v := &c.Virtuals[i]
		for _, r := range v.Reals {
			masq = masq || r.Forward == config.Masq && r.Addr.Is4()
			masq6 = masq6 || r.Forward == config.Masq && r.Addr.Is6()
		}
		removes = removes || !v.Quiescent
		persistent = persistent || v.Quiescent && v.Persistent > 0
	}
	if n, ok := o.Machine.SysctlNumber("net.ipv4.ip_forward"); masq && ok && n == 0 {
		report.Host(preflight.Error, "net.ipv4.ip_forward is 0: servers that are reached by masq get no answer back to their clients")
	}
	if n, ok := o.Machine.SysctlNumber("net.ipv6.conf.all.forwarding"); masq6 && ok && n == 0 {
		report.Host(preflight.Error, "net.ipv6.conf.all.forwarding is 0: servers that are reached by masq get no answer back to their clients")
	}
	if n, ok := o.Machine.SysctlNumber("net.ipv4.vs.expire_quiescent_template"); persistent && ok && n == 0 {
		report.Host(preflight.Warning, "net.ipv4.vs.expire_quiescent_template is 0: clients of a persistent service stay with a quiesced server")
	}
	if n, ok := o.Machine.SysctlNumber("net.ipv4.vs.expire_nodest_conn"); removes && ok && n == 0 {
		report.Host(preflight.Info, "net.ipv4.vs.expire_nodest_conn is 0: connections to a server that was removed hang until they time out")
	}
}

// checkLoopback looks for virtual addresses on lo that this host would answer
// for although another director has them.
func (o Options) checkLoopback(c *config.Config, report *preflight.Report) {
	ask := o.Loopback
	if ask == nil {
		ask = loopback
	}
	ignore, ok := o.Machine.SysctlNumber("net.ipv4.conf.all.arp_ignore")
	if !ok || ignore > 0 {
		return
	}
	here := make(map[netip.Addr]bool)
	for _, a := range ask() {
		here[a] = true
	}
	for i := range c.Virtuals {
		if v := &c.Virtuals[i]; v.Protocol != config.FWM && v.Addr.Is4() && here[v.Addr] {
			report.Add(preflight.Finding{
				Severity: preflight.Warning, File: report.Path, Line: v.Line,
				Text: v.Addr.String() + " is on lo and net.ipv4.conf.all.arp_ignore is 0: this host answers for it even when another one has it",
			})
			here[v.Addr] = false
		}
	}
}

func loopback() []netip.Addr {
	i, err := net.InterfaceByName("lo")
	if err != nil {
		return nil
	}
	addrs, err := i.Addrs()
	if err != nil {
		return nil
	}
	var out []netip.Addr
	for _, p := range prefixes(addrs) {
		out = append(out, p.Addr())
	}
	return out
}

// checkCommands looks for the programs that the file names.
func (o Options) checkCommands(c *config.Config, report *preflight.Report) {
	missing := func(line int, what, command string) {
		program, _, _ := strings.Cut(command, " ")
		if !strings.HasPrefix(program, "/") {
			return
		}
		if info, err := os.Stat(o.Machine.Path(program)); err != nil || !info.Mode().IsRegular() || info.Mode()&0o111 == 0 {
			report.Add(preflight.Finding{Severity: preflight.Warning, File: report.Path, Line: line, Text: what + " " + program + " is no program"})
		}
	}
	for i := range c.Virtuals {
		v := &c.Virtuals[i]
		if v.CheckType == config.External || v.CheckType == config.ExternalPerl {
			missing(v.Line, "checkcommand", v.CheckCommand)
		}
		if v.FallbackCommand != "" {
			missing(v.Line, "fallbackcommand", v.FallbackCommand)
		}
	}
	if c.Global.Callback != "" {
		missing(0, "callback", c.Global.Callback)
	}
}
