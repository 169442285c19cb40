package config

// Default is a directive of ha.cf with the value that it has if nothing is said.
type Default struct{ Name, Value, Text string }

// texts say what the directives with a default are, in the words that heartbeat
// -D is known for.
var texts = map[string]string{
	"cluster":                 "the name of cluster",
	"hopfudge":                "# of hops above cluster size",
	"keepalive":               "keepalive time",
	"deadtime":                "node deadtime",
	"baud":                    "baud rate",
	"auto_failback":           "auto failback",
	"hbgenmethod":             "protocol generation computation method",
	"realtime":                "enable realtime behavior?",
	"msgfmt":                  "message format in the wire",
	"conn_logd_time":          "the interval to reconnect to logd",
	"log_badpack":             "warn about bad packets",
	"syslogmsgfmt":            "log to files in syslog format",
	"coredumps":               "enable Linux-HA core dumps",
	"pacemaker":               "enable Pacemaker resource management",
	"autojoin":                "set automatic join mode/style",
	"uuidfrom":                "set the source for uuid",
	"compression":             "set compression module",
	"compression_threshold":   "set compression threshold",
	"traditional_compression": "set traditional_compression",
	"max_rexmit_delay":        "set the maximum rexmit delay time",
	"record_config_changes":   "record changes to the cib (valid only with: pacemaker on)",
	"record_pengine_inputs":   "record the input used by the policy engine (valid only with: pacemaker on)",
	"enable_config_writes":    "write configuration changes to disk (valid only with: pacemaker on)",
	"memreserve":              "number of kbytes to preallocate in heartbeat",
}

// Defaults lists the directives of ha.cf that have a fixed default, in the order
// of the recorded parameters.
func Defaults() []Default {
	var out []Default
	for _, d := range table {
		if d.def != "" {
			out = append(out, Default{Name: d.name, Value: d.def, Text: texts[d.name]})
		}
	}
	return out
}

// Directives are the names of all directives of ha.cf, in the same order.
func Directives() []string { return append([]string(nil), directiveNames...) }
