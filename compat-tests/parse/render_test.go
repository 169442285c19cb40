package parse

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"lvsha/pkg/lvs/config"
)

// rendering writes what we understood in the form of oracle.pl.
type rendering struct{ strings.Builder }

func (r *rendering) show(name string, value any) {
	r.WriteString(name + "=" + escape(fmt.Sprint(value)) + "\n")
}

// escape writes bytes as oracle.pl does.
func escape(text string) string {
	var b strings.Builder
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '\\' {
			fmt.Fprintf(&b, "\\x%02x", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func seconds(d time.Duration) int { return int(d / time.Second) }

func yes(b bool) string { return map[bool]string{true: "yes", false: "no"}[b] }

func bracket(a netip.Addr) string {
	if a.Is6() {
		return "[" + a.String() + "]"
	}
	return a.String()
}

func render(c *config.Config) string {
	var r rendering
	g := c.Global
	r.show("autoreload", yes(g.AutoReload))
	r.show("callback", g.Callback)
	r.show("logfile", g.LogFile)
	r.show("fork", yes(g.Fork))
	r.show("supervised", yes(g.Supervised))
	r.show("readdquiescent", yes(g.ReaddQuiescent))
	r.show("maintenancedir", g.MaintenanceDir)
	r.show("checkinterval", seconds(g.CheckInterval))
	r.show("execute", strings.Join(slices.Sorted(slices.Values(g.Execute)), ","))
	for i := range c.Virtuals {
		r.virtual(&c.Virtuals[i])
	}
	return r.String()
}

func (r *rendering) virtual(v *config.Virtual) {
	if v.Protocol == config.FWM {
		r.show("virtual", fmt.Sprintf("fwm %d %s", v.Mark, map[bool]string{true: "6", false: "4"}[v.IPv6]))
	} else {
		r.show("virtual", fmt.Sprintf("%s %s %d", v.Protocol, bracket(v.Addr), v.Port))
	}
	r.show("checktype", v.CheckType)
	r.show("connects", v.Connects)
	r.show("checktimeout", seconds(v.CheckTimeout))
	r.show("negotiatetimeout", seconds(v.NegotiateTimeout))
	r.show("interval", seconds(v.CheckInterval))
	r.show("checkcount", v.CheckCount)
	r.show("failurecount", v.FailureCount)
	for _, s := range []struct{ name, value string }{
		{"service", v.Service}, {"scheduler", v.Scheduler}, {"schedflags", v.SchedFlags}, {"checkcommand", v.CheckCommand},
		{"request", v.Request}, {"receive", v.Receive}, {"httpmethod", v.HTTPMethod},
		{"database", v.Database}, {"secret", string(v.Secret)}, {"monitorfile", v.MonitorFile}, {"servicename", v.ServiceName},
		{"comment", v.Comment}, {"login", v.Login},
		{"passwd", string(v.Passwd)},
	} {
		r.show(s.name, s.value)
	}
	host := "none"
	if v.VirtualHost != nil {
		host = "given " + *v.VirtualHost
	}
	r.show("virtualhost", host)
	r.show("checkport", v.CheckPort)
	r.show("persistent", seconds(v.Persistent))
	r.show("netmask", v.Netmask)
	r.show("ops", yes(v.OnePacket))
	r.show("quiescent", yes(v.Quiescent))
	r.show("cleanstop", yes(v.CleanStop))
	r.show("fallbackcommand", v.FallbackCommand)
	r.show("emailalert", v.Alert.To)
	r.show("emailalertfrom", v.Alert.From)
	r.show("emailalertfreq", seconds(v.Alert.Every))
	r.show("emailalertstatus", int(v.Alert.Status))
	r.show("smtp", v.Alert.SMTP)
	fallback := ""
	if f := v.Fallback; f != nil {
		fallback = fmt.Sprintf("%s %d %s", bracket(f.Addr), f.Port, f.Forward)
	}
	r.show("fallback", fallback)
	for _, s := range v.Reals {
		request, receive := "-", "-"
		if s.HasRequest {
			request = "request " + s.Request
		}
		if s.HasReceive {
			receive = "receive " + s.Receive
		}
		r.show("real", fmt.Sprintf("%s %d %s %d %d %d %s %s", bracket(s.Addr), s.Port, s.Forward, s.Weight, s.Lower, s.Upper, request, receive))
	}
}
