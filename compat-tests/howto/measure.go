package howto

import (
	"fmt"
	"io"
	"time"
)

// stepLimit is how long a step may take; the originals need up to a
// minute for some.
const stepLimit = 2 * time.Minute

// DeadTime is deadtime of the how-to's ha.cf, KeepalivedDeadTime what
// keepalived waits with the same part: three advertisements and the skew of
// priority 100, RFC 5798 section 6.1.
const (
	DeadTime           = 10 * time.Second
	KeepalivedDeadTime = 3*time.Second + time.Second*(256-100)/256
)

// Figures are what Measure found out.
type Figures struct {
	Steps  []Result
	Memory []Memory // of the daemons on the master while it has the VIP
}

// Names of the steps that Measure plays.
const (
	StepStart    = "start"
	StepTraffic  = "traffic"
	StepStop     = "stop of the master"
	StepFailback = "failback"
	StepDeath    = "death of the master"
)

// Measure plays those steps in which the directors change places, with
// heartbeat or else keepalived, and weighs the daemons.
func Measure(out io.Writer, vrrp bool) (Figures, error) {
	p := &play{out: out, began: time.Now(), software: heartbeat{}}
	if vrrp {
		p.software = keepalived{}
	}
	var f Figures
	if err := p.set(); err != nil {
		return f, err
	}
	p.step(StepStart, stepLimit, "Both directors are started.", p.start, func() bool {
		return p.on(p.master) && p.reals(p.master) == 2
	})
	p.step(StepTraffic, stepLimit, "The client asks the VIP through the master.", p.client.start, p.bothServe)
	var err error
	if f.Memory, err = p.master.memory(); err != nil {
		return f, err
	}
	p.step(StepStop, stepLimit, "The master is stopped.", func() error { return p.software.stop(p, p.master) }, func() bool {
		return p.on(p.standby) && p.reals(p.standby) == 2 && p.software.idle(p, p.master)
	})
	p.step(StepFailback, stepLimit, "The master is started.", func() error { return p.software.start(p, p.master) }, func() bool {
		return p.on(p.master) && p.reals(p.master) == 2 && p.software.idle(p, p.standby)
	})
	p.step(StepDeath, stepLimit, "Master: SIGKILL to every process, and the cable is out.", p.master.die, func() bool {
		return p.standby.holdsVIP() && p.reals(p.standby) == 2
	})
	_ = p.client.stdin.Close()
	f.Steps = p.results
	for _, r := range f.Steps {
		if r.Failed != "" {
			return f, fmt.Errorf("%s: %s", r.Name, r.Failed)
		}
	}
	return f, nil
}
