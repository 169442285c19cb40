package api_test

import (
	"fmt"
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

// TestCLStatus asks the original and ours the same questions on both nodes, and
// with heartbeat stopped.
func TestCLStatus(t *testing.T) {
	answers := make(map[pair.Program]map[string]string)
	for _, program := range []pair.Program{pair.Original, pair.Ours} {
		answers[program] = make(map[string]string)
		p := newPair(t, pair.Options{
			Programs: [2]pair.Program{program, program}, Second: true,
			Media: []string{"bcast eth0 eth1", "ping ROUTER", "ping 10.77.0.77"},
		})
		ask := func(when string, n *pair.Node) {
			for _, q := range questions {
				out, code := said(t, n, append([]string{"/usr/bin/cl_status"}, strings.Fields(q)...)...)
				answers[program][when+" "+n.Name+": cl_status "+q] = fmt.Sprintf("%s\nexit %d", out, code)
			}
		}
		ask("stopped", p.Master)
		start(t, p)
		ask("running", p.Master)
		ask("running", p.Standby)
	}
	for q, want := range answers[pair.Original] {
		if got := answers[pair.Ours][q]; got != want {
			t.Errorf("%s\n--- original:\n%s\n--- ours:\n%s", q, want, got)
		}
	}
}
