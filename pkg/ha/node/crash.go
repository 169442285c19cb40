package node

import (
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"lvsha/pkg/system/logging"
)

// What is done about a part that crashes again and again.
const (
	crashLimit  = 3 // within crashWindow, then the node ends
	crashWindow = time.Minute
)

// errCrashed ends a life in which a part of the node has crashed.
var errCrashed = errors.New("a part of heartbeat has crashed")

// crash is what a part that panicked has left.
type crash struct {
	part  string
	value any
	stack string
}

// guard is deferred by whatever runs for the node outside of its loop. A crash
// there ends this life instead of the process, which would leave the resources
// up with nobody to answer for them.
func (n *node) guard(part string) {
	value := recover()
	if value == nil {
		return
	}
	select {
	case n.crashes <- crash{part: part, value: value, stack: string(debug.Stack())}:
	default: // one is enough
	}
}

// guardLoop is deferred by the loop; err becomes errCrashed.
func (n *node) guardLoop(err *error) {
	if value := recover(); value != nil {
		*err = n.crashed(crash{part: "main loop", value: value, stack: string(debug.Stack())})
	}
}

// crashed logs a crash and gives up everything at once, as after a pause: what
// this node knows may be wrong.
func (n *node) crashed(c crash) error {
	logging.Logf(n.Log, logging.Crit, "The %s has crashed: %v", c.part, c.value)
	for _, line := range strings.Split(strings.TrimSpace(c.stack), "\n") {
		n.Log.Log(logging.Debug, line)
	}
	n.Log.Log(logging.Crit, "Giving up all HA resources before going on.")
	n.alive.during(n.works.releaseNow)
	return errCrashed
}

// crashes counts the crashes of a node over its lives.
type crashes struct{ times []time.Time }

// tooMany notes a crash and reports whether the node should not try again.
func (c *crashes) tooMany(now time.Time) bool {
	c.times = append(c.times, now)
	for len(c.times) > 0 && now.Sub(c.times[0]) > crashWindow {
		c.times = c.times[1:]
	}
	return len(c.times) > crashLimit
}

// gone is why a node that crashes too often ends.
func gone() error {
	return fmt.Errorf("%w more than %d times within %v", errCrashed, crashLimit, crashWindow)
}
