package main

import (
	"bytes"
	"testing"
)

// TestToolUsage compares what the commands say to wrong arguments with what the
// originals print and return.
func TestToolUsage(t *testing.T) {
	for name, c := range map[string]struct {
		args        []string
		out, errors string
		code        int
	}{
		"wrong word":    {[]string{"/x/hb_standby", "bogus"}, "/x/hb_standby: wrong resources(bogus).\nusage:\n", "/x/hb_standby [all|foreign|local|failback]\n", 1},
		"two words":     {[]string{"/x/hb_takeover", "all", "local"}, "/x/hb_takeover: too many arguments\nusage:\n", "/x/hb_takeover [all|foreign|local|failback]\n", 1},
		"help":          {[]string{"/x/hb_standby", "--help"}, "usage:\n", "/x/hb_standby [all|foreign|local|failback]\n", 1},
		"addnode":       {[]string{"/x/hb_addnode"}, "usage: hb_addnode <node> <node> ...\n", "", 1},
		"setweight":     {[]string{"/x/hb_setweight", "alpha"}, "usage: hb_setweight <node> <weight>\n", "", 1},
		"no sub":        {[]string{"/x/ResourceManager"}, "", "usage: /x/ResourceManager listkeys machine | takegroup key | givegroup key|status resource\n", 1},
		"no such agent": {[]string{"/x/IPaddr2"}, "", "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			var out, errors bytes.Buffer
			code := run(c.args, &out, &errors)
			if code != c.code {
				t.Errorf("exit status %d, want %d", code, c.code)
			}
			if name == "no such agent" {
				return
			}
			if out.String() != c.out {
				t.Errorf("stdout %q, want %q", out.String(), c.out)
			}
			if errors.String() != c.errors {
				t.Errorf("stderr %q, want %q", errors.String(), c.errors)
			}
		})
	}
}
