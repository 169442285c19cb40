package check

import (
	"context"
	"time"
)

// connect is checktype=connect: a TCP connection that is closed at once.
type connect struct {
	target Target
	dial   Dial
}

func (c connect) Run(ctx context.Context) Result { return c.runSince(ctx, time.Now()) }

func (c connect) runSince(ctx context.Context, began time.Time) Result {
	if c.target.Port == 0 {
		return down("", errNoPort)
	}
	ctx, cancel := context.WithDeadline(ctx, began.Add(c.target.Timeout))
	defer cancel()
	_, done, err := open(ctx, c.dial, "tcp", c.target.hostPort())
	if err != nil {
		return down("", err)
	}
	done()
	return Result{Up: true}
}
