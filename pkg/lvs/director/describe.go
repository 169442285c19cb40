package director

import (
	"fmt"

	"lvsha/pkg/lvs/config"
	"lvsha/pkg/lvs/plan"
)

// describe words an operation as the original's log does.
func describe(s *service, op plan.Op, phase config.AlertStatus) string {
	if op.Action == plan.DeleteService {
		when := "start"
		if phase == config.Stopping {
			when = "stop"
		}
		return fmt.Sprintf("Purged virtual server (%s): %s", when, serviceName(op.Service.Key))
	}
	if s == nil {
		return ""
	}
	virtual := s.config.Name()
	switch op.Action {
	case plan.AddService:
		return "Added virtual server: " + virtual
	case plan.EditService:
		return "" // said for every existing service, changed or not
	}
	kind, name, known := s.nameOf(op.Dest)
	weight := fmt.Sprintf(" (%s) (Weight set to %d)", virtual, op.Dest.Weight)
	quiescing := kind == "real" && op.Dest.Weight == 0 && s.config.Quiescent && !s.isUp(op.Dest)
	switch {
	case !known:
		return fmt.Sprintf("Purged real server (start): %s (%s)", name, virtual)
	case op.Action == plan.DeleteDest:
		return fmt.Sprintf("Deleted %s server: %s (%s)", kind, s.mapped(op.Dest, name), virtual)
	case quiescing && op.Action == plan.AddDest:
		return "Readd Quiescent real server: " + s.mapped(op.Dest, name) + weight
	case quiescing:
		return "Quiescent real server: " + s.mapped(op.Dest, name) + weight
	case op.Action == plan.AddDest:
		return "Added " + kind + " server: " + name + weight
	}
	return "Restored " + kind + " server: " + name + weight
}

func serviceName(k plan.Key) string {
	v := config.Virtual{Protocol: k.Protocol, Addr: k.Addr, Port: k.Port, Mark: k.Mark, IPv6: k.IPv6}
	return v.Name()
}

// nameOf finds the configured server behind an entry. The fallback is meant if
// no real server has the address, or if the entry is what the fallback gets.
func (s *service) nameOf(dest plan.Dest) (kind, name string, known bool) {
	for _, r := range s.config.Reals {
		if plan.RealAddr(s.config, r) == dest.Addr {
			return "real", r.Name(), true
		}
	}
	if addr, ok := plan.FallbackAddr(s.config); ok && addr == dest.Addr {
		return "fallback", dest.Addr.String(), true
	}
	return "real", dest.Addr.String(), false
}

// mapped names an entry whose port is not the configured one.
func (s *service) mapped(dest plan.Dest, name string) string {
	if got := dest.Addr.String(); got != name {
		return got + " mapped from " + name
	}
	return name
}

func (s *service) isUp(dest plan.Dest) bool {
	for i, r := range s.config.Reals {
		if plan.RealAddr(s.config, r) == dest.Addr && s.servers[i].State == up {
			return true
		}
	}
	return false
}

// logPurge says which servers go with the service at an orderly end.
func (s *service) logPurge(d *Director) {
	for i, r := range s.config.Reals {
		if s.servers[i].State == up {
			text := fmt.Sprintf("Purged real server (stop): %s (%s)", r.Name(), s.config.Name())
			d.logf(info, "%s", text)
			d.mail(s, text)
		}
	}
}
