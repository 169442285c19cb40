package resource

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"lvsha/pkg/system/logging"
	"lvsha/pkg/system/netif"
)

// Exit codes of the agents, those of OCF.
const (
	ocfSuccess       = 0
	ocfGeneric       = 1
	ocfArguments     = 2
	ocfNotConfigured = 6
	ocfNotRunning    = 7
)

// The agents that need no script.
const (
	agentIPaddr   = "IPaddr"
	agentIPaddr2  = "IPaddr2"
	agentIPv6addr = "IPv6addr"
)

// IsAddress says whether a script name is that of an address agent.
func IsAddress(script string) bool {
	return script == agentIPaddr || script == agentIPaddr2 || script == agentIPv6addr
}

// Announcer tells the neighbours where an address is. netif.Announcer is one.
type Announcer interface {
	// Announce returns after the first frames have left.
	Announce(device string, ip netip.Addr) error
	// Withdraw ends the announcements of an address.
	Withdraw(device string, ip netip.Addr)
}

// Agents are IPaddr, IPaddr2 and IPv6addr. They put addresses on interfaces by netlink and
// announce them, without running a program.
type Agents struct {
	// Host is where the addresses go.
	Host *netif.Host
	// Announcer announces them.
	Announcer Announcer
	// Tmp is the directory in which a removed loopback address is remembered;
	// "" means DefaultTmp.
	Tmp string
	// Log takes what the agents do. nil drops it.
	Log logging.Sink
}

// address is one call of an agent.
type address interface {
	// act carries out an action and gives the exit code.
	act(action string) int
	// reannounce announces the address if it is up. It says whether it is.
	reannounce() bool
	// check says what would make a start impossible, without doing anything.
	check() error
}

// address prepares a call of the agent with this name.
func (a *Agents) address(name, arg string) address {
	if name == agentIPv6addr {
		return a.job6(arg)
	}
	return a.job(name, arg)
}

// job is one call of an IPv4 agent.
type job struct {
	*Agents
	name string // IPaddr or IPaddr2
	wish wish
}

func (a *Agents) job(name, arg string) job { return job{a, name, parseWish(arg)} }

func (j job) logf(level logging.Level, format string, args ...any) {
	if j.Log != nil {
		logging.Logf(j.Log, level, "%s_%s: "+format, append([]any{j.name, j.wish.text}, args...)...)
	}
}

func (j job) act(action string) int {
	if j.wish.warning != "" {
		j.logf(logging.Warn, "%s", j.wish.warning)
	}
	switch action {
	case "start":
		return j.start()
	case "stop":
		return j.stop()
	}
	return status(j)
}

// place is where the address goes and whether it is there.
type place struct {
	netif.Choice
	held  bool
	addrs []netif.Address
}

// find decides where the address goes.
func (j job) find() (place, error) {
	addrs, err := j.Host.Addresses()
	if err != nil {
		return place{}, err
	}
	routes, err := j.Host.OnLink()
	if err != nil {
		return place{}, err
	}
	var c netif.Choice
	if j.name == agentIPaddr {
		c, err = j.wish.chooseAlias(routes, addrs, j.Host.DefaultInterface)
	} else {
		c, err = j.wish.choose(routes, addrs)
	}
	if err != nil {
		return place{addrs: addrs}, err
	}
	p := place{Choice: c, addrs: addrs}
	for _, a := range addrs {
		// IPaddr regards the address with any prefix length as its own.
		if a.Interface == c.Interface && (a.Prefix == c.Prefix || j.name == agentIPaddr && a.Prefix.Addr() == j.wish.ip) {
			p.held, p.Prefix = true, a.Prefix
			break
		}
	}
	return p, nil
}

// elsewhere finds the address on another interface than the one where it should
// be, which may have been renamed since. What is on lo belongs to a real server.
func elsewhere(addrs []netif.Address, ip netip.Addr, bits int) (netif.Choice, bool) {
	for _, a := range addrs {
		if a.Prefix.Addr() == ip && (bits == 0 || a.Prefix.Bits() == bits) && !strings.HasPrefix(a.Interface, "lo") {
			return netif.Choice{Interface: a.Interface, Prefix: a.Prefix}, true
		}
	}
	return netif.Choice{}, false
}

// withStray is what a stop works on: the address where it should be, or else
// where it is.
func (p place) withStray(ip netip.Addr, bits int) place {
	if !p.held {
		if c, ok := elsewhere(p.addrs, ip, bits); ok {
			p.Choice, p.held = c, true
		}
	}
	return p
}

func (j job) refused() error { return j.wish.invalid }

// seeker is a call of an agent of either family.
type seeker interface {
	refused() error // what makes a start impossible
	find() (place, error)
	announce(device string)
}

// status says whether the address is up.
func status(s seeker) int {
	if s.refused() != nil {
		return ocfNotRunning
	}
	if p, err := s.find(); err != nil || !p.held {
		return ocfNotRunning
	}
	return ocfSuccess
}

