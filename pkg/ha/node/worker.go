package node

import (
	"context"
	"errors"
	"sync"

	"lvsha/pkg/ha/config"
	"lvsha/pkg/ha/resource"
	"lvsha/pkg/ha/takeover"
	"lvsha/pkg/ha/view"
	"lvsha/pkg/system/logging"
)

// outcome is the end of a work.
type outcome struct {
	work   takeover.Work
	result takeover.Result
	groups []config.Group // haresources as it was
	became []view.Outcome // of the groups that were started or stopped
}

// worker runs the works of a node one after the other in a goroutine of its own.
type worker struct {
	n      *node
	runner *resource.Runner
	done   chan outcome
	begun  bool // belongs to the loop of the node

	mu     sync.Mutex
	queue  []func()
	wake   chan struct{}
	groups []config.Group // the last readable haresources
	ended  chan struct{}
}

func newWorker(n *node) *worker {
	w := &worker{
		n: n, runner: n.Runner, groups: n.Config.Groups,
		done:  make(chan outcome),
		wake:  make(chan struct{}, 1),
		ended: make(chan struct{}),
	}
	go w.run()
	return w
}

func (w *worker) add(work takeover.Work) {
	w.push(func() {
		o := w.perform(work)
		select {
		case w.done <- o:
		case <-w.n.ctx.Done():
		}
		if work.Operation == takeover.Release && work.Reason != takeover.Startup {
			w.stopShared(work)
		}
		if o.result.Err != nil || work.Operation == takeover.Release {
			w.standBy(work)
		}
	})
}

// begin has what may stand by do so once this node has joined the others.
func (w *worker) begin() {
	if !w.begun && w.runner.StandbyChecks {
		w.begun = true
		w.push(func() { w.standBy(takeover.Work{Set: takeover.All, Reason: takeover.Own}) })
	}
}

// standBy has the ldirectord of groups that are not held go on checking, unless
// the node ends or has not begun. One that is in service is left alone.
func (w *worker) standBy(work takeover.Work) {
	if work.Reason == takeover.Startup || work.Reason == takeover.Shutdown {
		return
	}
	for _, g := range w.chosen(work) {
		w.runner.StandBy(w.n.ctx, g)
	}
}

// stopShared ends what may run on both nodes after the other one was told that
// it can take the groups: its clients do not wait for it.
func (w *worker) stopShared(work takeover.Work) {
	for _, g := range w.chosen(work) {
		if err := w.runner.StopShared(w.n.ctx, g); err != nil {
			logging.Logf(w.n.Log, logging.Error, "%v", err)
		}
	}
}

// drain waits until everything asked for is done.
func (w *worker) drain() {
	idle := make(chan struct{})
	w.push(func() { close(idle) })
	select {
	case <-idle:
	case <-w.n.ctx.Done():
	}
}

func (w *worker) reannounce(set takeover.Hold) {
	w.push(func() {
		for _, g := range w.chosen(takeover.Work{Set: set}) {
			w.runner.Reannounce(g)
		}
	})
}

func (w *worker) push(job func()) {
	w.mu.Lock()
	w.queue = append(w.queue, job)
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

func (w *worker) run() {
	defer close(w.ended)
	for {
		w.mu.Lock()
		var job func()
		if len(w.queue) > 0 {
			job, w.queue = w.queue[0], w.queue[1:]
		}
		w.mu.Unlock()
		if job == nil {
			select {
			case <-w.wake:
			case <-w.n.ctx.Done():
				return
			}
			continue
		}
		if w.n.ctx.Err() != nil {
			return
		}
		w.do(job)
	}
}

func (w *worker) do(job func()) {
	defer w.n.guard("resource worker")
	job()
}

// close waits for the goroutine; a script that runs is killed.
func (w *worker) close() { <-w.ended }

// releaseNow gives up everything at once, before anything else is said or done.
func (w *worker) releaseNow() {
	w.n.cancel()
	w.close()
	_, _ = w.each(w.read(), func(g config.Group) error { return w.runner.Stop(context.Background(), g) }) // its log lines say what failed
}

func (w *worker) perform(work takeover.Work) outcome {
	groups := w.chosen(work)
	o := outcome{work: work, groups: w.groups}
	do := func(g config.Group) error { return w.runner.Start(w.n.ctx, g) }
	switch work.Operation {
	case takeover.Probe:
		for _, g := range groups {
			if w.runner.Status(w.n.ctx, g) != resource.None {
				o.result.Up = true
				break
			}
		}
	case takeover.Ready:
		for _, g := range groups {
			w.runner.Prepare(w.n.ctx, g)
		}
	case takeover.Release:
		if work.Reason == takeover.Asked {
			w.n.hooks.giveIP(work)
		}
		stop := w.runner.Release
		if work.Reason == takeover.Startup {
			stop = w.runner.Stop
		}
		do = func(g config.Group) error { return stop(w.n.ctx, g) }
		fallthrough
	case takeover.Acquire, takeover.Inherit:
		o.became, o.result.Err = w.each(groups, do)
	}
	return o
}

// each does something with one group after the other.
func (w *worker) each(groups []config.Group, do func(config.Group) error) (became []view.Outcome, failed error) {
	for _, g := range groups {
		became = append(became, view.Outcome{Key: g.Key()})
		if err := do(g); err != nil {
			became[len(became)-1].Err = err.Error()
			failed = errors.Join(failed, err)
			w.judgeStop(err)
		}
	}
	return became, failed
}

// judgeStop restarts the machine if a resource that must go still runs: the
// other node is about to start it.
func (w *worker) judgeStop(err error) {
	var stop *resource.StopError
	if !errors.As(err, &stop) || !stop.StillRunning || w.n.ctx.Err() != nil {
		return
	}
	w.n.Log.Log(logging.Crit, "Killing heartbeat ungracefully!")
	if w.n.Reboot != nil {
		w.n.Reboot()
	}
}

// chosen are the groups a work concerns, by haresources as it is now.
func (w *worker) chosen(work takeover.Work) []config.Group {
	var out []config.Group
	for _, g := range w.read() {
		own := g.Node == w.n.Host
		switch {
		case work.Key != "":
			if g.Key() == work.Key {
				out = append(out, g)
			}
		case work.Node != "":
			if g.Node == work.Node {
				out = append(out, g)
			}
		case own && work.Set.Has(takeover.Local), !own && work.Set.Has(takeover.Foreign):
			out = append(out, g)
		}
	}
	return out
}

// read reads haresources anew: edits take effect at the next operation.
func (w *worker) read() []config.Group {
	groups, report := config.Resources(w.n.Config.Dir, w.n.Config.NodeNames()...)
	if !report.OK() {
		for _, line := range report.Lines() {
			w.n.Log.Log(line.Level, line.Text)
		}
		return w.groups
	}
	w.groups = groups
	return groups
}
