package check

import (
	"context"

	"lvsha/pkg/lvs/config"
)

// combined is checktype=N: after one negotiate check that passed, N connects,
// then the next negotiate; after any failure the next is a negotiate.
type combined struct {
	negotiate Check
	connect   Check
	connects  int
	done      int // connects since the last negotiate; connects if one is due
}

func newCombined(t Target, env Env, negotiate Check) Check {
	// As with checktype=connect, a udp server is pinged: there is nothing to
	// connect to.
	var simple Check = connect{t, env.dial()}
	if t.Protocol == config.UDP {
		simple = ping{t}
	}
	return &combined{negotiate: negotiate, connect: simple, connects: t.Connects, done: t.Connects}
}

func (c *combined) Run(ctx context.Context) Result {
	if c.done < c.connects {
		result := c.connect.Run(ctx)
		c.done++
		if !result.Up {
			c.done = c.connects
		}
		return result
	}
	result := c.negotiate.Run(ctx)
	if result.Up {
		c.done = 0
	}
	return result
}
