package api_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lvsha/compat-tests/pair"
)

// TestNetstring has the original's programs live on daemons that answer in
// netstrings: cl_status with every question, ipfail and ccm to their sign-on and
// ccm's membership, which takes messages between the nodes.
func TestNetstring(t *testing.T) {
	t.Parallel()
	var seen [2]map[string]string
	for _, program := range []pair.Program{pair.Original, pair.Ours} {
		p := newPair(t, pair.Options{
			Programs: [2]pair.Program{program, program}, Second: true,
			Media: []string{"bcast eth0 eth1", "ping ROUTER", "ping 10.77.0.77"},
			Extra: []string{"msgfmt netstring"},
		})
		for _, n := range []*pair.Node{p.Master, p.Standby} {
			appendTo(t, filepath.Join(n.Dir, "etc/ha.cf"), "respawn hacluster "+original("ccm")+"\nrespawn hacluster "+original("ipfail")+"\n")
		}
		start(t, p)
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		seen[program] = make(map[string]string)
		ask := func(q string) string {
			out, code := said(t, p.Master, append([]string{"/usr/bin/cl_status"}, strings.Fields(q)...)...)
			// Of the words of ccm that come late the original tells on standard error.
			lines := slices.DeleteFunc(strings.Split(out, "\n"), func(l string) bool { return strings.Contains(l, "mem_handle_event: ") })
			return fmt.Sprintf("%s\nexit %d", strings.Join(lines, "\n"), code)
		}
		for _, q := range append(slices.Clone(questions), "clientstatus standby ccm 3000", "clientstatus standby ipfail 3000") {
			if !strings.HasPrefix(q, "hbstatus") {
				seen[program][q] = ask(q)
			}
		}
		// The original cl_status misses the membership if ccm is slow to say it.
		for ctx.Err() == nil && !strings.Contains(seen[program]["hbstatus -v"], "member of partition") {
			seen[program]["hbstatus -v"] = ask("hbstatus -v")
		}
		p.Close()
	}
	for q, want := range seen[pair.Original] {
		if got := seen[pair.Ours][q]; got != want {
			t.Errorf("cl_status %s\n--- original:\n%s\n--- ours:\n%s", q, want, got)
		}
	}
	if got := seen[pair.Ours]["hbparameter -p msgfmt"]; got != "netstring\nexit 0" {
		t.Errorf("msgfmt: %s", got)
	}
}
