package node

import (
	"errors"
	"time"

	"lvsha/pkg/ha/config"
	"lvsha/pkg/system/daemon"
	"lvsha/pkg/system/logging"
)

// watchdogSpare is added to the dead time: a machine is restarted only after
// the other node has declared it dead.
const watchdogSpare = 10 * time.Millisecond

// aliveInterval is between two signs of life while the loop waits for something
// that may take long.
const aliveInterval = time.Second

// alive gives signs of life to those who restart a machine or a daemon that
// hangs: the watchdog device and the service manager.
type alive struct {
	log    logging.Sink
	dog    *daemon.Watchdog // nil if there is none
	manage func()           // the service manager; may be nil
}

// newAlive arms the watchdog device that ha.cf names.
func newAlive(ha config.HA, manage func(), log logging.Sink) *alive {
	a := &alive{log: log, manage: manage}
	if ha.Watchdog == "" {
		return a
	}
	dog, err := daemon.OpenWatchdog(ha.Watchdog, ha.Deadtime+watchdogSpare)
	if dog == nil {
		logging.Logf(log, logging.Error, "Cannot open watchdog device: %s: %v", ha.Watchdog, err)
		return a
	}
	a.dog = dog
	seconds := int(dog.Limit / time.Second)
	if errors.Is(err, daemon.ErrWatchdogTimeout) {
		logging.Logf(log, logging.Error, "WDIOC_SETTIMEOUT: Failed to set watchdog timer to %d seconds.", seconds)
	} else {
		logging.Logf(log, logging.Info, "Set watchdog timer to %d seconds.", seconds)
	}
	logging.Logf(log, logging.Info, "Using watchdog device: %s", ha.Watchdog)
	return a
}

// sign gives a sign of life.
func (a *alive) sign() {
	if a.manage != nil {
		a.manage()
	}
	if a.dog == nil {
		return
	}
	if err := a.dog.Feed(); err != nil {
		logging.Logf(a.log, logging.Crit, "Watchdog write failure: closing it! (%v)", err)
		a.disarm()
	}
}

// disarm lets go of the watchdog device: giving up everything may take longer
// than it waits.
func (a *alive) disarm() {
	if a.dog == nil {
		return
	}
	if err := a.dog.Close(); err != nil {
		logging.Logf(a.log, logging.Crit, "Watchdog write magic character failure: closing it! (%v)", err)
	}
	a.dog = nil
}

// during gives signs of life while f runs.
func (a *alive) during(f func()) {
	done := make(chan struct{})
	var failed any
	go func() {
		defer close(done)
		defer func() { failed = recover() }()
		f()
	}()
	tick := time.NewTicker(aliveInterval)
	defer tick.Stop()
	for {
		select {
		case <-done:
			if failed != nil {
				panic(failed)
			}
			return
		case <-tick.C:
			a.sign()
		}
	}
}
