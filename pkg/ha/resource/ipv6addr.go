package resource

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"lvsha/pkg/system/logging"
	"lvsha/pkg/system/netif"
)

// job6 is one call of IPv6addr: addr[/prefix[/interface]].
type job6 struct {
	*Agents
	text    string
	ip      netip.Addr
	bits    int // 0 = not given
	device  string
	invalid error // makes a start impossible
}

func (a *Agents) job6(arg string) job6 {
	text, rest, _ := strings.Cut(arg, "/")
	j := job6{Agents: a, text: text}
	if ip, err := netip.ParseAddr(text); err != nil || !ip.Is6() || ip.Is4In6() || ip.Zone() != "" {
		j.invalid = fmt.Errorf("Invalid IPv6 address [%s]", text) //lint:ignore ST1005 legacy log text
	} else {
		j.ip = ip
	}
	mask, rest, _ := strings.Cut(rest, "/")
	j.device, _, _ = strings.Cut(strings.TrimLeft(rest, "/"), "/")
	if mask == "" {
		return j
	}
	var err error
	if j.bits, err = strconv.Atoi(mask); err != nil || j.bits < 1 || j.bits > 128 {
		j.invalid = errors.Join(j.invalid, fmt.Errorf("Invalid prefix_len [%s], should be an integer in [0, 128]", mask)) //lint:ignore ST1005 legacy log text
	}
	return j
}

func (j job6) logf(level logging.Level, format string, args ...any) {
	if j.Log != nil {
		logging.Logf(j.Log, level, "%s_%s: "+format, append([]any{agentIPv6addr, j.text}, args...)...)
	}
}

func (j job6) act(action string) int {
	switch action {
	case "start":
		return j.start()
	case "stop":
		return j.stop()
	}
	return status(j)
}

// find decides where the address goes, as the original does: next to an address
// in whose network it is, of the prefix length if one is given. If there is none,
// an interface and a prefix length that are both given will do.
func (j job6) find() (place, error) {
	addrs, err := j.Host.Addresses()
	if err != nil {
		return place{}, err
	}
	p := place{addrs: addrs}
	if j.bits != 0 {
		p.Choice = netif.Choice{Interface: j.device, Prefix: netip.PrefixFrom(j.ip, j.bits)}
	}
	found := j.device != "" && j.bits != 0
	for _, a := range addrs {
		own := a.Prefix.Addr() == j.ip
		switch {
		case j.device != "" && a.Interface != j.device:
		// An address of the link is on every interface; which one has to be said.
		case j.ip.IsLinkLocalUnicast() && j.device == "" && !own:
		case !a.Prefix.Masked().Contains(j.ip):
		case j.bits != 0 && a.Prefix.Bits() != j.bits:
		case own:
			p.Choice, p.held = netif.Choice{Interface: a.Interface, Prefix: a.Prefix}, true
			return p, nil
		case !found:
			p.Choice, found = netif.Choice{Interface: a.Interface, Prefix: netip.PrefixFrom(j.ip, a.Prefix.Bits())}, true
		}
	}
	if !found {
		return p, netif.ErrNoInterface
	}
	return p, nil
}

func (j job6) refused() error { return j.invalid }

func (j job6) start() int {
	if j.invalid != nil {
		j.logf(logging.Error, "%v", j.invalid)
		return ocfArguments
	}
	p, err := j.find()
	if err != nil {
		j.logf(logging.Error, "%v", err)
		return ocfGeneric
	}
	if !p.held {
		j.logf(logging.Info, "Adding inet6 address %s to device %s", p.Prefix, p.Interface)
		scope := netif.ScopeGlobal
		if j.ip.IsLinkLocalUnicast() {
			scope = netif.ScopeLink
		}
		// Who had the address has just let go of it, or is dead. The kernel's
		// question whether somebody has it would cost a second, and with two
		// holders for a moment would leave the address unusable for good.
		err := j.Host.Add(netif.Address{Interface: p.Interface, Prefix: p.Prefix, Scope: scope, NoDAD: true})
		if err == nil || errors.Is(err, netif.ErrExists) {
			err = j.Host.Up(p.Interface)
		}
		if err != nil {
			j.logf(logging.Error, "failed to assign the address to %s: %v", p.Interface, err)
			return ocfGeneric
		}
	}
	j.announce(p.Interface)
	return ocfSuccess
}

func (j job6) announce(device string) {
	if strings.HasPrefix(device, "lo") {
		return
	}
	if err := j.Announcer.Announce(device, j.ip); err != nil {
		j.logf(logging.Warn, "Could not send neighbour advertisements: %v", err)
	}
}

func (j job6) stop() int {
	if j.invalid != nil {
		j.logf(logging.Warn, "%v", j.invalid)
		return ocfSuccess
	}
	p, err := j.find()
	if err != nil {
		j.Announcer.Withdraw(j.device, j.ip)
		j.logf(logging.Warn, "%v", err)
		return ocfSuccess
	}
	j.Announcer.Withdraw(p.Interface, j.ip)
	if p = p.withStray(j.ip, j.bits); !p.held {
		return ocfSuccess
	}
	if err := j.Host.Delete(netif.Address{Interface: p.Interface, Prefix: p.Prefix}); err != nil && !errors.Is(err, netif.ErrAbsent) {
		j.logf(logging.Error, "Unable to remove IP [%s] from interface [%s]: %v", j.text, p.Interface, err)
		return ocfGeneric
	}
	return ocfSuccess
}

func (j job6) reannounce() bool { return reannounce(j) }

func (j job6) check() error {
	if j.invalid != nil {
		return j.invalid
	}
	if j.device != "" {
		if _, err := j.Host.Link(j.device); err != nil {
			return err
		}
	}
	_, err := j.find()
	return err
}
