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
	})
}

func (w *worker) prepare(work takeover.Work) {
	w.push(func() {
		for _, g := range w.chosen(work) {
			w.runner.Prepare(w.n.ctx, g)
		}
	})
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
		job()
	}
}

// close waits for the goroutine; a script that runs is killed.
func (w *worker) close() { <-w.ended }

// releaseNow gives up everything at once, before anything else is said or done.
func (w *worker) releaseNow() {
	w.n.cancel()
	w.close()
	w.stopGroups(context.Background(), w.read())
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
	case takeover.Release:
		return takeover.Result{Err: w.stopGroups(w.n.ctx, groups)}
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

func (w *worker) stopGroups(ctx context.Context, groups []config.Group) error {
	var failed error
	for _, g := range groups {
		if err := w.runner.Stop(ctx, g); err != nil {
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
		case work.Operation == takeover.Inherit:
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
