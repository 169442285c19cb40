package config

import "time"

// table lists the directives of ha.cf(5) in the order of the original, which is
// the order of the recorded parameters.
var table = []*directive{
	{name: "cluster", recorded: true, def: "linux-ha", set: setCluster},
	{name: "node", set: setNode},
	{name: "hopfudge", recorded: true, def: "1", set: setHopfudge},
	{name: "keepalive", recorded: true, def: "1000ms",
		set: duration(func(h *HA) *time.Duration { return &h.Keepalive }, false)},
	{name: "deadtime", recorded: true, def: "30000ms",
		set: duration(func(h *HA) *time.Duration { return &h.Deadtime }, true)},
	{name: "warntime", recorded: true, set: setWarntime},
	{name: "initdead", recorded: true,
		set: duration(func(h *HA) *time.Duration { return &h.Initdead }, true)},
	{name: "deadping", recorded: true,
		set: duration(func(h *HA) *time.Duration { return &h.Deadping }, true)},
	{name: "watchdog", recorded: true, set: setWatchdog},
	{name: "baud", recorded: true, def: "19200", set: setBaud},
	{name: "udpport", recorded: true, set: setUDPPort},
	{name: "logfacility", recorded: true, set: setLogfacility},
	{name: "logfile", recorded: true, set: setLogfile},
	{name: "debugfile", recorded: true, set: setDebugfile},
	{name: "auto_failback", recorded: true, def: "legacy", set: setAutoFailback},
	{name: "nice_failback", set: setNiceFailback},
	{name: "rtprio", recorded: true, set: setRTPrio},
	{name: "hbgenmethod", recorded: true, def: "file", set: setGenMethod},
	{name: "realtime", recorded: true, def: "true",
		set: boolean(func(h *HA) *bool { return &h.Realtime })},
	{name: "debug", recorded: true, set: setDebug},
	{name: "msgfmt", recorded: true, def: "classic", set: setMsgFmt},
	{name: "use_logd", recorded: true,
		set: boolean(func(h *HA) *bool { return &h.UseLogd })},
	{name: "conn_logd_time", recorded: true, def: "60", set: setConnLogdTime},
	{name: "use_apphbd", set: setUseApphbd},
	{name: "log_badpack", recorded: true, def: "true",
		set: boolean(func(h *HA) *bool { return &h.LogBadpack })},
	{name: "syslogmsgfmt", recorded: true, def: "true",
		set: boolean(func(h *HA) *bool { return &h.SyslogMsgFmt })},
	{name: "coredumps", recorded: true, def: "true",
		set: boolean(func(h *HA) *bool { return &h.Coredumps })},
	{name: "coreroot", recorded: true, set: setCoreroot},
	{name: "crm", set: setPacemaker},
	{name: "pacemaker", recorded: true, def: "false", set: setPacemaker},
	{name: "crm_daemon_dir", set: setCRMDaemonDir},
	{name: "crmd_spawns_pengine", recorded: true, set: setPacemakerBool, note: onlyPacemaker},
	{name: "autojoin", recorded: true, def: "none", set: setAutojoin},
	{name: "uuidfrom", recorded: true, def: "file", set: setUUIDFrom},
	{name: "compression", recorded: true, def: "zlib", set: setCompression},
	{name: "compression_threshold", recorded: true, def: "2", set: setCompressionThreshold},
	{name: "traditional_compression", recorded: true, def: "no", set: setTraditionalCompression},
	{name: "env", set: setEnv},
	{name: "max_rexmit_delay", recorded: true, def: "250", set: setMaxRexmit},
	{name: "record_config_changes", recorded: true, def: "on", set: setPacemakerBool, note: onlyPacemaker},
	{name: "record_pengine_inputs", recorded: true, def: "on", set: setPacemakerBool, note: onlyPacemaker},
	{name: "enable_config_writes", recorded: true, def: "on", set: setPacemakerBool, note: onlyPacemaker},
	{name: "memreserve", recorded: true, def: "6500", set: setMemreserve,
		note: "has no effect: what the daemon uses is locked as it is used"},
	{name: "quorum_server", recorded: true, set: ignored, note: "has no effect: it is for clusters without haresources"},

	{name: "apiauth", line: setAPIAuth},
	{name: "respawn", line: setRespawn},
	{name: "failfast", line: setRespawn},
	{name: "stonith", line: setStonith},
	{name: "stonith_host", line: setStonithHost},

	{name: "bcast", set: setBcast},
	{name: "ucast", line: setUcast},
	{name: "mcast", line: setMcast},
	{name: "serial", set: setSerial},
	{name: "ping", set: setPing},
	{name: "ping_group", line: setPingGroup},
	{name: "mcast6", line: setMcast6},
	{name: "ucast6", line: setUcast6},
	{name: "ping6", set: setPing6},
}

// accumulates tells the value directives of which each value counts.
var accumulates = map[string]bool{
	"node": true, "bcast": true, "serial": true, "ping": true, "ping6": true, "env": true,
}

var (
	directives     = make(map[string]*directive, len(table))
	directiveNames = make([]string, 0, len(table))
)

// The setters reach the table through the parser, so that it cannot be indexed
// in its declaration.
func init() {
	for _, d := range table {
		directives[d.name] = d
		directiveNames = append(directiveNames, d.name)
	}
}
