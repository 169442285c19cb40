package main

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"lvsha/pkg/lvs/view"
	"lvsha/pkg/system/daemon"
)

// follow looks again whenever something has happened, until done says so. s is
// the last look.
func (d *drainer) follow(ctx context.Context, s *view.Status, done func([]*view.Real, []*view.Virtual) (bool, int)) int {
	defer d.shown.end()
	ticker := time.NewTicker(d.pause)
	defer ticker.Stop()
	for {
		var err error
		s, err = d.next(ctx, s)
		switch {
		case ctx.Err() != nil || err != nil && timeIsUp(ctx):
			return d.interrupted(ctx)
		case err != nil:
			return d.lost(err)
		}
		reals, virtuals := d.want.in(s)
		if len(reals) == 0 {
			return d.fail("it is not configured any more")
		}
		if end, status := done(reals, virtuals); end {
			return status
		}
		select {
		case <-ctx.Done():
			return d.interrupted(ctx)
		case <-ticker.C:
		}
	}
}

// lost is the end if the daemon does not answer any more.
func (d *drainer) lost(err error) int {
	if pid, state := d.findDaemon(); state == daemon.Running {
		d.say("%s", d.unanswered(pid, err))
		return d.fail("the file is as it should be; nobody has confirmed the rest")
	}
	d.say("ldirectord for %s has ended; the file is as it should be", d.path)
	return statusStopped
}

// timeIsUp says whether a context's time is up. A connection notices it before the
// context does.
func timeIsUp(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ok && !time.Now().Before(deadline)
}

func (d *drainer) interrupted(ctx context.Context) int {
	why := "interrupted"
	if timeIsUp(ctx) {
		why = "the time is up"
	}
	if d.command == "drain" {
		d.say("%s: %s stays out of service; undrain gives it back", why, d.want)
	} else {
		d.say("%s: ldirectord puts %s into service when its checks pass", why, d.want)
	}
	return statusTime
}

// drained says whether no connection is left.
func (d *drainer) drained(reals []*view.Real, virtuals []*view.Virtual) (bool, int) {
	left, templates, removed := 0, 0, 0
	for i, r := range reals {
		switch {
		case virtuals[i].CheckType == "off":
			continue
		case !r.Maintenance || r.State != view.StateDown:
			d.shown.bar(fmt.Sprintf("ldirectord has not seen the file yet; %s", connectionsOf(reals)), sum(reals), false)
			return false, 0
		case r.Weight.Kernel == nil:
			removed++
		}
		left += r.Connections.Active + r.Connections.Inactive
		templates += r.Connections.Persistent
	}
	if left > 0 {
		d.shown.bar(connectionsOf(reals), left, true)
		return false, 0
	}
	d.shown.bar(connectionsOf(reals), 0, true)
	if most := d.shown.most; removed > 0 && most > 0 {
		d.say("%s is out of the table (quiescent=no); what clients still send on its %d connections is dropped", d.want, d.shown.last)
	} else {
		d.say("%s has no connections left", d.want)
	}
	if templates > 0 {
		d.say("%d clients are still bound to it by persistence; unless net.ipv4.vs.expire_quiescent_template is 1 they may come back", templates)
	}
	return true, statusOK
}

// given says whether the server has been judged by its checks again.
func (d *drainer) given(reals []*view.Real, virtuals []*view.Virtual) (bool, int) {
	failed := ""
	for i, r := range reals {
		switch {
		case virtuals[i].CheckType == "off":
		case r.Maintenance || r.State == view.StateUnknown || r.Check == nil:
			d.shown.bar("ldirectord has not checked it yet", 0, false)
			return false, 0
		case r.State != view.StateUp:
			failed = cmp.Or(r.Check.Reason, "its check fails")
		}
	}
	if failed != "" {
		d.say("%s is not in service: %s", d.want, failed)
		return true, statusFailed
	}
	d.say("%s is in service", d.want)
	return true, statusOK
}

func sum(reals []*view.Real) int {
	n := 0
	for _, r := range reals {
		n += r.Connections.Active + r.Connections.Inactive
	}
	return n
}

func connectionsOf(reals []*view.Real) string {
	var c view.Connections
	for _, r := range reals {
		c.Active, c.Inactive, c.Persistent = c.Active+r.Connections.Active, c.Inactive+r.Connections.Inactive, c.Persistent+r.Connections.Persistent
	}
	text := fmt.Sprintf("%d active, %d inactive", c.Active, c.Inactive)
	if c.Persistent > 0 {
		text += fmt.Sprintf(", %d persistent", c.Persistent)
	}
	return text
}
