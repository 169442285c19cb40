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

// outcome is the result of one round of a checker.
type outcome struct {
	checker *checker
	verdict health.Verdict
	result  check.Result
	took    time.Duration
	ended   time.Time
}

// checker runs one job until it is cancelled.
type checker struct {
	job    job
	check  check.Check
	ctx    context.Context // ends with the job
	cancel context.CancelFunc

	// What follows belongs to the roster.
	due   time.Time
	pause time.Duration // after the next round
	place int           // among those that are due; -1: none
	// hurried says that another round has to begin at once; cut ends the one that
	// runs.
	hurried bool
	cut     context.CancelFunc

	// What follows belongs to the director's goroutine.
	subs    []subscription
	waiting bool    // no result has come yet
	last    outcome // the latest that was taken; with a checker if there is one
	tally   tally
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
	if len(d.checkers) == 0 {
		n := 0
		for _, s := range d.services {
			n += len(s.config.Reals)
		}
		d.checkers = make(map[job]*checker, n)
	}
	for _, c := range d.checkers {
		c.subs = c.subs[:0]
	}
	var fresh []*checker
	for _, s := range d.services {
		for i, r := range s.config.Reals {
			j, ok := d.jobOf(s.config, r)
			if !ok {
				s.checkers[i] = nil
				continue
			}
			// Most servers have the checker that they had before.
			c := s.checkers[i]
			if c == nil || c.job != j {
				c = d.checkers[j]
			}
			if c == nil {
				if c = d.newChecker(j); c == nil {
					continue
				}
				fresh = append(fresh, c)
				d.checkers[j] = c
			}
			s.checkers[i] = c
			c.subs = append(c.subs, subscription{s, i})
		}
	}
	for j, c := range d.checkers {
		if len(c.subs) == 0 {
			delete(d.checkers, j)
			d.arrived(c)
			d.roster.remove(c)
		}
	}
	// They begin at once; the later rounds are spread over the interval.
	for i, c := range fresh {
		c.pause = c.job.interval * time.Duration(i+1) / time.Duration(len(fresh))
	}
	d.roster.add(fresh...)
}

func (d *Director) newChecker(j job) *checker {
	ck, err := check.New(j.target, d.o.Checks)
	if err != nil {
		// Load refuses what cannot be checked.
		d.logf(warning, "%v", err)
		return nil
	}
	c := &checker{job: j, check: ck, place: -1, waiting: true}
	c.ctx, c.cancel = context.WithCancel(d.work)
	d.missing++
	return c
}

// arrived says that the first result of a checker is not waited for any more.
func (d *Director) arrived(c *checker) {
	if c.waiting {
		c.waiting = false
		d.missing--
	}
}

func (c *checker) once(ctx context.Context) outcome {
	if c.job.maintenanceDir != "" && inMaintenance(ctx, c.job.maintenanceDir, c.job.real) {
		return outcome{checker: c, verdict: health.Maintenance, result: check.Result{Text: "Server in maintenance"}, ended: time.Now()}
	}
	began := time.Now()
	result := check.RunSince(ctx, c.check, began)
	verdict := health.Failed
	if result.Up {
		verdict = health.Passed
	}
	took := time.Since(began)
	return outcome{checker: c, verdict: verdict, result: result, took: took, ended: began.Add(took)}
}
