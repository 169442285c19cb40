package node

import (
	"context"
	"errors"
	"sync"
	"time"

	"lvsha/pkg/ha/fence"
	"lvsha/pkg/ha/takeover"
	"lvsha/pkg/system/logging"
)

// How the fencing device is used.
const (
	fenceLimit    = 5 * time.Minute // for one request: a slow card reboots a host
	fenceInterval = time.Hour       // between two looks at the device
)

// resetter is what resets nodes: a fence.Device.
type resetter interface {
	Status(ctx context.Context) error
	Reset(ctx context.Context, node string) error
}

// fenced is the end of an attempt to reset a node.
type fenced struct {
	node    string
	verdict takeover.Verdict
}

// fencer talks to the fencing device, outside of the loop. It is nil if ha.cf
// names none.
type fencer struct {
	device resetter
	name   string // of the device, for the log
	log    logging.Sink
	ctx    context.Context
	done   chan fenced
	guard  func(part string)
	tasks  sync.WaitGroup
	looks  bool
}

func (n *node) newFencer() *fencer {
	f := n.Config.HA.Fence
	if f == nil {
		return nil
	}
	return &fencer{
		device: fence.Device{Type: f.Type, Params: f.Params, File: f.File, Limit: fenceLimit},
		name:   f.Type, log: n.Log, ctx: n.ctx, done: make(chan fenced), guard: n.guard,
	}
}

// results is nil without a device, which no select takes.
func (f *fencer) results() <-chan fenced {
	if f == nil {
		return nil
	}
	return f.done
}

// watch looks at the device once this node is part of the cluster, and then
// every hour. What it finds is only logged.
func (f *fencer) watch() {
	if f == nil || f.looks {
		return
	}
	f.looks = true
	f.tasks.Add(1)
	go func() {
		defer f.tasks.Done()
		defer f.guard("fencing")
		tick := time.NewTicker(fenceInterval)
		defer tick.Stop()
		for {
			f.look()
			select {
			case <-tick.C:
			case <-f.ctx.Done():
				return
			}
		}
	}()
}

func (f *fencer) look() {
	logging.Logf(f.log, logging.Info, "Checking status of STONITH device [%s]", f.name)
	if err := f.device.Status(f.ctx); err != nil && f.ctx.Err() == nil {
		logging.Logf(f.log, logging.Error, "STONITH device %s not operational! (%v)", f.name, err)
		f.log.Log(logging.Warn, "STONITH status operation failed.")
		f.log.Log(logging.Info, "This may mean that the STONITH device has failed!")
	}
}

// reset resets a node.
func (f *fencer) reset(node string) {
	f.tasks.Add(1)
	go func() {
		defer f.tasks.Done()
		defer f.guard("fencing")
		select {
		case f.done <- fenced{node: node, verdict: f.try(node)}:
		case <-f.ctx.Done():
		}
	}()
}

func (f *fencer) try(node string) takeover.Verdict {
	logging.Logf(f.log, logging.Info, "Resetting node %s with [%s]", node, f.name)
	err := f.device.Reset(f.ctx, node)
	switch {
	case err == nil:
		logging.Logf(f.log, logging.Info, "node %s now reset.", node)
		return takeover.Reset
	case errors.Is(err, fence.ErrBadHost):
		logging.Logf(f.log, logging.Error, "Device %s cannot reset host %s.", f.name, node)
		return takeover.BadHost
	}
	logging.Logf(f.log, logging.Error, "Host %s not reset! (%v)", node, err)
	return takeover.NotReset
}

// close waits for what runs; the context of the node has ended.
func (f *fencer) close() {
	if f != nil {
		f.tasks.Wait()
	}
}
