package netif_test

import (
	"encoding/hex"
	"net"
	"net/netip"
	"testing"

	"lvsha/pkg/system/netif"
)

// The frame of IPv6addr of resource-agents 4.12, captured, but for its random flow
// label.
func TestUnsolicited(t *testing.T) {
	const want = "333300000001aaaf804788bd86dd" +
		"6000000000203afffd880000000000000000000000000080ff020000000000000000000000000001" +
		"8800a6d920000000fd8800000000000000000000000000800201aaaf804788bd"
	mac, err := net.ParseMAC("aa:af:80:47:88:bd")
	must(t, err)
	if got := hex.EncodeToString(netif.Unsolicited(mac, netip.MustParseAddr("fd88::80"))); got != want {
		t.Errorf("got\n%s, want\n%s", got, want)
	}
}

func TestAddressWithoutDAD(t *testing.T) {
	h := inNamespace(t)
	must(t, h.Add(netif.Address{Interface: "eth0", Prefix: prefix("fd88::80/64"), NoDAD: true}))
	a, err := netif.NewAnnouncer(h, netif.Schedule{Burst: 1}, nil)
	must(t, err)
	defer a.Close()
	must(t, a.Announce("eth0", addr("fd88::80")))
	held, err := h.Holds("eth0", addr("fd88::80"))
	if err != nil || !held {
		t.Errorf("held: %v, %v", held, err)
	}
	// Bound at once: an address that the kernel still asks about cannot be.
	c, err := net.ListenPacket("udp6", "[fd88::80]:0")
	must(t, err)
	must(t, c.Close())
	must(t, h.Delete(netif.Address{Interface: "eth0", Prefix: prefix("fd88::80/64")}))
}
