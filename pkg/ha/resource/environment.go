package resource

import (
	"strconv"
	"strings"

	"lvsha/pkg/ha/config"
)

// Places that shellfuncs and the scripts know.
const (
	binDir    = "/usr/libexec/heartbeat"
	scriptDir = "/usr/share/heartbeat"
)

// Environment is what scripts see: base (as of os.Environ) without what would
// change the language of their tools, the search path with heartbeat's own
// directories in front, every recorded parameter of ha.cf as HA_<directive> and
// every env line as HA_<NAME>. host is the name of this node, tmp the directory
// where scripts keep what must outlive them, "" the usual one.
func Environment(c *config.Config, host, tmp string, base []string) []string {
	env := make(map[string]string)
	var order []string
	set := func(name, value string) {
		if _, known := env[name]; !known {
			order = append(order, name)
		}
		env[name] = value
	}
	for _, e := range base {
		name, value, ok := strings.Cut(e, "=")
		if ok && name != "LC_ALL" && name != "LANGUAGE" && !strings.HasPrefix(name, "HA_") {
			set(name, value)
		}
	}
	path := env["PATH"]
	if path == "" {
		path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	}
	if own := binDir + ":/usr/sbin:" + scriptDir; !strings.HasPrefix(path, own) {
		path = own + ":" + path
	}
	set("PATH", path)

	dir := strings.TrimRight(c.Dir, "/")
	set("HA_DIR", dir+"/")
	set("HA_FUNCS", dir+"//shellfuncs")
	set("HA_RCDIR", dir+"/rc.d")
	set("HA_RESOURCEDIR", dir+"/resource.d")
	set("HA_CF", dir+"/ha.cf")
	set("HA_FIFO", "/var/lib/heartbeat/fifo")
	set("HA_BIN", binDir)
	set("HA_SBIN_DIR", "/usr/sbin")
	set("HA_NOARCHBIN", scriptDir)
	set("HA_VARRUN", "/var/run")
	set("HA_VARLOCK", "/var/lock/subsys")
	if tmp == "" {
		tmp = DefaultTmp
	}
	set("HA_RSCTMP", tmp)
	set("HA_CURHOST", host)
	set("HA_DATEFMT", "%Y/%m/%d_%T\t")
	set("OCF_ROOT", "/usr/lib/ocf")
	set("OCF_AGENTS", "/usr/lib/ocf/resource.d/heartbeat/")
	for _, p := range c.HA.Parameters {
		set("HA_"+p.Name, p.Value)
		if p.Name == "compression" {
			set("HA_COMPRESSION", p.Value)
		}
	}
	for _, e := range []struct{ name, value string }{
		{"HA_LOGFILE", c.HA.Logfile}, {"HA_DEBUGLOG", c.HA.Debugfile}, {"HA_LOGFACILITY", c.HA.Logfacility},
	} {
		if e.value != "" {
			set(e.name, e.value)
		}
	}
	// Scripts that find no log daemon write themselves.
	logd := "no"
	if c.HA.UseLogd {
		logd = "yes"
	}
	set("HA_LOGD", logd)
	set("HA_debug", strconv.Itoa(c.HA.Debug))
	for _, p := range c.HA.Env {
		set("HA_"+p.Name, p.Value)
	}
	out := make([]string, 0, len(order))
	for _, name := range order {
		out = append(out, name+"="+env[name])
	}
	return out
}
