package config

import (
	"net/netip"
	"strconv"
	"time"
)

// The dumps have the shape of the recorded cases: only what differs from the
// default.

type dump map[string]any

func (d dump) text(name, value, standard string) {
	if value != standard {
		d[name] = value
	}
}

func (d dump) number(name string, value, standard int) {
	d.text(name, strconv.Itoa(value), strconv.Itoa(standard))
}

func (d dump) flag(name string, value bool) {
	if value {
		d[name] = "yes"
	}
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }

func (d dump) inherited(i inherited) {
	for name, v := range map[string]*time.Duration{
		"checktimeout": i.checkTimeout, "negotiatetimeout": i.negotiateTimeout, "checkinterval": i.checkInterval,
		"emailalertfreq": i.emailAlertFreq,
	} {
		if v != nil {
			d[name] = seconds(*v)
		}
	}
	for name, v := range map[string]*int{"checkcount": i.checkCount, "failurecount": i.failureCount} {
		if v != nil {
			d[name] = strconv.Itoa(*v)
		}
	}
	for name, v := range map[string]*bool{"quiescent": i.quiescent, "cleanstop": i.cleanStop} {
		if v != nil {
			d[name] = map[bool]string{true: "yes", false: "no"}[*v]
		}
	}
	for name, v := range map[string]*string{"fallbackcommand": i.fallbackCommand, "emailalert": i.emailAlert, "smtp": i.smtp} {
		if v != nil {
			d[name] = *v
		}
	}
	if i.emailAlertStatus != nil {
		d["emailalertstatus"] = strconv.Itoa(int(*i.emailAlertStatus))
	}
}

func dumpFallback(f *globalFallback) map[string]any {
	m := map[string]any{"server": bracket(f.Addr), "forward": f.Forward.String(), "port": nil}
	if f.hasPort {
		m["port"] = strconv.Itoa(int(f.Port))
	}
	return m
}

func bracket(a netip.Addr) string {
	if a.Is6() {
		return "[" + a.String() + "]"
	}
	return a.String()
}

func dumpGlobal(g *global) map[string]any {
	d := dump{}
	d.inherited(g.inherited)
	d.flag("autoreload", g.AutoReload)
	d.flag("fork", g.Fork)
	d.flag("readdquiescent", g.ReaddQuiescent)
	d.flag("supervised", g.Supervised)
	d.text("callback", g.Callback, "")
	d.text("logfile", g.LogFile, "/var/log/ldirectord.log")
	d.text("maintenancedir", g.MaintenanceDir, "")
	d.text("emailalertfrom", g.AlertFrom, "")
	if g.Execute != nil {
		d["execute"] = g.Execute
	}
	if g.fallback != nil {
		d["fallback"] = dumpFallback(g.fallback)
	}
	if g.fallback6 != nil {
		d["fallback6"] = dumpFallback(g.fallback6)
	}
	// The recording leaves out what is written as the default.
	for name, standard := range map[string]string{"cleanstop": "yes", "quiescent": "no"} {
		if d[name] == standard {
			delete(d, name)
		}
	}
	return d
}

func dumpSection(s *section) map[string]any {
	d, v := dump{}, &s.virtual
	d.inherited(s.inherited)
	d["family"] = map[bool]string{false: "ipv4", true: "ipv6"}[v.IPv6]
	d["protocol"] = v.Protocol.String()
	d["port"] = strconv.Itoa(int(v.Port))
	d["service"] = v.Service
	d["checktype"] = v.CheckType.String()
	if v.CheckType == Combined {
		d["connects"] = strconv.Itoa(v.Connects)
	}
	if v.Protocol == FWM {
		d["fwm"] = strconv.Itoa(int(v.Mark))
	} else {
		d["server"] = bracket(v.Addr)
	}
	if v.Fallback != nil {
		d["fallback"] = dumpFallback(&globalFallback{*v.Fallback, true})
	}
	d.text("scheduler", v.Scheduler, "wrr")
	d.text("schedflags", v.SchedFlags, "")
	if v.Persistent != 0 || v.Refused == "persistent must be between 1 and 2678400 seconds" {
		d["persistent"] = seconds(v.Persistent)
	}
	d.text("netmask", v.Netmask, "")
	d.flag("ops", v.OnePacket)
	d.number("checkport", int(v.CheckPort), 0)
	d.text("checkcommand", v.CheckCommand, "/bin/true")
	d.text("request", v.Request, "/")
	d.text("receive", v.Receive, "")
	d.text("httpmethod", v.HTTPMethod, "GET")
	d.text("login", v.Login, "")
	d.text("passwd", string(v.Passwd), "")
	d.text("database", v.Database, "")
	d.text("secret", string(v.Secret), "")
	if v.VirtualHost != nil {
		d["virtualhost"] = *v.VirtualHost
	}
	d.text("monitorfile", v.MonitorFile, "")
	d.text("servicename", v.ServiceName, "")
	d.text("comment", v.Comment, "")
	return d
}

func dumpReal(r Real) map[string]any {
	d := dump{"server": bracket(r.Addr), "port": strconv.Itoa(int(r.Port)), "forward": r.Forward.String(), "weight": strconv.Itoa(r.Weight)}
	if r.HasRequest {
		d["request"] = r.Request
		d["receive"] = nil
	}
	if r.HasReceive {
		d["receive"] = r.Receive
	}
	d.number("l-threshold", r.Lower, 0)
	d.number("u-threshold", r.Upper, 0)
	return d
}
