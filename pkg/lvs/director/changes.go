package director

import "sync"

// changes counts what becomes of servers, and wakes those who wait for more.
type changes struct {
	mu   sync.Mutex
	n    uint64
	more chan struct{} // closed at the next one
}

func newChanges() *changes { return &changes{more: make(chan struct{})} }

// note counts one.
func (c *changes) note() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
	close(c.more)
	c.more = make(chan struct{})
}

func (c *changes) count() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}

// happened is what is closed when the count is another one already.
var happened = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

// after returns what is closed when the count is not n any more.
func (c *changes) after(n uint64) <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n != n {
		return happened
	}
	return c.more
}

// Changes is how often a verdict on a server, or its state, has become another
// one, or a configuration has taken effect.
func (d *Director) Changes() uint64 { return d.changes.count() }

// Changed returns what is closed when Changes is not n any more.
func (d *Director) Changed(n uint64) <-chan struct{} { return d.changes.after(n) }
