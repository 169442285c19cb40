package check

import "context"

// connect is checktype=connect: a TCP connection that is closed at once.
type connect struct {
	target Target
	dial   Dial
}

func (c connect) Run(ctx context.Context) Result {
	if c.target.Port == 0 {
		return down("", errNoPort)
	}
	ctx, cancel := within(ctx, c.target.Timeout)
	defer cancel()
	_, done, err := open(ctx, c.dial, "tcp", c.target.hostPort())
	if err != nil {
		return down("", err)
	}
	done()
	return Result{Up: true}
}
