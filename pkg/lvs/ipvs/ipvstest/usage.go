package ipvstest

import (
	"slices"

	"lvsha/pkg/lvs/plan"
)

// Usage returns the table with what Count says of each server. A service has
// the sum of its servers.
func (k *Kernel) Usage() (plan.Usage, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	var usage plan.Usage
	for _, key := range k.table.Keys() {
		e := k.table[key]
		u := plan.ServiceUse{Service: e.Service}
		for _, d := range e.Dests {
			use := plan.DestUse{Dest: d}
			if k.Count != nil {
				k.Count(key, &use)
			}
			u.Dests = append(u.Dests, use)
			u.Counters.Connections += use.Counters.Connections
			u.Rates.Connections += use.Rates.Connections
		}
		slices.SortFunc(u.Dests, func(a, b plan.DestUse) int { return a.Addr.Compare(b.Addr) })
		usage = append(usage, u)
	}
	return usage, nil
}
