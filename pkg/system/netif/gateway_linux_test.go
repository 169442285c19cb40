package netif_test

import (
	"net"
	"testing"

	"github.com/vishvananda/netlink"
)

// A route behind a gateway tells it; a neighbour, and an address for which there
// is no route, have none.
func TestGateway(t *testing.T) {
	h := inNamespace(t)
	l, err := netlink.LinkByName("eth0")
	must(t, err)
	_, far, err := net.ParseCIDR("10.99.0.0/24")
	must(t, err)
	must(t, netlink.RouteAdd(&netlink.Route{LinkIndex: l.Attrs().Index, Dst: far, Gw: net.ParseIP("10.88.0.1")}))
	for to, want := range map[string]string{"10.99.0.7": "10.88.0.1", "10.88.0.9": "invalid IP", "10.77.0.1": "invalid IP"} {
		got, err := h.Gateway("eth0", addr(to))
		if err != nil || got.String() != want {
			t.Errorf("%s: %v, %v", to, got, err)
		}
	}
	if _, err := h.Gateway("absent0", addr("10.99.0.7")); err == nil {
		t.Error("an interface that does not exist")
	}
}
