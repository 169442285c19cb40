package netif_test

import (
	"errors"
	"net/netip"
	"testing"

	"lvsha/pkg/system/netif"
)

func addr(s string) netip.Addr     { return netip.MustParseAddr(s) }
func prefix(s string) netip.Prefix { return netip.MustParsePrefix(s) }

func TestChoose(t *testing.T) {
	routes := []netif.Route{
		{Interface: "eth0", Network: prefix("10.88.0.0/24"), Source: addr("10.88.0.3")},
		{Interface: "eth1", Network: prefix("10.0.0.0/8"), Source: addr("10.1.0.3")},
		{Interface: "eth2", Network: prefix("10.88.0.0/24")},
		{Interface: "eth3", Network: prefix("10.88.0.90/32"), Source: addr("10.88.0.3")},
	}
	addrs := []netif.Address{
		{Interface: "lo", Prefix: prefix("127.0.0.1/8"), Scope: netif.ScopeHost},
		{Interface: "eth0", Prefix: prefix("10.88.0.3/24"), Broadcast: addr("10.88.0.255")},
		{Interface: "eth1", Prefix: prefix("10.1.0.3/8"), Broadcast: addr("10.255.255.255")},
	}
	cases := []struct {
		name string
		wish netif.Wish
		want netif.Choice
		err  error
	}{
		{"longest prefix, of equals the last", netif.Wish{Addr: addr("10.88.0.80")},
			netif.Choice{Interface: "eth2", Prefix: prefix("10.88.0.80/24")}, nil},
		{"interface given", netif.Wish{Addr: addr("10.88.0.80"), Interface: "eth0"},
			netif.Choice{Interface: "eth0", Prefix: prefix("10.88.0.80/24"), Broadcast: addr("10.88.0.255")}, nil},
		{"host prefix keeps the network's broadcast", netif.Wish{Addr: addr("10.88.0.80"), Bits: 32, Interface: "eth0"},
			netif.Choice{Interface: "eth0", Prefix: prefix("10.88.0.80/32"), Broadcast: addr("10.88.0.255")}, nil},
		{"a narrower route than the mask does not count", netif.Wish{Addr: addr("10.88.0.80"), Bits: 16},
			netif.Choice{Interface: "eth1", Prefix: prefix("10.88.0.80/16"), Broadcast: addr("10.255.255.255")}, nil},
		{"broadcast given", netif.Wish{Addr: addr("10.88.0.80"), Interface: "eth0", Broadcast: addr("10.88.0.250")},
			netif.Choice{Interface: "eth0", Prefix: prefix("10.88.0.80/24"), Broadcast: addr("10.88.0.250")}, nil},
		{"interface and mask need no route", netif.Wish{Addr: addr("192.0.2.1"), Bits: 24, Interface: "eth0"},
			netif.Choice{Interface: "eth0", Prefix: prefix("192.0.2.1/24")}, nil},
		{"a host route gives no length", netif.Wish{Addr: addr("10.88.0.90"), Interface: "eth3"}, netif.Choice{}, netif.ErrNoInterface},
		{"no route", netif.Wish{Addr: addr("192.0.2.1")}, netif.Choice{}, netif.ErrNoInterface},
		{"no route with interface", netif.Wish{Addr: addr("192.0.2.1"), Interface: "eth0"}, netif.Choice{}, netif.ErrNoInterface},
		{"loopback network", netif.Wish{Addr: addr("127.0.0.9")},
			netif.Choice{Interface: "lo", Prefix: prefix("127.0.0.9/8")}, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := netif.Choose(c.wish, routes, addrs)
			if !errors.Is(err, c.err) || got != c.want {
				t.Errorf("got %+v, %v; want %+v, %v", got, err, c.want, c.err)
			}
		})
	}
}
