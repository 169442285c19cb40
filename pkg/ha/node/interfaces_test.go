package node

import (
	"testing"

	"lvsha/pkg/ha/config"
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
