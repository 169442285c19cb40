package director

import (
	"context"
	"net/netip"
	"time"

	"lvsha/pkg/lvs/check"
	"lvsha/pkg/lvs/config"
	"lvsha/pkg/lvs/health"
)

// job is one thing to check: what several services share is checked once.
type job struct {
	target   check.Target
	interval time.Duration
	// real is set if maintenance files are looked for, which are named by it.
	real           netip.AddrPort
	maintenanceDir string
}

// subscription is a real server of a service that a job stands for.
type subscription struct {
	service *service
	index   int
}

// outcome is the result of one round of a job.
type outcome struct {
	job     job
	verdict health.Verdict
	result  check.Result
}

// checker runs one job until it is cancelled.
type checker struct {
	job    job
	check  check.Check
	cancel context.CancelFunc
	last   *outcome // the latest that was taken; of the director's goroutine
}

func (d *Director) jobOf(v *config.Virtual, r config.Real) (job, bool) {
	if v.CheckType == config.Off {
		return job{}, false
	}
	j := job{target: check.TargetOf(v, r), interval: v.CheckInterval}
	if dir := d.config.Global.MaintenanceDir; dir != "" {
		j.real, j.maintenanceDir = netip.AddrPortFrom(r.Addr, r.Port), dir
	}
	return j, true
}

// startCheckers starts a checker for every job that has none, ends those whose
// job is gone, and leaves the others alone.
func (d *Director) startCheckers() {
	d.subs = make(map[job][]subscription)
	var fresh []job
	for _, s := range d.services {
		for i, r := range s.config.Reals {
			j, ok := d.jobOf(s.config, r)
			if !ok {
				continue
			}
			if d.subs[j] == nil && d.checkers[j] == nil {
				fresh = append(fresh, j)
			}
			d.subs[j] = append(d.subs[j], subscription{s, i})
		}
	}
	for j, c := range d.checkers {
		if d.subs[j] == nil {
			c.cancel()
			delete(d.checkers, j)
			delete(d.waiting, j)
		}
	}
	for i, j := range fresh {
		d.startChecker(j, j.interval*time.Duration(i+1)/time.Duration(len(fresh)))
	}
}

// startChecker begins at once; firstPause spreads the later rounds over the
// interval.
func (d *Director) startChecker(j job, firstPause time.Duration) {
	ck, err := check.New(j.target, d.o.Checks)
	if err != nil {
		// Load refuses what cannot be checked.
		d.logf(warning, "%v", err)
		return
	}
	ctx, cancel := context.WithCancel(d.work)
	c := &checker{job: j, check: ck, cancel: cancel}
	d.checkers[j] = c
	d.waiting[j] = true
	d.workers.Add(1)
	go func() {
		defer d.workers.Done()
		defer cancel()
		c.run(ctx, d.outcomes, d.slots, firstPause)
	}()
}

// run checks, sends the outcome and pauses; the pause is between the end of one
// check and the start of the next.
func (c *checker) run(ctx context.Context, outcomes chan<- outcome, slots chan struct{}, pause time.Duration) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		select {
		case <-ctx.Done():
			return
		case slots <- struct{}{}:
		}
		o := c.once(ctx)
		<-slots
		// A check that was cut short by the end of its job has no result.
		if ctx.Err() != nil {
			return
		}
		select {
		case <-ctx.Done():
			return
		case outcomes <- o:
		}
		timer.Reset(pause)
		pause = c.job.interval
	}
}

func (c *checker) once(ctx context.Context) outcome {
	if c.job.maintenanceDir != "" && inMaintenance(ctx, c.job.maintenanceDir, c.job.real) {
		return outcome{job: c.job, verdict: health.Maintenance, result: check.Result{Text: "Server in maintenance"}}
	}
	result := check.Run(ctx, c.check)
	verdict := health.Failed
	if result.Up {
		verdict = health.Passed
	}
	return outcome{job: c.job, verdict: verdict, result: result}
}
