package director

import (
	"container/heap"
	"context"
	"sync"
	"time"
)

// slack is how much before it is due a check of this interval may begin: what is
// due at about the same time is begun together, which wakes the process once. None
// begins late for it, so that a dead server is found within interval and timeout.
func slack(interval time.Duration) time.Duration { return min(interval/200, 20*time.Millisecond) }

// idleWorkers is how many goroutines wait for the next check when all are done;
// they have the stack that a check needs.
const idleWorkers = 16

// roster begins checks when they are due. A check that pauses costs an entry and
// no goroutine.
type roster struct {
	parallel chan struct{} // a token for each check that runs
	next     chan *checker // to workers that wait
	wake     chan struct{} // something is due earlier
	results  chan<- outcome
	workers  sync.WaitGroup

	mu   sync.Mutex
	due  dueHeap
	idle int // of the workers
}

func newRoster(parallel int, results chan<- outcome) *roster {
	return &roster{
		parallel: make(chan struct{}, parallel), next: make(chan *checker), wake: make(chan struct{}, 1), results: results,
	}
}

// add has checkers run when they are due.
func (r *roster) add(checkers ...*checker) {
	r.mu.Lock()
	earlier := false
	for _, c := range checkers {
		earlier = r.push(c) || earlier
	}
	r.mu.Unlock()
	if earlier {
		r.rouse()
	}
}

// push puts a checker among those that are due. It reports whether it is the next.
func (r *roster) push(c *checker) bool {
	if c.ctx.Err() != nil {
		return false // removed while its last round ran
	}
	heap.Push(&r.due, c)
	return c.place == 0
}

// remove ends a checker: a check that runs is cut short and its result is
// dropped.
func (r *roster) remove(c *checker) {
	c.cancel()
	r.mu.Lock()
	defer r.mu.Unlock()
	if c.place >= 0 {
		heap.Remove(&r.due, c.place)
	}
}

// run begins what is due until the context ends, and then waits for what it has
// begun.
func (r *roster) run(ctx context.Context) {
	defer r.workers.Wait()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		ready, pause := r.take(time.Now())
		for _, c := range ready {
			if !r.begin(ctx, c) {
				return
			}
		}
		timer.Reset(pause)
		select {
		case <-ctx.Done():
			return
		case <-r.wake:
		case <-timer.C:
		}
	}
}

// take removes what is due and says how long nothing else will be.
func (r *roster) take(now time.Time) (ready []*checker, pause time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.due) > 0 {
		if wait := r.due[0].due.Sub(now); wait > slack(r.due[0].job.interval) {
			return ready, wait
		}
		ready = append(ready, heap.Pop(&r.due).(*checker))
	}
	return ready, time.Hour
}

// begin gives a checker to a worker that waits, or to a new one. It waits while
// too many run; false is the end of the context.
func (r *roster) begin(ctx context.Context, c *checker) bool {
	select {
	case <-ctx.Done():
		return false
	case r.parallel <- struct{}{}:
	}
	select {
	case r.next <- c:
	default:
		r.workers.Add(1)
		go r.work(ctx, c)
	}
	return true
}

// work runs checks until there are none and others wait for the next.
func (r *roster) work(ctx context.Context, c *checker) {
	defer r.workers.Done()
	for {
		round, end := r.round(c)
		o := c.once(round)
		<-r.parallel
		// A check that was cut short, by the end of its job or by haste, has no result.
		if round.Err() == nil {
			select {
			case <-ctx.Done():
				return
			case r.results <- o:
			}
		}
		end()
		if c.ctx.Err() == nil {
			r.again(c, o.ended)
		}
		if !r.rest(1) {
			return
		}
		select {
		case <-ctx.Done():
			return
		case c = <-r.next:
			r.rest(-1)
		}
	}
}

// rest counts the workers that wait; false if enough do.
func (r *roster) rest(n int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n > 0 && r.idle >= idleWorkers {
		return false
	}
	r.idle += n
	return true
}

// again sets the next check: the pause is between the end of one and the start
// of the next.
func (r *roster) again(c *checker, ended time.Time) {
	r.mu.Lock()
	c.due = ended
	if !c.hurried {
		c.due = c.due.Add(c.pause)
		c.pause = c.job.interval
	}
	next := r.push(c)
	r.mu.Unlock()
	if next {
		r.rouse()
	}
}

// round begins a round of a checker, which looks at everything anew.
func (r *roster) round(c *checker) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(c.ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	c.hurried, c.cut = false, cancel
	return ctx, cancel
}

// hurry has checkers begin a round now. What runs is cut short: it may have begun
// before there was a reason for haste.
func (r *roster) hurry(checkers ...*checker) {
	r.mu.Lock()
	now := time.Now()
	for _, c := range checkers {
		if c.place >= 0 {
			c.due = now
			heap.Fix(&r.due, c.place)
			continue
		}
		c.hurried = true
		if c.cut != nil {
			c.cut()
		}
	}
	r.mu.Unlock()
	r.rouse()
}

// rouse has run look at what is due.
func (r *roster) rouse() {
	select {
	case r.wake <- struct{}{}:
	default: // it is awake
	}
}

// dueHeap is the checkers that pause, the next one first.
type dueHeap []*checker

// Len, Less, Swap, Push and Pop implement heap.Interface.
func (h dueHeap) Len() int           { return len(h) }
func (h dueHeap) Less(i, j int) bool { return h[i].due.Before(h[j].due) }
func (h dueHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i, j
}

// Push implements heap.Interface.
func (h *dueHeap) Push(x any) {
	c := x.(*checker)
	c.place = len(*h)
	*h = append(*h, c)
}

// Pop implements heap.Interface.
func (h *dueHeap) Pop() any {
	last := len(*h) - 1
	c := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	c.place = -1
	return c
}
