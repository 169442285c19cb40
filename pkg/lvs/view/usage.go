package view

import (
	"net/netip"
	"slices"

	"lvsha/pkg/lvs/plan"
)

// AddUsage fills in what the kernel has of the services. With foreign the
// services that no configuration names are added as well. err says why the table
// could not be read.
func (s *Status) AddUsage(usage plan.Usage, err error, foreign bool) {
	s.Kernel = Kernel{Available: err == nil}
	if err != nil {
		s.Kernel.Error = err.Error()
		return
	}
	at := make(map[plan.Key]int, len(usage))
	for i := range usage {
		at[usage[i].Key] = i
	}
	for i := range s.Virtuals {
		key := s.Virtuals[i].Key()
		n, exists := at[key]
		if !exists {
			s.Virtuals[i].clear()
			continue
		}
		delete(at, key)
		s.Virtuals[i].use(&usage[n])
	}
	if !foreign {
		return
	}
	for i := range usage {
		if _, left := at[usage[i].Key]; left {
			v := ofKernel(&usage[i])
			v.use(&usage[i])
			s.Virtuals = append(s.Virtuals, v)
		}
	}
}

// ofKernel is a service of which only the kernel knows.
func ofKernel(u *plan.ServiceUse) Virtual {
	return Virtual{
		ID: u.Key.String(), Protocol: u.Protocol.String(), Address: u.Addr, Port: u.Port, Mark: u.Mark, IPv6: u.IPv6,
		Scheduler: u.Scheduler, Persistent: int(u.Persistent), Reals: []Real{},
	}
}

// clear takes out what was said of a table that does not have the service any
// more.
func (v *Virtual) clear() {
	v.InKernel, v.Traffic = false, Traffic{}
	kept := 0
	for i := range v.Reals {
		r := &v.Reals[i]
		if !r.Configured {
			continue
		}
		r.Weight.Kernel, r.Use = nil, Use{}
		if kept != i { // to copy them costs
			v.Reals[kept] = *r
		}
		kept++
	}
	v.Reals = v.Reals[:kept]
	if v.Fallback != nil {
		v.Fallback.Weight, v.Fallback.Use = nil, Use{}
	}
}

// use fills in the kernel's side. Servers of the table that are not configured
// come last.
func (v *Virtual) use(u *plan.ServiceUse) {
	v.clear()
	v.InKernel, v.Traffic = true, traffic(u.Traffic)
	if len(v.Reals) == 0 && v.Fallback == nil {
		for i := range u.Dests {
			v.Reals = append(v.Reals, strange(&u.Dests[i]))
		}
		return
	}
	dests := make(map[netip.AddrPort]*plan.DestUse, len(u.Dests))
	for i := range u.Dests {
		dests[u.Dests[i].Addr] = &u.Dests[i]
	}
	left := len(dests)
	known := make(map[netip.AddrPort]bool, len(v.Reals)+1)
	// take is an entry that is not there a second time for the same server.
	take := func(entry netip.AddrPort) *plan.DestUse {
		d := dests[entry]
		if d != nil && !known[entry] {
			known[entry] = true
			left--
		}
		return d
	}
	for i := range v.Reals {
		r := &v.Reals[i]
		if d := take(r.entryAddr()); d != nil {
			r.Weight.Kernel, r.Use = &d.Weight, use(d)
		}
	}
	if f := v.Fallback; f != nil {
		entry, _ := netip.ParseAddrPort(f.Entry)
		if isReal := known[entry]; !isReal {
			if d := take(entry); d != nil {
				f.Weight, f.Use = &d.Weight, use(d)
			}
		}
	}
	for i := range u.Dests {
		if d := &u.Dests[i]; left > 0 && !known[d.Addr] {
			v.Reals = append(v.Reals, strange(d))
		}
	}
}

// entryAddr is the entry as an address; of a document that was read it has to be
// made of the text.
func (r *Real) entryAddr() netip.AddrPort {
	if !r.entry.IsValid() {
		r.entry, _ = netip.ParseAddrPort(r.Entry)
	}
	return r.entry
}

// strange is a server that only the kernel knows.
func strange(d *plan.DestUse) Real {
	name := d.Addr.String()
	return Real{
		Server: name, Entry: name, Address: d.Addr.Addr(), Port: d.Addr.Port(), Forward: d.Forward.String(),
		Weight: Weight{Configured: d.Weight, Kernel: &d.Weight}, Use: use(d),
	}
}

func use(d *plan.DestUse) Use {
	return Use{Connections{d.Active, d.Inactive, d.Persistent}, traffic(d.Traffic)}
}

func traffic(t plan.Traffic) Traffic {
	return Traffic{Counts(t.Counters), Counts(t.Rates)}
}

// SetHost says which addresses this host has.
func (s *Status) SetHost(addrs []netip.Addr) {
	here := make(map[netip.Addr]bool, len(addrs))
	for _, a := range addrs {
		here[a.Unmap()] = true
	}
	for i := range s.Virtuals {
		s.Virtuals[i].OnHost = here[s.Virtuals[i].Address]
	}
}

// Held returns the virtual addresses that this host has, each once, in the order
// of the services.
func (s *Status) Held() []netip.Addr {
	var out []netip.Addr
	for i := range s.Virtuals {
		if v := &s.Virtuals[i]; v.OnHost && !slices.Contains(out, v.Address) {
			out = append(out, v.Address)
		}
	}
	return out
}
