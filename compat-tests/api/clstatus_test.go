package api_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lvsha/compat-tests/pair"
)

// questions are calls of cl_status.
var questions = []string{
	"hbstatus", "hbstatus -m", "hbstatus -v", "hbstatus -m -v",
	"listnodes", "listnodes -m", "listnodes -n", "listnodes -p", "listnodes -v", "listnodes -n -m", "listnodes -v -m",
	"nodestatus master", "nodestatus STANDBY", "nodestatus -m master", "nodestatus 10.77.0.9", "nodestatus 10.77.0.77", "nodestatus -m 10.77.0.77",
	"nodestatus nobody", "nodestatus",
	"nodetype master", "nodetype 10.77.0.9", "nodetype -m standby", "nodetype nobody", "nodetype",
	"nodeweight master", "nodeweight -m standby", "nodeweight nobody",
	"nodesite master", "nodesite -m standby", "nodesite nobody",
	"listhblinks standby", "listhblinks -m standby", "listhblinks -v standby", "listhblinks master", "listhblinks -v master",
	"listhblinks 10.77.0.9", "listhblinks nobody", "listhblinks",
	"hblinkstatus standby eth0", "hblinkstatus standby eth1", "hblinkstatus -m standby eth0", "hblinkstatus standby eth7", "hblinkstatus master eth0",
	"hblinkstatus standby", "hblinkstatus 10.77.0.77 10.77.0.77",
	"clientstatus master nobody", "clientstatus standby nobody", "clientstatus -m standby nobody 1000", "clientstatus nobody nobody", "clientstatus master",
	"rscstatus", "rscstatus -m",
	"hbparameter -p keepalive", "hbparameter -m -p deadtime", "hbparameter -p nothing", "hbparameter -m -p nothing", "hbparameter", "hbparameter -p crm",
	"hbparameter -p udpport", "hbparameter -p auto_failback", "hbparameter -p logfile", "hbparameter -p msgfmt",
	"hbparameter keepalive",
	"test", "", "-h", "--help", "nonsense", "rscstatus -x", "listnodes -z",
}

// more are calls that only the two programs are compared by.
var more = []string{
	"nodestatus -z master", "nodetype -z master", "nodeweight -z master", "nodesite -z master", "listhblinks -z master",
	"hblinkstatus -z a b", "clientstatus -z a b", "hbparameter -z", "hbstatus -z", "hbstatus -zv", "test -z", "hbparameter -p",
	"nodestatus master standby", "nodestatus master -m", "nodestatus -- master", "-h extra", "-x", "listnodes -mnv", "listnodes extra",
	"hbparameter -pkeepalive", "hbparameter -mpkeepalive", "listnodes -n -p", "hbstatus extra",
}

// TestCLStatus asks the original daemon and ours the same questions on both
// nodes, and with heartbeat stopped, by the original cl_status and by ours.
func TestCLStatus(t *testing.T) {
	t.Parallel()
	type asked struct{ daemon, tool pair.Program }
	answers := make(map[asked]map[string]string)
	for _, program := range []pair.Program{pair.Original, pair.Ours} {
		p := newPair(t, pair.Options{
			Programs: [2]pair.Program{program, program}, Second: true,
			Media: []string{"bcast eth0 eth1", "ping ROUTER", "ping 10.77.0.77"},
		})
		tools := map[pair.Program]string{pair.Original: "/usr/bin/cl_status", pair.Ours: filepath.Join(stageDir, "usr/bin/cl_status")}
		ask := func(when string, n *pair.Node) {
			for tool, path := range tools {
				key := asked{program, tool}
				if answers[key] == nil {
					answers[key] = make(map[string]string)
				}
				for _, q := range append(slices.Clone(questions), more...) {
					out, code := said(t, n, append([]string{path}, strings.Fields(q)...)...)
					answers[key][when+" "+n.Name+": cl_status "+q] = fmt.Sprintf("%s\nexit %d", out, code)
				}
				// Everybody may ask.
				out, code := said(t, n, "/usr/bin/setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups", path, "rscstatus", "-m")
				answers[key][when+" "+n.Name+": cl_status as nobody"] = fmt.Sprintf("%s\nexit %d", out, code)
			}
		}
		ask("stopped", p.Master)
		start(t, p)
		ask("running", p.Master)
		ask("running", p.Standby)
	}
	for _, other := range []asked{{pair.Ours, pair.Original}, {pair.Original, pair.Ours}, {pair.Ours, pair.Ours}} {
		for q, want := range answers[asked{pair.Original, pair.Original}] {
			if got := answers[other][q]; got != want {
				t.Errorf("%s daemon, %s cl_status, %s\n--- original:\n%s\n--- got:\n%s", other.daemon, other.tool, q, want, got)
			}
		}
	}
}
