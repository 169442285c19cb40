package resource

import (
	"errors"
	"fmt"
	"math/bits"
	"net/netip"
	"strconv"
	"strings"

	"lvsha/pkg/system/netif"
)

// labelMax is the longest label of an address: IFNAMSIZ without its NUL.
const labelMax = 15

// broadcastRule says where the broadcast address comes from.
type broadcastRule uint8

const (
	broadcastLookup   broadcastRule = iota // from the interface's own address
	broadcastGiven                         // as written
	broadcastComputed                      // from the prefix length: "+", and always for IPaddr
	broadcastNetwork                       // all host bits zero: "-"
)

// wish is the argument of an address agent, ip[/mask[/interface[:label]][/broadcast]].
type wish struct {
	text      string // the address as written
	ip        netip.Addr
	bits      int // 0 = not given
	device    string
	label     string // the part after the colon
	broadcast netip.Addr
	rule      broadcastRule
	warning   string
	// invalid is what makes a start impossible. A status of such an address
	// is "stopped" and a stop succeeds, because it cannot have been started.
	invalid error
}

// parseWish reads an address argument as the wrapper script of the original
// splits it: a third field that begins with a digit is a broadcast address.
// Further slashes and empty fields are passed over.
func parseWish(arg string) wish {
	text, rest, _ := strings.Cut(arg, "/")
	w := wish{text: text}
	var err error
	if w.ip, err = parseIPv4(text); err != nil {
		w.invalid = err
	}
	mask, rest, _ := strings.Cut(rest, "/")
	w.setMask(mask)
	rest = strings.TrimLeft(rest, "/")
	device, rest, _ := strings.Cut(rest, "/")
	broadcast := ""
	if device != "" && device[0] >= '0' && device[0] <= '9' {
		broadcast = device
	} else {
		broadcast, _, _ = strings.Cut(strings.TrimLeft(rest, "/"), "/")
		w.device, w.label, _ = strings.Cut(device, ":")
	}
	w.setBroadcast(broadcast)
	return w
}

func (w *wish) refuse(err error) {
	if w.invalid == nil {
		w.invalid = err
	}
}

func (w *wish) setMask(mask string) {
	if mask == "" {
		return
	}
	if n, ok := dottedMask(mask); ok {
		w.warning = fmt.Sprintf("Please convert dotted quad netmask %s to CIDR notation %d!", mask, n)
		w.bits = n
	} else if n, err := strconv.Atoi(mask); err == nil && len(mask) <= 3 && mask[0] != '+' {
		w.bits = n
	} else {
		w.refuse(fmt.Errorf("Invalid netmask specification [%s].", mask)) //lint:ignore ST1005 legacy log text
		return
	}
	if w.bits < 1 || w.bits > 32 {
		w.refuse(fmt.Errorf("Invalid netmask specification [%s].", mask)) //lint:ignore ST1005 legacy log text
		w.bits = 0
	}
}

func (w *wish) setBroadcast(text string) {
	switch text {
	case "":
	case "+":
		w.rule = broadcastComputed
	case "-":
		w.rule = broadcastNetwork
	default:
		b, err := parseIPv4(text)
		if err != nil {
			w.refuse(fmt.Errorf("Invalid broadcast address [%s].", text)) //lint:ignore ST1005 legacy log text
			return
		}
		w.broadcast, w.rule = b, broadcastGiven
	}
}

// dottedMask reads a mask like 255.255.255.0.
func dottedMask(text string) (int, bool) {
	if strings.Count(text, ".") != 3 {
		return 0, false
	}
	var m uint32
	for _, part := range strings.Split(text, ".") {
		b, err := strconv.ParseUint(part, 10, 8)
		if err != nil {
			return 0, false
		}
		m = m<<8 | uint32(b)
	}
	n := bits.LeadingZeros32(^m)
	return n, bits.TrailingZeros32(m) == 32-n
}

// parseIPv4 reads an address in dotted form whose first octet is not 0. Leading
// zeros in an octet are read as decimal, as the original and iproute do.
func parseIPv4(text string) (netip.Addr, error) {
	if strings.Contains(text, ":") {
		return netip.Addr{}, errors.New("The IPv6 does not support lvs_support") //lint:ignore ST1005 legacy log text
	}
	parts := strings.Split(text, ".")
	var a [4]byte
	ok := len(parts) == 4
	for i := 0; ok && i < 4; i++ {
		n, err := strconv.ParseUint(parts[i], 10, 8)
		ok = err == nil && len(parts[i]) <= 3
		a[i] = byte(n)
	}
	if !ok || a[0] == 0 {
		return netip.Addr{}, fmt.Errorf("IP address [%s] not valid.", text) //lint:ignore ST1005 legacy log text
	}
	return netip.AddrFrom4(a), nil
}

// choose decides interface, prefix and broadcast address.
func (w *wish) choose(routes []netif.Route, addrs []netif.Address) (netif.Choice, error) {
	c, err := netif.Choose(netif.Wish{Addr: w.ip, Bits: w.bits, Interface: w.device, Broadcast: w.broadcast}, routes, addrs)
	if err != nil {
		return c, err
	}
	switch w.rule {
	case broadcastComputed:
		c.Broadcast = lastOf(c.Prefix)
	case broadcastNetwork:
		c.Broadcast = c.Prefix.Masked().Addr()
	case broadcastLookup, broadcastGiven:
	}
	return c, nil
}

// chooseAlias decides as IPaddr does: the prefix length does not narrow the
// search for a route, the default route will do if a length is given, and the
// broadcast address follows from the length.
func (w *wish) chooseAlias(
	routes []netif.Route, addrs []netif.Address, defaultInterface func() (string, error),
) (netif.Choice, error) {
	alias := *w
	if alias.rule == broadcastLookup {
		alias.rule = broadcastComputed
	}
	if alias.device == "" && alias.bits != 0 {
		c, err := netif.Choose(netif.Wish{Addr: alias.ip}, routes, addrs)
		if err == nil {
			alias.device = c.Interface
		} else if alias.device, err = defaultInterface(); err != nil {
			return netif.Choice{}, err
		}
	}
	return alias.choose(routes, addrs)
}

// lastOf is the last address of a network; of a host prefix the address itself.
func lastOf(p netip.Prefix) netip.Addr {
	a := p.Addr().As4()
	for i := p.Bits(); i < 32; i++ {
		a[i/8] |= 0x80 >> (i % 8)
	}
	return netip.AddrFrom4(a)
}
