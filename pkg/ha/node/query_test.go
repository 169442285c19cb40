package node_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"lvsha/pkg/ha/view"
)

// sees asks a node for its view.
func (n *testNode) sees() *view.View {
	n.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	v, err := n.queries.Ask(ctx)
	n.must(err)
	return v
}

// TestQueries asks a pair what it sees, through a takeover.
func TestQueries(t *testing.T) {
	alpha, beta := newPair(t)
	startBoth(alpha, beta)
	v := beta.sees()
	if v.Node != "beta" || v.Generation == 0 || len(v.Nodes) != 2 || v.Nodes[0].Haresources != v.Config.Haresources || v.Nodes[0].Links[0].Kind != "ucast" {
		t.Errorf("%+v", v)
	}
	if g := v.Groups[0]; g.Holder != "alpha" || g.State != view.StateHeld {
		t.Errorf("%+v", g)
	}
	alpha.end()
	beta.says("mach_down takeover complete for node alpha.", 1)
	v = beta.sees()
	if g := v.Groups[0]; g.Holder != "beta" || g.State != view.StateUp || g.Why != "alpha has given up everything" {
		t.Errorf("%+v", g)
	}
	if tr := v.Transitions[0]; tr.Cause != view.CauseLeft || tr.Node != "alpha" || tr.Groups[0] != "thing::one" {
		t.Errorf("%+v", tr)
	}
	beta.end()
}

// TestQueriesOfManyWhoLeave: whoever asks and does not wait leaves nothing behind,
// and a node that has ended answers nobody.
func TestQueriesOfManyWhoLeave(t *testing.T) {
	alpha, _ := newPair(t)
	alpha.start()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var all sync.WaitGroup
	for i := range 100 {
		all.Add(1)
		go func() {
			defer all.Done()
			if _, err := alpha.queries.Ask(ctx); i == 50 || err != nil {
				cancel()
			}
		}()
	}
	all.Wait()
	alpha.sees()
	alpha.end()
	if _, err := alpha.queries.Ask(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
}
