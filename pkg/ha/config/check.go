package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Limits of the times, by ha.cf(5).
const (
	shortInitdead   = 10 * time.Second // below this the original warns
	defaultInitdead = 12 * time.Second // for a short deadtime
	shortDeadtime   = 6 * time.Second
)

// given reports whether ha.cf sets a directive to a value.
func (p *parser) given(name string) bool {
	_, ok := p.values[name]
	return ok
}

// about records a finding about the place where a directive was set.
func (p *parser) about(s Severity, name, text string, legacy ...Line) {
	v := p.values[name]
	p.find(s, v.line, v.column, text, legacy...)
}

// check compares the settings with each other. It runs before finish fills the
// computed defaults in, which satisfy every rule.
func (p *parser) check(node string) {
	if len(p.ha.Media) == 0 {
		p.find(Error, 0, 0, "there is no way to the other node: write a ucast or bcast line",
			legacyError("No heartbeat media defined"))
	}
	p.checkNodes(node)
	p.checkPings()
	p.checkTimes()
	if p.ha.AutoFailback == FailbackLegacy {
		text := "auto_failback is legacy, which is the default: write auto_failback on or off"
		p.about(Warning, "auto_failback", text,
			legacyWarn("Deprecated 'legacy' auto_failback option selected."),
			legacyWarn("Please convert to 'auto_failback on'."),
			legacyWarn("See documentation for conversion details."))
	}
	p.checkLog()
}

func (p *parser) checkNodes(node string) {
	if len(p.ha.Nodes) == 0 {
		p.find(Error, 0, 0, "no line names the nodes: write node and the names of both", legacyError("no nodes defined"))
	}
	for _, n := range p.ha.Nodes {
		if n == node {
			return
		}
	}
	text := fmt.Sprintf("this node is %q, which no node line names", node)
	if near := Nearest(node, p.ha.Nodes); near != "" {
		text += "; is it meant by " + near + "?"
	}
	p.find(Error, 0, 0, text,
		legacyError("Current node [%s] not in configuration!", node),
		legacyInfo("By default, cluster nodes are named by `uname -n` and must be declared with a 'node' directive in the ha.cf file."),
		legacyInfo("See also: http://linux-ha.org/wiki/Ha.cf#node_directive"))
}

// checkPings warns of a ping node that cannot be one.
func (p *parser) checkPings() {
	for _, m := range p.ha.Media {
		if strings.HasPrefix(m.Kind, "ping") && slices.Contains(p.ha.Nodes, m.Device) {
			p.find(Warning, m.Line, 0, m.Kind+" "+m.Device+" has the name of a node and is not watched")
		}
	}
}

func (p *parser) checkTimes() {
	ha := p.ha
	ms := time.Duration.Milliseconds
	if ha.Deadtime <= 2*ha.Keepalive {
		p.about(Error, p.timeSetBy("deadtime"), fmt.Sprintf("deadtime must be more than twice keepalive, which is %v", ha.Keepalive),
			legacyError("Dead time [%d] is too small compared to keeplive [%d]", ms(ha.Deadtime), ms(ha.Keepalive)))
	}
	switch {
	case !p.given("initdead"):
	case ha.Initdead < ha.Deadtime:
		p.about(Error, "initdead", fmt.Sprintf("initdead must not be less than deadtime, which is %v", ha.Deadtime),
			legacyError("Initial dead time [%d] is smaller than deadtime [%d]", ms(ha.Initdead), ms(ha.Deadtime)))
	case ha.Initdead < shortInitdead:
		p.about(Warning, "initdead", "networks often need longer to come up",
			legacyWarn("Initial dead time [%d ms] may be too small!", ms(ha.Initdead)),
			legacyInfo("Initial dead time accounts for slow network startup time"),
			legacyInfo("It should be >= deadtime and >= 10 seconds"))
	}
	if p.given("deadping") && ha.Deadping <= 2*ha.Keepalive {
		p.about(Error, "deadping", fmt.Sprintf("deadping must be more than twice keepalive, which is %v", ha.Keepalive),
			legacyError("Ping dead time [%d] is too small compared to keeplive [%d]", ms(ha.Deadping), ms(ha.Keepalive)))
	}
	if p.given("warntime") && ha.Warntime >= ha.Deadtime {
		p.about(Warning, "warntime", fmt.Sprintf("warntime never comes: deadtime is %v", ha.Deadtime))
	}
}

// timeSetBy is deadtime, or keepalive if only that was set.
func (p *parser) timeSetBy(name string) string {
	if !p.given(name) && p.given("keepalive") {
		return "keepalive"
	}
	return name
}

// noLog reports whether ha.cf names no target of the log.
func (p *parser) noLog() bool {
	return p.ha.Logfile == "" && p.ha.Debugfile == "" && p.ha.Logfacility == ""
}

func (p *parser) checkLog() {
	switch {
	case p.noLog() && p.given("use_logd") && !p.ha.UseLogd:
		p.about(Error, "use_logd", "the log would go nowhere: name a logfile or a logfacility",
			legacyError("No log entry found in ha.cf and use_logd is set to off"))
	case p.noLog():
		p.find(Info, 0, 0, "the log goes to the syslog facility "+defaultFacility+"; name a logfile or a logfacility",
			legacyInfo("No log entry found in ha.cf -- use logd"))
	case p.ha.UseLogd:
		targets := "logfile/debugfile"
		if p.ha.Logfacility != "" {
			targets += "/logfacility"
		}
		p.about(Warning, "use_logd", "there is no logging daemon: what ha.cf names is written directly",
			legacyWarn("logd is enabled but %s is still configured in ha.cf", targets))
	}
}

// defaultFacility takes the log if ha.cf says nothing about it.
const defaultFacility = "daemon"

// finish fills the defaults in that depend on other settings and records the
// parameters.
func (p *parser) finish() *HA {
	ha := p.ha
	computed := map[string]string{"debug": strconv.Itoa(ha.Debug)}
	inMS := func(d time.Duration) string { return fmt.Sprintf("%dms", d.Milliseconds()) }
	if !p.given("warntime") {
		ha.Warntime = ha.Deadtime / 2
		computed["warntime"] = inMS(ha.Warntime)
	}
	if !p.given("initdead") {
		switch {
		case ha.Deadtime > shortInitdead:
			ha.Initdead = ha.Deadtime
		case ha.Deadtime < shortDeadtime:
			ha.Initdead = defaultInitdead
		default:
			ha.Initdead = 2 * ha.Deadtime
		}
		computed["initdead"] = inMS(ha.Initdead)
	}
	if !p.given("deadping") {
		ha.Deadping = ha.Deadtime
		computed["deadping"] = inMS(ha.Deadping)
	}
	if ha.UDPPort == 0 {
		ha.UDPPort = p.port
		computed["udpport"] = strconv.Itoa(p.port)
	}
	if p.noLog() {
		ha.Logfacility = defaultFacility
		if !p.given("use_logd") {
			ha.UseLogd = true
			computed["use_logd"] = "yes"
		}
	} else if ha.Logfile == "" && ha.Debugfile == "" {
		computed["logfile"], computed["debugfile"] = "/dev/null", "/dev/null"
	}
	for i := range ha.Media {
		if ha.Media[i].Kind == "serial" {
			ha.Media[i].Baud = p.baud
			if p.baud == 0 {
				ha.Media[i].Baud = defaultBaud
			}
		}
	}
	if ha.RTPrio == 0 {
		ha.RTPrio = 1
	}
	ha.Parameters = p.recorded(computed)
	return ha
}
