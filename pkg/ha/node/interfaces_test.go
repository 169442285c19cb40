package node

import (
	"testing"

	"lvsha/pkg/ha/config"
	"lvsha/pkg/ha/core"
	"lvsha/pkg/ha/membership"
	"lvsha/pkg/ha/takeover"
	"lvsha/pkg/system/netif"
)

// The kernel ends a subscription that is not read in time. Another one follows,
// and the links are looked at, because what happened in between is unknown.
func TestSubscriptionIsRenewed(t *testing.T) {
	n := sender(t, false, config.Medium{Kind: "ucast", Device: "lo", Addr: "127.0.0.1", Port: 0}, func(string, []byte) {})
	if n.interfaceChanges() != nil {
		t.Error("changes without a subscription")
	}
	n.followInterfaces()
	first := n.changes
	if first == nil {
		t.Skip("no netlink on this machine")
	}
	n.interfaceChanged(netif.Event{}, true)
	if n.changes != first {
		t.Error("a change ends the subscription")
	}
	n.interfaceChanged(netif.Event{}, false)
	if n.changes == first || n.changes == nil {
		t.Error("no new subscription")
	}
	for range first.Events() { // it is closed, or this test does not end
		continue
	}
	n.changes.Close()
}

// An interface is back when it is up and was not, or was not known.
func TestInterfaceIsBack(t *testing.T) {
	n := sender(t, false, config.Medium{Kind: "ucast", Device: "lo", Addr: "127.0.0.1", Port: 0}, func(string, []byte) {})
	n.carriers, n.core = make(map[int]bool), core.New(membership.Config{}, takeover.Config{})
	for i, c := range []struct{ up, running, back bool }{
		{true, true, true}, {true, true, false}, {true, false, false}, {true, true, true}, {false, false, false}, {true, true, true},
	} {
		e := netif.Event{Change: netif.LinkChanged, Link: netif.Link{Name: "eth7", Index: 7, Up: c.up, Running: c.running}}
		if back := n.interfaceChanged(e, true); back != c.back {
			t.Errorf("event %d: back is %v, want %v", i, back, c.back)
		}
	}
}
