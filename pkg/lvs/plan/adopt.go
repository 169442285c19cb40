package plan

import (
	"lvsha/pkg/lvs/config"
	"lvsha/pkg/lvs/health"
)

// Adopt returns what is believed of the servers of a service at start, by what
// the table has of them: a server with a weight is in service and stays until
// a check fails; of the others nothing is known. Without checks
// (checktype=off) what is not in service counts as down for good.
func Adopt(v *config.Virtual, entry Entry) []health.State {
	states := make([]health.State, len(v.Reals))
	for i, r := range v.Reals {
		dest, exists := entry.Dests.Find(RealAddr(v, r))
		switch {
		case exists && (dest.Weight != 0 || r.Weight == 0):
			states[i] = health.Up
		case v.CheckType == config.Off:
			states[i] = health.Down
		}
	}
	return states
}
