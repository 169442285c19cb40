package netif_test

import (
	"errors"
	"net/netip"
	"os"
	"testing"

	"lvsha/pkg/system/netif"
)

// TestSecondariesStay: the address that came first in its network goes, the ones
// that came later stay as they were.
func TestSecondariesStay(t *testing.T) {
	for _, c := range []struct {
		name    string
		promote string // the kernel's setting before
	}{
		{"told to promote", "1\n"}, {"not told", "0\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := inNamespace(t)
			for _, name := range []string{"all", "eth0"} {
				must(t, os.WriteFile("/proc/sys/net/ipv4/conf/"+name+"/promote_secondaries", []byte(c.promote), 0o644))
			}
			vip := func(text, label string) netif.Address {
				return netif.Address{Interface: "eth0", Prefix: prefix(text), Broadcast: addr("10.99.0.255"), Label: label}
			}
			first, second, third := vip("10.99.0.1/24", "eth0:1"), vip("10.99.0.2/24", "eth0:2"), vip("10.99.0.3/24", "")
			for _, a := range []netif.Address{first, second, third} {
				must(t, h.Add(a))
			}
			must(t, h.DeleteKeeping(first))
			list, err := h.Addresses()
			must(t, err)
			got := make(map[netip.Prefix]netif.Address)
			for _, a := range list {
				got[a.Prefix] = a
			}
			if _, held := got[first.Prefix]; held {
				t.Error("the first address is still there")
			}
			for _, want := range []netif.Address{second, third} {
				a, held := got[want.Prefix]
				if !held || a.Broadcast != want.Broadcast || want.Label != "" && a.Label != want.Label {
					t.Errorf("%s: %+v, %v", want.Prefix, a, held)
				}
			}
			if _, held := got[prefix("10.88.0.3/24")]; !held {
				t.Error("the interface's own address is gone")
			}
			setting, err := os.ReadFile("/proc/sys/net/ipv4/conf/eth0/promote_secondaries")
			if err != nil || string(setting) != c.promote {
				t.Errorf("the setting is %q, %v", setting, err)
			}
			if err := h.DeleteKeeping(first); !errors.Is(err, netif.ErrAbsent) {
				t.Errorf("second delete: %v", err)
			}
		})
	}
}

// TestSources: the default route and the route to the network leave from another
// address, and from the first one again; nothing else of them changes.
func TestSources(t *testing.T) {
	h := inNamespace(t)
	must(t, h.Add(netif.Address{Interface: "eth0", Prefix: prefix("10.88.0.80/24")}))
	if _, err := h.Sources("eth0", addr("10.88.0.80")); !errors.Is(err, netif.ErrAbsent) {
		t.Errorf("without a default route: %v", err)
	}
	must(t, addDefault("eth0", 7))
	for _, step := range []struct {
		do   func(*netif.Sources) error
		want netip.Addr
	}{
		{func(*netif.Sources) error { return nil }, netip.Addr{}},
		{func(s *netif.Sources) error { return s.Set(addr("10.88.0.80")) }, addr("10.88.0.80")},
		{func(s *netif.Sources) error { return s.Restore() }, addr("10.88.0.3")},
	} {
		s, err := h.Sources("eth0", addr("10.88.0.80"))
		must(t, err)
		must(t, step.do(s))
		s, err = h.Sources("eth0", addr("10.88.0.80"))
		must(t, err)
		if s.Default != step.want {
			t.Errorf("source %s, want %s", s.Default, step.want)
		}
	}
	routes, err := h.OnLink()
	must(t, err)
	if len(routes) != 1 || routes[0].Source != addr("10.88.0.3") {
		t.Errorf("routes %+v", routes)
	}
	must(t, addDefault("eth0", 8))
	if _, err := h.Sources("eth0", addr("10.88.0.80")); !errors.Is(err, netif.ErrAmbiguous) {
		t.Errorf("with two default routes: %v", err)
	}
}
