// Package judge says whether what a pair of nodes did is what a pair may do: who
// held which group and when, while which faults were in force. The simulation
// and the trials with real nodes put their histories before the same judge.
package judge

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Bounds are what a history is measured by. They follow from the times of ha.cf
// and from how long its scripts take.
type Bounds struct {
	// Settle is how long after the end of the last fault two nodes may still
	// hold one group: dead time and stop time.
	Settle time.Duration
	// Answer is how long after the last event nobody may hold a group though a
	// healthy node runs: dead time and start time.
	Answer time.Duration
	// Calm is how long after the last event groups may still move.
	Calm time.Duration
	// Moves is how often a group may come up between two events. It bounds
	// flapping.
	Moves int
	// Mute are nodes that do not announce again what they hold, as the original:
	// what another one said of it in between stands.
	Mute map[string]bool
}

// Judge takes the events of one history in the order of their time. Overlaps are
// excused by faults only; moves and silence by orders to stop and to start, too.
// It is not safe for concurrent use.
type Judge struct {
	bounds Bounds
	groups map[string]*group
	names  []string // of the groups, in order

	state    Conditions
	fault    time.Time // when the conditions changed last
	event    time.Time // … or an order was given
	verdicts []string
}

// group is what is known of one resource group.
type group struct {
	holders   []string
	empty     time.Time // since when nobody holds it
	moves     int       // since the last event
	announcer string    // who has said last where the addresses are
	accused   bool      // the present trouble was told
}

// New returns the judge of a history that begins now, with nobody running.
func New(begin time.Time, b Bounds, groups ...string) *Judge {
	j := &Judge{bounds: b, names: groups, groups: make(map[string]*group), fault: begin, event: begin, state: Conditions{Steady: true}}
	for _, name := range groups {
		j.groups[name] = &group{empty: begin}
	}
	return j
}

// SetBounds changes what is measured by, as for scripts that become slower.
func (j *Judge) SetBounds(at time.Time, b Bounds) {
	j.Pass(at)
	j.bounds = b
}

// Conditions are what the faults in force leave of the pair.
type Conditions struct {
	// Whole: the nodes hear each other and none is paused or dead with its
	// resources up. No overlap is excused.
	Whole bool
	// Healthy: a node runs that could hold everything.
	Healthy bool
	// Steady: nothing is lost by chance. A path that loses much may end and
	// begin at any moment.
	Steady bool
}

// Conditions tells that a fault has begun or ended.
func (j *Judge) Conditions(at time.Time, c Conditions) {
	j.Pass(at)
	j.state = c
	j.fault = at
	j.happened(at)
}

// Order tells that a node was told to start, to stop or to move resources.
func (j *Judge) Order(at time.Time, healthy bool) {
	j.Pass(at)
	j.state.Healthy = healthy
	j.happened(at)
}

func (j *Judge) happened(at time.Time) {
	j.event = at
	for _, g := range j.groups {
		g.moves, g.accused = 0, false
	}
}

// Up tells that a group has come up on a node; said again it changes nothing.
func (j *Judge) Up(at time.Time, node, name string) {
	j.Pass(at)
	g := j.groups[name]
	if slices.Contains(g.holders, node) {
		return
	}
	g.holders = append(g.holders, node)
	g.moves++
	if j.calm(at) {
		j.accuse(at, g, "%s comes up on %s %v after the last event", name, node, at.Sub(j.event))
	}
	if g.moves > j.bounds.Moves && j.state.Steady {
		j.accuse(at, g, "%s has come up %d times since the last event", name, g.moves)
	}
	j.look(at, name, g)
}

// Down tells that a group has gone down on a node.
func (j *Judge) Down(at time.Time, node, name string) {
	j.Pass(at)
	g := j.groups[name]
	if j.calm(at) {
		j.accuse(at, g, "%s goes down on %s %v after the last event", name, node, at.Sub(j.event))
	}
	g.holders = slices.DeleteFunc(g.holders, func(n string) bool { return n == node })
	if len(g.holders) == 0 {
		g.empty = at
	}
}

func (j *Judge) calm(at time.Time) bool {
	return j.state.Steady && at.Sub(j.event) > j.bounds.Calm
}

// Announce tells that a node has announced the addresses of a group.
func (j *Judge) Announce(at time.Time, node, name string) {
	j.Pass(at)
	j.groups[name].announcer = node
}

// Holders are the nodes that hold a group.
func (j *Judge) Holders(name string) []string { return j.groups[name].holders }

// Pass tells that the time has come to at without an event.
func (j *Judge) Pass(at time.Time) {
	for _, name := range j.names {
		j.look(at, name, j.groups[name])
	}
}

// look measures what holds at this moment.
func (j *Judge) look(at time.Time, name string, g *group) {
	if g.accused {
		return
	}
	switch {
	case len(g.holders) > 1 && j.state.Whole && at.Sub(j.fault) > j.bounds.Settle:
		j.accuse(at, g, "%s is on %s %v after the last fault", name, strings.Join(g.holders, " and "), at.Sub(j.fault))
	case len(g.holders) == 0 && j.state.Healthy && at.Sub(j.event) > j.answer() && at.Sub(g.empty) > j.answer():
		j.accuse(at, g, "nobody holds %s since %v, %v after the last event", name, at.Sub(g.empty), at.Sub(j.event))
	}
}

// unsteady is how much longer a pair may take that loses messages by chance: each
// word of a handover may have to be repeated.
const unsteady = 10

func (j *Judge) answer() time.Duration {
	if !j.state.Steady {
		return unsteady * j.bounds.Answer
	}
	return j.bounds.Answer
}

// Rest checks what must hold once nothing moves and a healthy node runs: each
// group has one holder, and the holder is who announced it last.
func (j *Judge) Rest(at time.Time) {
	j.Pass(at)
	for _, name := range j.names {
		g := j.groups[name]
		switch {
		case len(g.holders) != 1:
			j.accuse(at, g, "at rest %s is on %q", name, strings.Join(g.holders, "+"))
		case g.announcer != g.holders[0] && !j.bounds.Mute[g.holders[0]]:
			j.accuse(at, g, "%s is on %s, but %q was the last to announce it", name, g.holders[0], g.announcer)
		}
	}
}

// Accuse adds a verdict that the caller has come to.
func (j *Judge) Accuse(at time.Time, format string, args ...any) {
	j.verdicts = append(j.verdicts, at.Format("15:04:05.000 ")+fmt.Sprintf(format, args...))
}

func (j *Judge) accuse(at time.Time, g *group, format string, args ...any) {
	g.accused = true
	j.Accuse(at, format, args...)
}

// Verdicts is what was wrong so far, in order; empty if nothing was.
func (j *Judge) Verdicts() []string { return j.verdicts }
