package check

import (
	"context"
	"net"
)

// Large bodies share a budget, so that a farm of servers that send without end
// does not take the memory of the machine. A body of up to freeBody needs none
// of it and waits for nobody.
const (
	freeBody   = 1 << 20
	budgetStep = 1 << 20
	budgetSize = 48 // steps: three bodies of the greatest size
)

var bodyBudget = make(chan struct{}, budgetSize)

// bodyShare is what one check has of the budget.
type bodyShare struct{ steps int }

// release gives it back when the check has ended.
func (s *bodyShare) release() {
	for ; s.steps > 0; s.steps-- {
		<-bodyBudget
	}
}

// budgetConn takes from the budget as it is read.
type budgetConn struct {
	net.Conn
	ctx   context.Context
	share *bodyShare
	read  int
}

// Read implements io.Reader.
func (c *budgetConn) Read(p []byte) (int, error) {
	for c.read > freeBody+c.share.steps*budgetStep {
		select {
		case bodyBudget <- struct{}{}:
			c.share.steps++
		case <-c.ctx.Done():
			return 0, errTimeout
		}
	}
	n, err := c.Conn.Read(p)
	c.read += n
	return n, err
}
