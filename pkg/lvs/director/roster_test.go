package director

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lvsha/pkg/lvs/check"
)

// checkFunc is a check that is a function.
type checkFunc func(ctx context.Context) check.Result

func (f checkFunc) Run(ctx context.Context) check.Result { return f(ctx) }

// ofChecker is the key of a checker in the contexts of its rounds.
type ofChecker struct{}

// newRosterTest runs a roster with n checkers of one check until the test ends.
func newRosterTest(t *testing.T, n, parallel int, interval time.Duration, f checkFunc) (r *roster, checkers []*checker, results chan outcome) {
	t.Helper()
	results = make(chan outcome, n)
	r = newRoster(parallel, results)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	for range n {
		c := &checker{job: job{interval: interval}, check: f, place: -1, pause: interval}
		c.ctx, c.cancel = context.WithCancel(context.WithValue(ctx, ofChecker{}, c))
		checkers = append(checkers, c)
	}
	r.add(checkers...)
	go func() {
		defer close(ended)
		r.run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	return r, checkers, results
}

func TestNoMoreChecksThanAllowed(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	running, most := 0, 0
	begun, end := make(chan struct{}), make(chan struct{})
	_, _, results := newRosterTest(t, 50, 3, time.Hour, func(context.Context) check.Result {
		mu.Lock()
		running++
		most = max(most, running)
		mu.Unlock()
		begun <- struct{}{}
		<-end
		mu.Lock()
		running--
		mu.Unlock()
		return check.Result{}
	})
	for n := range 50 {
		<-begun
		if n < 2 {
			continue // until as many run as may
		}
		end <- struct{}{}
	}
	close(end)
	for range 50 {
		<-results
	}
	if most != 3 {
		t.Errorf("%d checks ran at once, want 3", most)
	}
}

// TestAPauseIsNoGoroutine: 10,000 servers would have a stack each.
func TestAPauseIsNoGoroutine(t *testing.T) {
	before := runtime.NumGoroutine()
	_, _, results := newRosterTest(t, 2000, 4096, time.Hour, func(context.Context) check.Result { return check.Result{} })
	for range 2000 {
		<-results
	}
	limit := time.After(10 * time.Second)
	for runtime.NumGoroutine() > before+idleWorkers+10 {
		select {
		case <-limit:
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		default:
			runtime.Gosched()
		}
	}
}

// TestARemovedCheckerEnds: its round is cut short, has no result and no
// successor; the others go on.
func TestARemovedCheckerEnds(t *testing.T) {
	t.Parallel()
	var rounds atomic.Int64
	begun := make(chan context.Context)
	r, checkers, results := newRosterTest(t, 2, 2, time.Millisecond, func(ctx context.Context) check.Result {
		if rounds.Add(1) == 1 {
			begun <- ctx
			<-ctx.Done()
		}
		return check.Result{}
	})
	held := <-begun
	gone := 0
	if held.Value(ofChecker{}) == checkers[1] {
		gone = 1
	}
	r.remove(checkers[gone])
	for range 20 {
		if o := <-results; o.checker == checkers[gone] {
			t.Error("a result of the removed checker")
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if checkers[gone].place != -1 {
		t.Error("the removed checker is due again")
	}
}

// TestNoCheckBeginsLate: what is due soon begins with what is due now, and the wait is
// for the next that is due, no longer.
func TestNoCheckBeginsLate(t *testing.T) {
	t.Parallel()
	const interval = 10 * time.Second
	r := newRoster(1, nil)
	now := time.Now()
	for _, due := range []time.Duration{-time.Second, 0, slack(interval), slack(interval) + time.Millisecond, interval} {
		r.push(&checker{job: job{interval: interval}, ctx: t.Context(), due: now.Add(due)})
	}
	if ready, pause := r.take(now); len(ready) != 3 || pause != slack(interval)+time.Millisecond {
		t.Errorf("%d begin, then it waits %v", len(ready), pause)
	}
	if ready, pause := r.take(now.Add(interval)); len(ready) != 2 || pause != time.Hour {
		t.Errorf("%d begin, then it waits %v", len(ready), pause)
	}
}
