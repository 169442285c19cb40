package config

import (
	"path/filepath"
	"strings"

	"lvsha/pkg/system/logging"
)

// onlyPacemaker is the note of settings that mean nothing with haresources.
const onlyPacemaker = "has no effect: it is a setting of Pacemaker"

func setWatchdog(p *parser, s statement, v word) *problem {
	if old, again := p.seen["watchdog"]; again {
		return refuse("there is one watchdog; line %d names it already", old.line).as(
			legacyError("heartbeat: Watchdog device multiply specified."))
	}
	p.ha.Watchdog = v.text
	return nil
}

func setLogfacility(p *parser, s statement, v word) *problem {
	if !logging.KnownFacility(v.text) {
		text := "no syslog facility"
		if near := Nearest(v.text, logging.FacilityNames()); near != "" {
			text += "; did you mean " + near + "?"
		}
		return refuse("%s", text).as(legacyError("Log facility(%s) not valid", v.text))
	}
	p.ha.Logfacility = v.text
	if v.text == "none" {
		p.ha.Logfacility = ""
	}
	return nil
}

func setLogfile(p *parser, _ statement, v word) *problem {
	p.ha.Logfile = v.text
	return nil
}

func setDebugfile(p *parser, _ statement, v word) *problem {
	p.ha.Debugfile = v.text
	return nil
}

func setRTPrio(p *parser, s statement, v word) *problem {
	n := p.integer(s, v)
	if n < 1 || n > 99 {
		return refuse("rtprio is 1 to 99, not %s", v.text).as(legacyError("Illegal realtime priority [%s]", v.text))
	}
	p.ha.RTPrio = n
	return nil
}

func setDebug(p *parser, s statement, v word) *problem {
	n := p.integer(s, v)
	if n < 0 || n > 255 {
		return refuse("debug is 0 to 255, not %s", v.text)
	}
	p.ha.Debug, p.ha.DebugGiven = n, true
	return nil
}

func setConnLogdTime(p *parser, s statement, v word) *problem {
	d, bad := p.wantDuration(s, v, false)
	p.ha.ConnLogdTime = d
	return bad
}

func setUseApphbd(p *parser, s statement, v word) *problem {
	on, bad := wantBool(s, v)
	if bad == nil && on {
		p.warn(s, s.name, "use_apphbd "+noEffect)
	}
	return bad
}

func setCoreroot(p *parser, _ statement, v word) *problem {
	if !filepath.IsAbs(v.text) {
		return refuse("coreroot is an absolute directory, not %s", v.text).as(
			legacyError("Invalid dir in cl_set_corerootdir() [%s]: No such file or directory", v.text),
			legacyError("Invalid core directory [%s]: Invalid argument", v.text))
	}
	p.ha.Coreroot = v.text
	return nil
}

// setPacemaker serves crm and pacemaker, of which one may stand in a file, once.
func setPacemaker(p *parser, s statement, v word) *problem {
	for _, name := range []string{"crm", "pacemaker"} {
		if old, again := p.seen[name]; again {
			return refuse("line %d says %s already", old.line, name).as(
				legacyError("pacemaker/crm directive used multiple times!"))
		}
	}
	on, ok := parseBool(v.text)
	switch {
	case ok && !on:
		p.values["pacemaker"] = value{v.text, s.line, v.column}
		return nil
	case !ok && !isPacemakerWord(v.text):
		return refuse("%s is off, not %s", s.name.text, v.text)
	}
	return refuse("this heartbeat manages the resources of haresources and runs no Pacemaker: "+
		"remove the line or say %s off; a Pacemaker cluster needs Corosync instead of heartbeat", s.name.text)
}

func isPacemakerWord(s string) bool {
	switch strings.ToLower(s) {
	case "respawn", "minimal", "manual", "ccm-only", "valgrind":
		return true
	}
	return false
}

// setPacemakerBool serves settings that mean something to Pacemaker only.
func setPacemakerBool(_ *parser, s statement, v word) *problem {
	if _, bad := wantBool(s, v); bad != nil {
		return bad.as(legacyError("ha_config_check_boolean:Invalid directive value %s", v.text))
	}
	return nil
}

func setCRMDaemonDir(*parser, statement, word) *problem {
	return refuse("crm_daemon_dir belongs to Pacemaker, which this heartbeat does not run: remove the line")
}

func setMemreserve(p *parser, s statement, v word) *problem {
	if p.integer(s, v) <= 0 {
		return refuse("memreserve is a number of kilobytes above 0, not %s", v.text)
	}
	return nil
}
