package resource

import "testing"

// FuzzAddress reads whatever stands behind IPaddr2:: or IPv6addr::. What is
// accepted is a whole address.
func FuzzAddress(f *testing.F) {
	for _, seed := range []string{
		"10.88.0.80", "10.88.0.80/24/eth0:0", "10.88.0.80/255.255.255.0/eth0/10.88.0.255", "10.88.0.80/24/10.88.0.250", "10.88.0.80//eth0/-",
		"fd88:0:0:0:0:0:0:80/64/eth0", "fe80::1%eth0/64", "::ffff:10.0.0.1/96", "fd88::80/129", "/", "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, arg string) {
		if w := parseWish(arg); w.invalid == nil && (!w.ip.Is4() || w.bits < 0 || w.bits > 32) {
			t.Errorf("%q: address %s, length %d", arg, w.ip, w.bits)
		}
		j := (&Agents{}).job6(arg)
		if j.invalid == nil && (!j.ip.Is6() || j.ip.Zone() != "" || j.bits < 0 || j.bits > 128) {
			t.Errorf("%q: address %s, length %d", arg, j.ip, j.bits)
		}
	})
}
