package node

import (
	"context"
	"errors"
	"sync"

	"lvsha/pkg/ha/config"
	"lvsha/pkg/ha/resource"
	"lvsha/pkg/ha/takeover"
	"lvsha/pkg/system/logging"
)

// outcome is the end of a work.
type outcome struct {
	work   takeover.Work
	result takeover.Result
}

// worker runs the works of a node one after the other in a goroutine of its own.
type worker struct {
	n      *node
	runner *resource.Runner
	done   chan outcome

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
		o := outcome{work: work, result: w.perform(work)}
		select {
		case w.done <- o:
		case <-w.n.ctx.Done():
		}
		if work.Operation == takeover.Release && work.Reason != takeover.Startup {
			w.stopShared(work)
		}
	})
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
	_ = w.stopGroups(context.Background(), w.read(), w.runner.Stop) // its log lines say what failed
}

func (w *worker) perform(work takeover.Work) takeover.Result {
	groups := w.chosen(work)
	switch work.Operation {
	case takeover.Probe:
		for _, g := range groups {
			if w.runner.Status(w.n.ctx, g) != resource.None {
				return takeover.Result{Up: true}
			}
		}
		return takeover.Result{}
	case takeover.Ready:
		for _, g := range groups {
			w.runner.Prepare(w.n.ctx, g)
		}
		return takeover.Result{}
	case takeover.Release:
		if work.Reason == takeover.Asked {
			w.n.hooks.giveIP(work)
		}
		stop := w.runner.Release
		if work.Reason == takeover.Startup {
			stop = w.runner.Stop
		}
		return takeover.Result{Err: w.stopGroups(w.n.ctx, groups, stop)}
	}
	var failed error
	for _, g := range groups {
		if err := w.runner.Start(w.n.ctx, g); err != nil {
			failed = errors.Join(failed, err)
			w.judgeStop(err)
		}
	}
	return takeover.Result{Err: failed}
}

func (w *worker) stopGroups(ctx context.Context, groups []config.Group, stop func(context.Context, config.Group) error) error {
	var failed error
	for _, g := range groups {
		if err := stop(ctx, g); err != nil {
			failed = errors.Join(failed, err)
			w.judgeStop(err)
		}
	}
	return failed
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
