package main

import (
	"net/netip"

	"lvsha/pkg/ha/resource"
	"lvsha/pkg/system/logging"
)

// announcer says in the log what is announced: administrators look for it after
// a takeover.
type announcer struct {
	resource.Announcer
	log logging.Sink
}

// Announce implements resource.Announcer.
func (a announcer) Announce(device string, ip netip.Addr) error {
	how := "gratuitous ARP"
	if ip.Is6() {
		how = "neighbour advertisement"
	}
	logging.Logf(a.log, logging.Info, "send_arp: %s on %s is announced by %s", ip, device, how)
	return a.Announcer.Announce(device, ip)
}
