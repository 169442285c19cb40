package config

import (
	"strings"
	"time"
)

// maxNodes is how many nodes and ping nodes a cluster can have.
const maxNodes = 100

func setCluster(p *parser, _ statement, v word) *problem {
	p.ha.Cluster = v.text
	return nil
}

func setNode(p *parser, s statement, v word) *problem {
	name := lower(v.text)
	for _, n := range p.ha.Nodes {
		if n == name {
			p.warn(s, v, "node %s is listed twice", name)
			return nil
		}
	}
	if bad := p.room(); bad != nil {
		return bad
	}
	p.ha.Nodes = append(p.ha.Nodes, name)
	p.ha.Table = append(p.ha.Table, name)
	return nil
}

// room refuses a node too many.
func (p *parser) room() *problem {
	if len(p.ha.Nodes)+p.pings < maxNodes {
		return nil
	}
	return refuse("a cluster has at most %d nodes, ping nodes among them", maxNodes)
}

func setHopfudge(p *parser, s statement, v word) *problem {
	n := p.integer(s, v)
	if n < 0 || n > 255 {
		return refuse("hopfudge is 0 to 255, not %s", v.text)
	}
	p.ha.Hopfudge = n
	return nil
}

func setWarntime(p *parser, s statement, v word) *problem {
	d, bad := p.wantDuration(s, v, false)
	if bad != nil {
		return bad.as(legacyError("Warn time [%s] is invalid.", v.text))
	}
	p.ha.Warntime = d
	return nil
}

func setAutoFailback(p *parser, _ statement, v word) *problem {
	on, ok := parseBool(v.text)
	switch {
	case strings.EqualFold(v.text, "legacy"):
		p.ha.AutoFailback = FailbackLegacy
	case !ok:
		return refuse("auto_failback is on, off or legacy, not %s", v.text)
	case on:
		p.ha.AutoFailback = FailbackOn
	default:
		p.ha.AutoFailback = FailbackOff
	}
	p.failbackGiven = true
	return nil
}

// setNiceFailback takes the obsolete directive the way the original does: its
// value must be a boolean and is not looked at.
func setNiceFailback(p *parser, s statement, v word) *problem {
	lines := []Line{legacyError("nice_failback flag is obsolete.. Use auto_failback {on, off, legacy} instead.")}
	last := legacyError("See documentation for details.")
	if _, bad := wantBool(s, v); bad != nil {
		return bad.as(append(lines, last)...)
	}
	meaning := "auto_failback legacy"
	if p.failbackGiven {
		p.ha.AutoFailback = FailbackOff
		meaning = "auto_failback off"
		lines = append(lines, legacyError("'nice_failback %s' has been changed to 'auto_failback off'", v.text))
	} else {
		p.ha.AutoFailback = FailbackLegacy
		lines = append(lines,
			legacyError("nice_failback %s has been strictly interpreted as 'auto_failback legacy'", v.text),
			legacyError("Consider converting to 'auto_failback on'."),
			legacyError("When you do, then you can use ipfail, and hb_standby"))
	}
	lines = append(lines, last)
	p.find(Warning, s.line, s.name.column, "nice_failback is obsolete and means "+meaning, lines...)
	return nil
}

func setGenMethod(p *parser, s statement, v word) *problem {
	if bad := oneOf(s, v, "file", "time"); bad != nil {
		return bad.as(legacyError("Illegal hb generation method [%s]", v.text))
	}
	p.ha.GenMethodTime = v.text == "time"
	return nil
}

func setUUIDFrom(p *parser, s statement, v word) *problem {
	if bad := oneOf(s, v, "file", "nodename"); bad != nil {
		return bad.as(legacyError("Invalid uuidfrom directive [%s]", v.text))
	}
	p.ha.UUIDFromName = v.text == "nodename"
	return nil
}

func setMsgFmt(p *parser, s statement, v word) *problem {
	if bad := oneOf(s, v, "classic", "netstring"); bad != nil {
		return bad
	}
	p.ha.Netstring = v.text == "netstring"
	return nil
}

// setAutojoin takes the three words. What joins by itself conflicts with
// haresources, which names the nodes.
func setAutojoin(p *parser, s statement, v word) *problem {
	switch strings.ToLower(v.text) {
	case "none":
		return nil
	case "other", "any":
		return refuse("with haresources every node must be named by a node directive: autojoin is none, not %s", v.text).as(
			legacyError("R1 style resource management conflicts with  autojoin set"),
			legacyError("You need either unset autojoin or enable crm"))
	}
	return refuse("autojoin is none, not %s", v.text).as(legacyError("Invalid autojoin directive [%s]", v.text))
}

func setMaxRexmit(p *parser, s statement, v word) *problem {
	n := p.integer(s, v)
	if n <= 0 {
		return refuse("max_rexmit_delay is a number of milliseconds above 0, not %s", v.text).as(
			legacyError("Invalid max_rexmit_delay time(%s)", v.text))
	}
	p.ha.MaxRexmit = time.Duration(n) * time.Millisecond
	return nil
}

func setEnv(p *parser, s statement, v word) *problem {
	name, text, ok := strings.Cut(v.text, "=")
	switch {
	case !ok:
		p.warn(s, v, "env wants NAME=VALUE; %s is ignored", v.text)
		return nil
	case name == "":
		return refuse("env wants NAME=VALUE, not %s", v.text).as(legacyError("set_env: invalid nvpair(%s)", v.text))
	}
	p.ha.Env = append(p.ha.Env, Parameter{name, text})
	return nil
}

// setCompression takes what the original can send. Every receiver reads both.
func setCompression(p *parser, s statement, v word) *problem {
	if bad := oneOf(s, v, "zlib", "bz2"); bad != nil {
		return bad.as(legacyError("Compression module(%s) not found", v.text))
	}
	if v.text == "bz2" {
		p.find(Info, s.line, v.column, "bz2 is read, and zlib is sent instead")
	}
	return nil
}

func setCompressionThreshold(p *parser, s statement, v word) *problem {
	n := p.integer(s, v)
	if n <= 0 {
		return refuse("compression_threshold is a number of kilobytes above 0, not %s", v.text).as(
			legacyError("set_compression_threshold: compress_threshhold(%s) invalid", v.text))
	}
	p.ha.CompressOver = n << 10
	return nil
}

func setTraditionalCompression(p *parser, s statement, v word) *problem {
	on, bad := wantBool(s, v)
	if bad != nil {
		return bad.as(legacyError("set_traditional_compression:Invalid directive value %s", v.text))
	}
	p.ha.Compress = on
	return nil
}
