package main

import (
	"bytes"
	"testing"

	"lvsha/pkg/ha/resource"
)

// TestWhatTheDaemonDoes: called by a hook for an event that the daemon takes care
// of, the commands that are named have nothing to do, and the others do their work.
func TestWhatTheDaemonDoes(t *testing.T) {
	t.Setenv(resource.EnvDaemonDoes, "mach_down takegroup")
	for _, c := range []struct {
		args   []string
		silent bool
	}{
		{[]string{"/usr/share/heartbeat/mach_down", "beta"}, true},
		{[]string{"ResourceManager", "takegroup", "key"}, true},
		{[]string{"ResourceManager", "dance"}, false},
		{[]string{"hb_standby", "dance"}, false},
	} {
		var out bytes.Buffer
		code := run(c.args, &out, &out)
		if silent := code == exitOK && out.Len() == 0; silent != c.silent {
			t.Errorf("%v: %d %q", c.args, code, out.String())
		}
	}
}