// reannounce announces the address if it is up, and says whether it is.
func reannounce(s seeker) bool {
	if s.refused() != nil {
		return false
	}
	p, err := s.find()
	if err != nil || !p.held {
		return false
	}
	s.announce(p.Interface)
	return true
}

func (j job) start() int {
	if j.wish.invalid != nil {
		j.logf(logging.Error, "%v", j.wish.invalid)
		return ocfNotConfigured
	}
	if d := j.wish.device; d != "" {
		if _, err := j.Host.Link(d); err != nil {
			j.logf(logging.Error, "Invalid interface name [%s]: %v", d, err)
			if j.name == agentIPaddr {
				return ocfGeneric
			}
			return ocfNotConfigured
		}
	}
	p, err := j.find()
	if err != nil {
		j.logf(logging.Error, "[findif] failed: %v", err)
		return ocfGeneric
	}
	if !p.held {
		if code := j.add(p); code != ocfSuccess {
			return code
		}
	}
	// Also an address that was already there is announced: the neighbours may
	// have it elsewhere.
	j.announce(p.Interface)
	return ocfSuccess
}

func (j job) add(p place) int {
	label := j.label(p)
	if len(label) > labelMax {
		j.logf(logging.Error, "Interface label [%s] exceeds maximum character limit of %d", label, labelMax)
		return ocfNotConfigured
	}
	if j.name == agentIPaddr2 {
		j.removeLoopback(p.addrs)
	}
	text := "Adding inet address " + p.Prefix.String()
	if p.Broadcast.IsValid() {
		text += " with broadcast address " + p.Broadcast.String()
	}
	text += " to device " + p.Interface
	if label != "" {
		text += " (with label " + label + ")"
	}
	j.logf(logging.Info, "%s", text)
	scope := netif.ScopeGlobal
	if p.Prefix.Addr().IsLoopback() {
		scope = netif.ScopeHost
	}
	err := j.Host.Add(netif.Address{
		Interface: p.Interface, Prefix: p.Prefix, Broadcast: p.Broadcast, Label: label, Scope: scope,
	})
	if err != nil && !errors.Is(err, netif.ErrExists) {
		j.logf(logging.Error, "Failed to add %s: %v", j.wish.text, err)
		return ocfGeneric
	}
	j.logf(logging.Info, "Bringing device %s up", p.Interface)
	if err := j.Host.Up(p.Interface); err != nil {
		j.logf(logging.Error, "Failed to add %s: %v", j.wish.text, err)
		return ocfGeneric
	}
	return ocfSuccess
}

// label gives the label of the address: for IPaddr2 the one that was asked for,
// for IPaddr the first free alias of the interface.
func (j job) label(p place) string {
	if j.name == agentIPaddr2 {
		if j.wish.label == "" {
			return ""
		}
		return p.Interface + ":" + j.wish.label
	}
	used := make(map[string]bool)
	for _, a := range p.addrs {
		used[a.Label] = true
	}
	for n := 0; ; n++ {
		if l := fmt.Sprintf("%s:%d", p.Interface, n); !used[l] {
			return l
		}
	}
}

func (j job) announce(device string) {
	if strings.HasPrefix(device, "lo") {
		return
	}
	if err := j.Announcer.Announce(device, j.wish.ip); err != nil {
		j.logf(logging.Warn, "Could not send gratuitous arps: %v", err)
	}
}

func (j job) stop() int {
	if j.wish.invalid != nil {
		j.logf(logging.Warn, "%v", j.wish.invalid)
		return ocfSuccess
	}
	p, err := j.find()
	if err != nil {
		j.Announcer.Withdraw(j.wish.device, j.wish.ip)
		j.logf(logging.Warn, "[findif] failed: %v", err)
		if p = p.withStray(j.wish.ip, j.wish.bits); !p.held {
			return ocfSuccess
		}
	}
	j.Announcer.Withdraw(p.Interface, j.wish.ip)
	p = p.withStray(j.wish.ip, j.wish.bits)
	state := "no"
	if p.held {
		state = "ok"
	}
	j.logf(logging.Info, "IP status = %s, IP_CIP=", state)
	if p.held {
		err := j.Host.DeleteKeeping(netif.Address{Interface: p.Interface, Prefix: p.Prefix})
		if err != nil && !errors.Is(err, netif.ErrAbsent) {
			j.logf(logging.Error, "Unable to remove IP [%s] from interface [%s]: %v", j.wish.text, p.Interface, err)
			return ocfGeneric
		}
	}
	if j.name == agentIPaddr2 {
		j.restoreLoopback()
	}
	return ocfSuccess
}

func (j job) reannounce() bool { return reannounce(j) }

func (j job) check() error {
	if j.wish.invalid != nil {
		return j.wish.invalid
	}
	if d := j.wish.device; d != "" {
		if _, err := j.Host.Link(d); err != nil {
			return err
		}
	}
	p, err := j.find()
	if err != nil {
		return err
	}
	if label := j.label(p); len(label) > labelMax {
		return fmt.Errorf("label %s is longer than %d characters", label, labelMax)
	}
	return nil
}

var _ Announcer = (*netif.Announcer)(nil)
