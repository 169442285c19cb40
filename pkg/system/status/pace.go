package status

import (
	"sync"
	"time"
)

// How much work a flood can make: a daemon may have the priority of realtime.
const (
	paceEvery = 10 * time.Millisecond
	paceBurst = 100
	paceMost  = 2 * time.Second // longest wait for a turn
)

// pace lets things happen at most once in a while, but for a burst after a rest.
type pace struct {
	mu   sync.Mutex
	next time.Time
}

// wait waits for its turn. It reports false if done ended first, or if too many wait
// already.
func (p *pace) wait(done <-chan struct{}) bool {
	p.mu.Lock()
	now := time.Now()
	if earliest := now.Add(-paceBurst * paceEvery); p.next.Before(earliest) {
		p.next = earliest
	}
	turn := p.next.Sub(now)
	if turn > paceMost {
		p.mu.Unlock()
		return false
	}
	p.next = p.next.Add(paceEvery)
	p.mu.Unlock()
	if turn <= 0 {
		return true
	}
	timer := time.NewTimer(turn)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-done:
		return false
	}
}
