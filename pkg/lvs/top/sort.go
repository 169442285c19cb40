package top

import (
	"cmp"
	"slices"

	"lvsha/pkg/lvs/view"
)

// Sort is the order of the services, and of the servers in each.
type Sort uint8

// The orders. Numbers and bad states come from the top, unless reversed.
const (
	ByFile Sort = iota
	ByName
	ByState
	ByActive
	ByConnections
	ByBytes
	ByCheck
	sorts // how many there are
)

// String names the order in the line of the keys.
func (s Sort) String() string {
	return [...]string{"file", "name", "state", "active", "conn/s", "byte/s", "check"}[s]
}

func (m *Model) sorted(s *view.Status) []*view.Virtual {
	out := make([]*view.Virtual, len(s.Virtuals))
	for i := range s.Virtuals {
		out[i] = &s.Virtuals[i]
	}
	order(out, m.sort, m.reverse, func(a, b *view.Virtual) int {
		switch m.sort {
		case ByName:
			return a.Key().Compare(b.Key())
		case ByState:
			return cmp.Compare(b.Total-b.Up, a.Total-a.Up)
		case ByActive:
			return cmp.Compare(connections(b).Active, connections(a).Active)
		case ByCheck:
			return cmp.Compare(slowest(b), slowest(a))
		}
		return m.compareRates(rowID{a.ID, ""}, rowID{b.ID, ""})
	})
	return out
}

func (m *Model) sortedReals(v *view.Virtual) []*view.Real {
	out := make([]*view.Real, len(v.Reals))
	for i := range v.Reals {
		out[i] = &v.Reals[i]
	}
	order(out, m.sort, m.reverse, func(a, b *view.Real) int {
		switch m.sort {
		case ByName:
			return cmp.Or(a.Address.Compare(b.Address), cmp.Compare(a.Port, b.Port))
		case ByState:
			return cmp.Compare(a.State, b.State) // down, unknown, up
		case ByActive:
			return cmp.Compare(b.Connections.Active, a.Connections.Active)
		case ByCheck:
			return cmp.Compare(latency(b), latency(a))
		}
		return m.compareRates(rowID{v.ID, a.Server}, rowID{v.ID, b.Server})
	})
	return out
}

// order sorts, and leaves what is equal in the order of the file.
func order[T any](list []T, by Sort, reverse bool, compare func(a, b T) int) {
	if by != ByFile {
		slices.SortStableFunc(list, compare)
	}
	if reverse {
		slices.Reverse(list)
	}
}

func (m *Model) compareRates(a, b rowID) int {
	if m.sort == ByBytes {
		return cmp.Compare(m.traffic.rates[b].bytes, m.traffic.rates[a].bytes)
	}
	return cmp.Compare(m.traffic.rates[b].connections, m.traffic.rates[a].connections)
}

// connections are those of all servers of a service, the fallback's too.
func connections(v *view.Virtual) view.Connections {
	var c view.Connections
	if v.Fallback != nil {
		c = v.Fallback.Connections
	}
	for i := range v.Reals {
		r := &v.Reals[i].Connections
		c.Active, c.Inactive = c.Active+r.Active, c.Inactive+r.Inactive
	}
	return c
}

func latency(r *view.Real) float64 {
	if r.Check == nil {
		return 0
	}
	return r.Check.Seconds
}

func slowest(v *view.Virtual) float64 {
	slow := 0.0
	for i := range v.Reals {
		slow = max(slow, latency(&v.Reals[i]))
	}
	return slow
}
