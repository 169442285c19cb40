package config

import (
	"strings"
	"testing"
)

func seed(f *testing.F, dir string) {
	for _, path := range cases(f, dir) {
		f.Add(read(f, path))
	}
}

func FuzzHA(f *testing.F) {
	seed(f, "ha")
	host := fakeHost()
	host.Stat = nil
	f.Fuzz(func(t *testing.T, data []byte) {
		p := parseHA(data, "/etc/ha.d", host)
		p.check("alpha")
		ha := p.finish()
		checkReport(t, p.report)
		if ha.Keepalive <= 0 || ha.Deadtime < 0 || ha.UDPPort < 0 || ha.UDPPort > 65535 {
			t.Errorf("keepalive %v, deadtime %v, port %d", ha.Keepalive, ha.Deadtime, ha.UDPPort)
		}
		if len(ha.Nodes) > maxNodes || len(ha.Media) > maxMedia {
			t.Errorf("%d nodes, %d media", len(ha.Nodes), len(ha.Media))
		}
		for _, n := range ha.Nodes {
			if n == "" || strings.ContainsAny(n, whiteSpace+",#") {
				t.Errorf("node %q", n)
			}
		}
	})
}

func FuzzKeys(f *testing.F) {
	seed(f, "keys")
	f.Fuzz(func(t *testing.T, data []byte) {
		ring, report := parseKeys(data, "/etc/ha.d")
		checkReport(t, report)
		if (ring != nil) != report.OK() {
			t.Errorf("ring %v, status %d", ring, report.Status)
		}
		if ring != nil {
			if _, ok := ring.Keys[ring.Outbound]; !ok {
				t.Errorf("key %d signs and is not there", ring.Outbound)
			}
		}
	})
}

func FuzzResources(f *testing.F) {
	seed(f, "resources")
	f.Fuzz(func(t *testing.T, data []byte) {
		groups, report := parseResources(data, "/etc/ha.d", []string{"alpha", "beta"})
		checkReport(t, report)
		last := 0
		for _, g := range groups {
			if g.Node == "" || g.Line <= last {
				t.Errorf("group %+v behind line %d", g, last)
			}
			last = g.Line
			for _, r := range g.Resources {
				if strings.ContainsAny(r.Word, " \t\n#") || r.Word == "" {
					t.Errorf("resource %q", r.Word)
				}
			}
		}
	})
}

// checkReport holds for every report.
func checkReport(t *testing.T, r *Report) {
	t.Helper()
	if r.OK() != (r.Count(Error) == 0) {
		t.Errorf("status %d with %d errors", r.Status, r.Count(Error))
	}
	for _, f := range r.Findings {
		if f.Text == "" || f.Line < 0 || f.Column < 0 {
			t.Errorf("finding %+v", f)
		}
	}
}
