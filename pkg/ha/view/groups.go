package view

import (
	"time"

	"lvsha/pkg/ha/config"
	"lvsha/pkg/ha/takeover"
)

// The states of a group.
const (
	StateUp       = "up"
	StateStarting = "starting"
	StateStopping = "stopping"
	StateFailed   = "failed"
	StateHeld     = "held"
	StateDown     = "down"
)

// group is what is known of a line of haresources.
type group struct {
	key       string
	preferred string
	resources []string

	holder string
	state  string
	since  time.Time
	why    string
	err    string
	busy   *move // what runs on it
	up     bool  // it was started here and not stopped
}

// SetGroups takes the groups of haresources as they are now. What is known of one
// that stays is kept.
func (b *Book) SetGroups(now time.Time, groups []config.Group) {
	old := make(map[string]*group)
	for _, g := range b.groups {
		old[g.key] = g
	}
	b.groups = nil
	for _, c := range groups {
		g, ok := old[c.Key()]
		if !ok {
			g = &group{key: c.Key(), state: StateDown, since: now}
		}
		delete(old, g.key)
		g.preferred, g.resources = c.Node, nil
		for _, r := range c.Resources {
			g.resources = append(g.resources, r.Word)
		}
		b.groups = append(b.groups, g)
	}
	b.sum = config.Checksum(groups)
}

// Checksum is that of haresources as last read.
func (b *Book) Checksum() string { return b.sum }

// begin begins a life of the node, in which nothing is held that is not kept.
func (g *group) begin(now time.Time, kept bool) {
	g.busy = nil
	if kept && g.up {
		return
	}
	g.up, g.holder, g.err = false, "", ""
	g.state, g.since, g.why = StateDown, now, "a new life of this node began"
}

// concerned reports whether a work is about the group; the rule is that of the
// node's worker.
func (g *group) concerned(w takeover.Work, self string) bool {
	own := g.preferred == self
	switch {
	case w.Key != "":
		return g.key == w.Key
	case w.Node != "":
		return g.preferred == w.Node
	}
	return own && w.Set.Has(takeover.Local) || !own && w.Set.Has(takeover.Foreign)
}

// moving notes that a work on the group was asked for.
func (g *group) moving(now time.Time, m *move) {
	g.busy = m
	if m.stop && !g.up && g.state != StateFailed || !m.stop && g.up {
		return // nothing to do
	}
	g.state, g.since, g.why = StateStarting, now, m.why
	if m.stop {
		g.state = StateStopping
	}
}

// moved notes the end of a work on the group.
func (g *group) moved(now time.Time, m *move, err string) {
	if g.busy == m {
		g.busy = nil
	}
	g.err = err
	switch {
	case err != "":
		g.up = false
		g.state, g.since, g.why = StateFailed, now, m.why
	case m.stop:
		if g.up || g.state == StateStopping || g.state == StateFailed {
			g.state, g.since, g.why = StateDown, now, m.why
		}
		g.up = false
	case !g.up:
		g.up = true
		g.state, g.since, g.why = StateUp, now, m.why
	}
}

// Hold takes what the node holds and what the other side says that it holds.
func (b *Book) Hold(now time.Time, holder *takeover.Machine) {
	mine, theirs := holder.Mine(), holder.Theirs()
	if mine == b.mine && theirs == b.theirs {
		return
	}
	b.mine, b.theirs = mine, theirs
	for _, g := range b.groups {
		b.hold(now, g)
	}
}

// hold says who holds a group. What this node knows by its own doing stands above
// what it was told.
func (b *Book) hold(now time.Time, g *group) {
	own := g.preferred == b.config.Node
	here := own && b.mine.Has(takeover.Local) || !own && b.mine.Has(takeover.Foreign)
	there := own && b.theirs.Has(takeover.Foreign) || !own && b.theirs.Has(takeover.Local)
	before := g.holder
	switch {
	case here:
		g.holder = b.config.Node
		// A life that follows a restart in place holds without starting anything.
		if g.busy == nil && !g.up && g.state != StateFailed {
			g.up, g.state, g.since, g.why = true, StateUp, now, "this node has it already"
		}
		return
	case there:
		g.holder = b.otherOf(g)
	case g.up:
		g.holder = b.config.Node // it is being stopped
	default:
		g.holder = ""
	}
	switch {
	case g.busy != nil:
	case !there && g.state == StateHeld:
		g.state, g.since, g.why = StateDown, now, named(before)+" let go of it"
	case there && (g.state != StateHeld || g.holder != before):
		why := named(g.holder) + " says so"
		if g.state == StateDown && g.why != "" {
			why = g.why // why this node has let go of it
		}
		g.state, g.since, g.why, g.err = StateHeld, now, why, ""
	}
}

// otherOf is the node that holds a group of which is known that it is held, and
// not here.
func (b *Book) otherOf(g *group) string {
	if name := b.other(); name != "" {
		return name
	}
	if g.preferred != b.config.Node && !b.dead(g.preferred) {
		return g.preferred
	}
	return ""
}
