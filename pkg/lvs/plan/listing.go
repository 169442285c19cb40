package plan

import (
	"cmp"
	"fmt"
	"net/netip"
	"strings"

	"lvsha/pkg/lvs/config"
	"lvsha/pkg/lvs/health"
)

// Whole is the table of a configuration whose servers are all up.
func Whole(c *config.Config) Table {
	table := make(Table)
	for i := range c.Virtuals {
		v := Virtual{Config: &c.Virtuals[i], States: make([]health.State, len(c.Virtuals[i].Reals)), Settled: true}
		for j := range v.States {
			v.States[j] = health.Up
		}
		for _, op := range Diff(nil, []Virtual{v}, nil) {
			_ = table.Apply(op) // operations on an empty table
		}
	}
	return table
}

// Lines lists a table as ipvsadm -Sn does, services and servers in order.
func (t Table) Lines() []string {
	var out []string
	for _, k := range t.Keys() {
		e := t[k]
		out = append(out, e.Service.line())
		for _, d := range e.Dests {
			out = append(out, "-a "+k.option()+" "+d.line())
		}
	}
	return out
}

// option names a service on the command line of ipvsadm(8).
func (k Key) option() string {
	switch {
	case k.Protocol == config.FWM && k.IPv6:
		return fmt.Sprintf("-f %d -6", k.Mark)
	case k.Protocol == config.FWM:
		return fmt.Sprintf("-f %d", k.Mark)
	}
	return map[config.Protocol]string{config.TCP: "-t ", config.UDP: "-u "}[k.Protocol] + netip.AddrPortFrom(k.Addr, k.Port).String()
}

func (s Service) line() string {
	words := []string{"-A", s.option(), "-s", s.Scheduler}
	if s.Persistent > 0 {
		words = append(words, "-p", fmt.Sprint(s.Persistent))
		switch {
		case s.Netmask == FullMask(s.IPv6):
		case s.IPv6:
			words = append(words, "-M", fmt.Sprint(s.Netmask))
		default:
			m := s.Netmask
			words = append(words, "-M", netip.AddrFrom4([4]byte{byte(m >> 24), byte(m >> 16), byte(m >> 8), byte(m)}).String())
		}
	}
	if s.OnePacket {
		words = append(words, "-o")
	}
	if s.Flags != 0 {
		words = append(words, "-b", strings.Join(s.flagNames(), ","))
	}
	return strings.Join(words, " ")
}

// flagNames are the flags of the scheduler as ipvsadm(8) lists them.
func (s Service) flagNames() []string {
	names := [3]string{"flag-1", "flag-2", "flag-3"}
	if s.Scheduler == "sh" || s.Scheduler == "mh" {
		names[0], names[1] = s.Scheduler+"-fallback", s.Scheduler+"-port"
	}
	var out []string
	for i, name := range names {
		if s.Flags&(1<<i) != 0 {
			out = append(out, name)
		}
	}
	return out
}

func (d Dest) line() string {
	method := map[config.Forward]string{config.Gate: "-g", config.Masq: "-m", config.IPIP: "-i"}[d.Forward]
	text := fmt.Sprintf("-r %s %s -w %d", d.Addr, method, d.Weight)
	if cmp.Or(d.Upper, d.Lower) != 0 {
		text += fmt.Sprintf(" -x %d -y %d", d.Upper, d.Lower)
	}
	return text
}
