package resource

import (
	"slices"
	"strings"
	"testing"

	"lvsha/pkg/ha/config"
)

func TestEnvironment(t *testing.T) {
	c := &config.Config{Dir: "/etc/ha.d/", HA: config.HA{
		Logfile: "/var/log/ha.log", Debugfile: "/var/log/ha-debug.log",
		Parameters: []config.Parameter{{Name: "keepalive", Value: "2"}, {Name: "auto_failback", Value: "on"}},
		Env:        []config.Parameter{{Name: "STOPRETRYMAX", Value: "3"}, {Name: "DIR", Value: "/elsewhere"}},
	}}
	got := Environment(c, "lvsm.hwlee.shop", "", []string{"PATH=/bin", "LC_ALL=ko_KR", "TERM=vt100", "HA_STALE=1", "nonsense"})
	for _, want := range []string{
		"PATH=/usr/libexec/heartbeat:/usr/sbin:/usr/share/heartbeat:/bin", "TERM=vt100",
		"HA_CURHOST=lvsm.hwlee.shop", "HA_FUNCS=/etc/ha.d//shellfuncs", "HA_LOGFILE=/var/log/ha.log",
		"HA_DEBUGLOG=/var/log/ha-debug.log", "HA_keepalive=2", "HA_auto_failback=on", "HA_STOPRETRYMAX=3",
		"HA_DIR=/elsewhere", "HA_DATEFMT=%Y/%m/%d_%T\t", "HA_LOGD=no", "HA_debug=0",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, strings.Join(got, "\n"))
		}
	}
	for _, e := range got {
		if strings.HasPrefix(e, "LC_ALL=") || strings.HasPrefix(e, "HA_STALE=") || strings.HasPrefix(e, "HA_LOGFACILITY=") {
			t.Errorf("unwanted %s", e)
		}
	}
	again := Environment(c, "n1", "/run/other", got)
	if i := slices.IndexFunc(again, func(e string) bool { return strings.HasPrefix(e, "PATH=") }); again[i] != got[0] {
		t.Errorf("path grows: %s", again[i])
	}
	if !slices.Contains(got, "HA_RSCTMP="+DefaultTmp) || !slices.Contains(again, "HA_RSCTMP=/run/other") {
		t.Error("the directory of scripts is not the one that was given")
	}
}
