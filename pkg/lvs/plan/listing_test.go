package plan_test

import (
	"strings"
	"testing"

	"lvsha/pkg/lvs/config"
	"lvsha/pkg/lvs/plan"
)

// TestWhole lists a configuration of all forms as ipvsadm -Sn would list its
// table with every server up.
func TestWhole(t *testing.T) {
	c, report := config.Parse("t.cf", `virtual=10.9.0.1:80
	scheduler=sh
	schedflags=sh-port,sh-fallback
	persistent=600
	netmask=255.255.255.0
	real=10.1.0.2:8080 masq 3
	real=10.1.0.1:80 gate 5
	fallback=127.0.0.1:80
virtual=10.9.0.1:53
	protocol=udp
	scheduler=rr
	ops=yes
	real=10.1.0.1:53 ipip
virtual=7
	scheduler=wlc
	real=10.1.0.1 gate
virtual6=[2001:db8::1]:80
	scheduler=wrr
	real6=[2001:db8::2]:80 gate 2
`, config.System{ReadOnly: true})
	if c == nil {
		t.Fatal(report.Findings)
	}
	want := `-A -t 10.9.0.1:80 -s sh -p 600 -M 255.255.255.0 -b sh-fallback,sh-port
-a -t 10.9.0.1:80 -r 10.1.0.1:80 -g -w 5
-a -t 10.9.0.1:80 -r 10.1.0.2:8080 -m -w 3
-A -t [2001:db8::1]:80 -s wrr
-a -t [2001:db8::1]:80 -r [2001:db8::2]:80 -g -w 2
-A -u 10.9.0.1:53 -s rr -o
-a -u 10.9.0.1:53 -r 10.1.0.1:53 -i -w 1
-A -f 7 -s wlc
-a -f 7 -r 10.1.0.1:0 -g -w 1`
	if got := strings.Join(plan.Whole(c).Lines(), "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
