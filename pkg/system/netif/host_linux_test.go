package netif_test

import (
	"errors"
	"slices"
	"testing"

	"lvsha/pkg/system/netif"
)

func TestAddressLife(t *testing.T) {
	h := inNamespace(t)
	cases := []netif.Address{
		{Interface: "eth0", Prefix: prefix("10.88.0.80/24"), Broadcast: addr("10.88.0.255"), Label: "eth0:0"},
		{Interface: "eth0", Prefix: prefix("10.88.0.81/32")},
		{Interface: "eth0", Prefix: prefix("10.99.0.1/24")},
		{Interface: "lo", Prefix: prefix("10.88.0.82/32"), Broadcast: addr("255.255.255.255"), Scope: netif.ScopeHost},
		{Interface: "eth0", Prefix: prefix("fd00::1/64")},
	}
	for _, a := range cases {
		t.Run(a.Prefix.String(), func(t *testing.T) {
			must(t, h.Add(a))
			want := a
			if want.Label == "" && want.Prefix.Addr().Is4() {
				want.Label = want.Interface
			}
			list, err := h.Addresses()
			must(t, err)
			i := slices.IndexFunc(list, func(b netif.Address) bool { return b.Prefix == a.Prefix })
			if i < 0 {
				t.Fatalf("not in %+v", list)
			}
			got := list[i]
			if got.Secondary != (a.Label == "eth0:0") {
				t.Errorf("secondary is %v", got.Secondary)
			}
			got.Secondary = false
			if got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
			if err := h.Add(a); !errors.Is(err, netif.ErrExists) {
				t.Errorf("second add: %v", err)
			}
			must(t, h.Delete(a))
			if held, err := h.Holds(a.Interface, a.Prefix.Addr()); held || err != nil {
				t.Errorf("still held %v, %v", held, err)
			}
			if err := h.Delete(a); !errors.Is(err, netif.ErrAbsent) {
				t.Errorf("second delete: %v", err)
			}
		})
	}
}

func TestAbsentInterface(t *testing.T) {
	h := inNamespace(t)
	_, err := h.Link("nosuch0")
	for what, err := range map[string]error{
		"link":   err,
		"up":     h.Up("nosuch0"),
		"add":    h.Add(netif.Address{Interface: "nosuch0", Prefix: prefix("10.1.1.1/32")}),
		"delete": h.Delete(netif.Address{Interface: "nosuch0", Prefix: prefix("10.1.1.1/32")}),
	} {
		if !errors.Is(err, netif.ErrAbsent) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestOnLink(t *testing.T) {
	h := inNamespace(t)
	got, err := h.OnLink()
	must(t, err)
	want := []netif.Route{{Interface: "eth0", Network: prefix("10.88.0.0/24"), Source: addr("10.88.0.3")}}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	must(t, h.DeleteRoute("eth0", prefix("10.88.0.0/24")))
	if got, err := h.OnLink(); err != nil || len(got) != 0 {
		t.Errorf("after delete: %+v, %v", got, err)
	}
	if err := h.DeleteRoute("eth0", prefix("10.88.0.0/24")); !errors.Is(err, netif.ErrAbsent) {
		t.Errorf("second delete: %v", err)
	}
}

func TestWatch(t *testing.T) {
	h := inNamespace(t)
	w, err := netif.NewWatch()
	must(t, err)
	a := netif.Address{Interface: "eth0", Prefix: prefix("10.88.0.80/32")}
	must(t, h.Add(a))
	must(t, h.Delete(a))
	var got []netif.Change
	for e := range w.Events() {
		if e.Prefix == a.Prefix {
			got = append(got, e.Change)
		}
		if len(got) == 2 {
			break
		}
	}
	if !slices.Equal(got, []netif.Change{netif.AddressAdded, netif.AddressGone}) {
		t.Errorf("got %v", got)
	}
	must(t, setDown("eth0"))
	for e := range w.Events() {
		if e.Change == netif.LinkChanged && e.Link.Name == "eth0" && !e.Link.Up {
			break
		}
	}
	w.Close()
	for range w.Events() {
		continue
	}
}

func TestDefaultInterface(t *testing.T) {
	h := inNamespace(t)
	if _, err := h.DefaultInterface(); !errors.Is(err, netif.ErrAbsent) {
		t.Errorf("without a default route: %v", err)
	}
	must(t, addDefault("peer0", 20))
	must(t, addDefault("eth0", 10))
	if got, err := h.DefaultInterface(); got != "eth0" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}
