package agent

import (
	"errors"
	"fmt"
	"net/netip"

	"lvsha/pkg/system/logging"
	"lvsha/pkg/system/netif"
)

// sourceAddress is IPsrcaddr: what this host sends by its default route leaves
// from the address that moves.
func (c *call) sourceAddress(action string) int {
	text := c.values["ipaddress"]
	ip, err := netip.ParseAddr(text)
	problem := ""
	switch {
	case err != nil || !ip.Is4():
		problem = "Invalid IP address [" + text + "]"
	case ip.IsLoopback():
		problem = "IP address [" + text + "] is a loopback address, thus can not be preferred source address"
	}
	if problem != "" {
		c.refuse("%s", problem)
		if action == "stop" {
			return success // it cannot have been started
		}
		return notConfigured
	}
	h, err := netif.Open()
	if err != nil {
		c.refuse("%v", err)
		return failed
	}
	defer h.Close()
	device, err := interfaceOf(h, ip)
	if err != nil {
		if action == "start" {
			c.refuse("We are not serving [%s], hence can not make it a preferred source address", text)
			return notInstalled
		}
		return c.noSource(action)
	}
	sources, err := h.Sources(device, ip)
	switch {
	case errors.Is(err, netif.ErrAbsent):
		if action == "start" {
			c.refuse("no matching route exists")
			return failed
		}
		return c.noSource(action)
	case err != nil:
		c.refuse("%v", err)
		return failed
	}
	return c.moveSource(action, sources, ip)
}

// moveSource is the action, with the routes at hand.
func (c *call) moveSource(action string, sources *netif.Sources, ip netip.Addr) int {
	var err error
	switch action {
	case "start":
		if sources.Default == ip {
			c.logf(logging.Info, "The ip route has been already set.")
			return success
		}
		err = sources.Set(ip)
	case "stop":
		if sources.Default != ip {
			c.logf(logging.Info, "No preferred source address defined, nothing to stop")
			return success
		}
		err = sources.Restore()
	default:
		if sources.Default != ip {
			return c.noSource(action)
		}
		fmt.Fprintln(c.stdout, "OK")
	}
	if err != nil {
		c.refuse("%v", err)
		return failed
	}
	return success
}

// noSource is the end of a stop or status where the address is no source.
func (c *call) noSource(action string) int {
	if action == "stop" {
		return success
	}
	fmt.Fprintln(c.stdout, "No preferred source address defined")
	return notRunning
}

// interfaceOf names the interface, other than loopback, that has the address.
func interfaceOf(h *netif.Host, ip netip.Addr) (string, error) {
	addrs, err := h.Addresses()
	if err != nil {
		return "", err
	}
	for _, a := range addrs {
		if a.Prefix.Addr() == ip && a.Scope != netif.ScopeHost {
			return a.Interface, nil
		}
	}
	return "", fmt.Errorf("address %s: %w", ip, netif.ErrAbsent)
}
