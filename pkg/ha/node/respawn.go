package node

import (
	"time"

	"lvsha/pkg/ha/core"
	"lvsha/pkg/ha/respawn"
	"lvsha/pkg/system/logging"
)

// failfastLimit is how long a node may take to give up its resources before a
// failed client of ha.cf(5) failfast restarts the machine.
const failfastLimit = time.Minute

// failure is the end of a failfast client, which ends the node. The original
// restarts the machine on the spot; this node gives up its resources first.
type failure struct {
	command string
	overdue *time.Timer
}

// startClients starts the programs of ha.cf(5) respawn and failfast when the
// cluster has formed.
func (n *node) startClients() {
	if n.respawned != nil || !n.core.Members().Joined() || len(n.Config.HA.Respawn) == 0 {
		return
	}
	o := respawn.Options{Env: n.Runner.Env, Log: n.Log}
	for _, c := range n.Config.HA.Respawn {
		o.Clients = append(o.Clients, respawn.Client{User: c.User, Command: c.Command, Failfast: c.Failfast})
	}
	n.respawned = respawn.Start(o)
}

// failfast ends the node: a client without which it must not go on has failed.
func (n *node) failfast(command string) []core.Effect {
	if n.failed != nil {
		return nil
	}
	logging.Logf(n.Log, logging.Crit, "Rebooting system.  Reason: %s", command)
	n.failed = &failure{command: command, overdue: time.NewTimer(failfastLimit)}
	return n.core.Shutdown(time.Now())
}

// failfastOverdue is ready when the resources were not given up in time.
func (n *node) failfastOverdue() <-chan time.Time {
	if n.failed == nil {
		return nil
	}
	return n.failed.overdue.C
}

// rebootIfFailed restarts the machine once nothing is held any more.
func (n *node) rebootIfFailed() {
	if n.failed == nil {
		return
	}
	n.failed.overdue.Stop()
	if n.Reboot != nil {
		n.Reboot()
	}
}
