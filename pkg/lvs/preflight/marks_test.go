package preflight_test

import (
	"strings"
	"testing"

	lvspreflight "lvsha/pkg/lvs/preflight"
)

// Listings of nft 1.0.6 and iptables 1.8.9.
const (
	nftRules = `table ip mangle {
	chain prerouting {
		type filter hook prerouting priority mangle; policy accept;
		ip daddr 192.0.2.70 tcp dport { 80, 443 } meta mark set 0x00000005
		ip daddr 192.0.2.72 ct mark set 0x00000009
	}
}
table ip6 mangle {
	chain PREROUTING {
		meta l4proto tcp ip6 daddr 2001:db8::70 counter packets 0 bytes 0 meta mark set 0x7
	}
}
table inet x {
	chain y {
		tcp dport 25 meta mark set 10
	}
}
`
	savedRules = `*mangle
:PREROUTING ACCEPT [0:0]
-A PREROUTING -d 192.0.2.71/32 -p tcp -m multiport --dports 80,443 -j MARK --set-xmark 0x6/0xffffffff
-A PREROUTING -d 192.0.2.73/32 -p tcp -j MARK --set-mark 0xb
-A PREROUTING -j CONNMARK --set-xmark 0x9/0xffffffff
COMMIT
`
)

// TestMarks: services whose mark no rule sets are named, unless rules set marks
// that cannot be read from them.
func TestMarks(t *testing.T) {
	t.Parallel()
	const file = "virtual=5\nvirtual=6\nvirtual=7\nvirtual=9\nvirtual=10\nvirtual=11\nvirtual6=7\nvirtual6=5\nvirtual6=10\n"
	told := func(listings ...lvspreflight.Rules) string {
		got, _ := look(t, lvspreflight.Options{Rules: func() []lvspreflight.Rules { return listings }}, file)
		var out []string
		for _, line := range strings.Split(got, "\n") {
			if _, text, found := strings.Cut(line, "no rule of nft or iptables sets the mark "); found {
				if !strings.Contains(line, ": info: ") {
					t.Errorf("%s", line)
				}
				mark, _, _ := strings.Cut(text, " now")
				out = append(out, mark)
			}
		}
		return strings.Join(out, ", ")
	}
	all := []lvspreflight.Rules{{Tool: "nft", Text: nftRules}, {Tool: "iptables-save", Text: savedRules}, {Tool: "ip6tables-save", Text: ""}}
	if got, want := told(all...), "7 for IPv4, 9 for IPv4, 5 for IPv6"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := told(); got != "" {
		t.Errorf("without a tool: %s", got)
	}
	for _, rule := range []string{
		"-A OUTPUT -j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff", "-A OUTPUT -j MARK --set-xmark 0x100/0x100",
		"meta mark set mark or 0x100", "meta mark set ct mark", "meta mark set ip daddr map @marks",
	} {
		if got := told(lvspreflight.Rules{Tool: "nft", Text: rule}); got != "" {
			t.Errorf("%s: %s", rule, got)
		}
	}
}
