package director

import (
	"errors"
	"fmt"

	"lvsha/pkg/lvs/config"
	"lvsha/pkg/lvs/health"
	"lvsha/pkg/lvs/plan"
	"lvsha/pkg/system/logging"
)

// ErrEnded is what a call to a director returns that has ended.
var ErrEnded = errors.New("the director has ended")

// Standby says whether the director leaves the table alone (Options.Standby, and
// not activated since).
func (d *Director) Standby() (bool, error) {
	var standby bool
	if !d.call(func() { standby = d.standby }) {
		return false, ErrEnded
	}
	return standby, nil
}

// Activate has a director that stands by take the table over, by what it knows
// of the servers. It returns when the table stands, and at once if it did
// before. With an error it goes on standing by.
func (d *Director) Activate() error {
	var err error
	if !d.call(func() { err = d.activate() }) {
		return ErrEnded
	}
	if err != nil {
		return err
	}
	select {
	case <-d.ready:
		return nil
	case <-d.ended:
		return ErrEnded
	}
}

func (d *Director) activate() error {
	if !d.standby {
		return nil
	}
	table, err := d.o.Kernel.Table()
	if err != nil {
		return fmt.Errorf("activate: %w", err)
	}
	d.standby = false
	d.logf(logging.Info, "No longer standing by: the table is set up from what is known of the real servers")
	before := d.phase
	d.phase = config.Starting // what changes now is no news of a server
	for _, s := range d.services {
		for i, state := range plan.Adopt(s.config, table[s.key]) {
			if s.config.CheckType == config.Off || s.servers[i].State == health.Unknown {
				s.servers[i].State = state
			}
		}
	}
	d.synchronise(table, nil)
	t := d.turn()
	for _, s := range d.services {
		if s.settled {
			t.tellFallbackCommand(s)
		}
	}
	t.end()
	d.phase = before
	return nil
}
