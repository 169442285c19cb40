package view

import (
	"strings"
	"time"

	"lvsha/pkg/ha/core"
	"lvsha/pkg/ha/membership"
	"lvsha/pkg/ha/takeover"
)

// The causes of transitions.
const (
	CauseStart     = "start"     // this node took its own groups when it started or the other had nothing
	CauseDead      = "dead"      // the other node is dead
	CauseLeft      = "left"      // the other node has given up everything
	CauseFailback  = "failback"  // the groups go back to their own node
	CauseStandby   = "standby"   // somebody asked one of the nodes to go standby
	CauseFailed    = "failed"    // the groups did not start where they were
	CauseRetry     = "retry"     // what did not start is tried again
	CausePartition = "partition" // both nodes held the groups
	CauseOrphans   = "orphans"   // nobody claimed the groups
	CauseLeftovers = "leftovers" // an earlier life has left them up
	CausePause     = "pause"     // this process did not run for longer than the dead time
	CauseShutdown  = "shutdown"  // this node ends or begins a new life
)

// move is one piece of resource work, while it runs and after.
type move struct {
	begun, ended time.Time
	work         takeover.Work
	stop         bool
	cause, why   string
	node         string
	silence      time.Duration
	groups       []string
	err          string
}

func (m *move) end(now time.Time, err string) {
	m.ended = now
	if err != "" {
		m.err = err
	}
}

// Outcome is what became of one group.
type Outcome struct {
	Key string
	Err string // what went wrong, "" for nothing
}

// asked notes the beginning of a work. Those that move nothing are left out.
func (b *Book) asked(now time.Time, w takeover.Work, c *core.Core) {
	m := &move{begun: now, work: w}
	b.works = append(b.works, m)
	switch w.Operation {
	case takeover.Probe, takeover.Ready:
		return
	case takeover.Release:
		m.stop = true
	case takeover.Acquire, takeover.Inherit:
	}
	m.node = w.Node
	if m.node == "" {
		m.node = b.other()
	}
	m.cause, m.why = b.explain(w, m, c.Holder())
	for _, g := range b.groups {
		if g.concerned(w, b.config.Node) {
			m.groups = append(m.groups, g.key)
			g.moving(now, m)
		}
	}
}

// other is the name of the other node, "" if there are more.
func (b *Book) other() string {
	name := ""
	for _, n := range b.config.HA.Nodes {
		if n == b.config.Node {
			continue
		}
		if name != "" {
			return ""
		}
		name = n
	}
	return name
}

// named is a node in a sentence.
func named(node string) string {
	if node == "" {
		return "the other node"
	}
	return node
}

func (b *Book) explain(w takeover.Work, m *move, holder *takeover.Machine) (cause, why string) {
	switch w.Reason {
	case takeover.MachDown:
		if b.left[w.Node] {
			return CauseLeft, w.Node + " has given up everything"
		}
		m.silence = b.silence(m.begun, w.Node)
		return CauseDead, w.Node + " is dead"
	case takeover.Standby:
		return explainStandby(w, m.node, holder.Cause())
	case takeover.Yield:
		return CausePartition, named(m.node) + " holds its own groups as well"
	case takeover.Asked, takeover.Granted:
		if m.stop {
			return CauseFailback, named(m.node) + " asked for its group"
		}
		return CauseFailback, named(m.node) + " let go of the group"
	case takeover.Orphans:
		return CauseOrphans, "nobody claims it"
	case takeover.Again:
		return CauseRetry, "it did not start before"
	case takeover.Shutdown:
		return CauseShutdown, "this node gives up everything"
	case takeover.Startup:
		return CauseLeftovers, "an earlier life has left it up"
	case takeover.Unprepare:
		return CauseStandby, "what was prepared did not come"
	case takeover.Own, takeover.Preparation:
	}
	return CauseStart, "this is its own node"
}

func explainStandby(w takeover.Work, node string, c takeover.Cause) (cause, why string) {
	switch {
	case c == takeover.Failback:
		return CauseFailback, "its own node " + named(node) + " is back"
	case c == takeover.NotStarted:
		return CauseFailed, "it does not start here"
	case c == takeover.Unclaimed:
		return CauseOrphans, "nobody claims it"
	case c == takeover.Requested:
		return CauseStandby, "this node was asked to go standby"
	case w.Set == takeover.Local:
		return CauseFailback, named(node) + " gave it back"
	}
	return CauseStandby, named(node) + " went standby"
}

// silence is how long a node has not been heard on any link.
func (b *Book) silence(now time.Time, node string) time.Duration {
	last := time.Time{}
	if m, ok := b.members[node]; ok {
		for _, w := range m.links {
			if w.gaps.heard.After(last) {
				last = w.gaps.heard
			}
		}
	}
	if last.IsZero() {
		return 0
	}
	return now.Sub(last)
}

// Done notes the end of a work, and what became of each group that it concerned.
func (b *Book) Done(now time.Time, w takeover.Work, outcomes []Outcome) {
	if len(b.works) == 0 {
		return
	}
	m := b.works[0]
	b.works = b.works[1:]
	if m.cause == "" || len(outcomes) == 0 {
		return
	}
	m.groups = nil
	var errs []string
	for _, o := range outcomes {
		m.groups = append(m.groups, o.Key)
		if o.Err != "" {
			errs = append(errs, o.Err)
		}
		for _, g := range b.groups {
			if g.key == o.Key {
				g.moved(now, m, o.Err)
				b.hold(now, g)
			}
		}
	}
	m.end(now, strings.Join(errs, "; "))
	b.keep(m)
}

// stalled notes that everything must go at once, without the work that is usual.
func (b *Book) stalled(now time.Time, gap time.Duration) {
	m := &move{begun: now, stop: true, cause: CausePause, why: "this process did not run for " + gap.Round(time.Millisecond).String()}
	for _, g := range b.groups {
		if g.up {
			m.groups = append(m.groups, g.key)
		}
	}
	if len(m.groups) > 0 {
		b.pause = m
	}
}

// keep keeps a move that has ended.
func (b *Book) keep(m *move) {
	b.totals.Transitions[m.cause]++
	if m.err != "" {
		b.totals.Failures++
	}
	b.transitions = append(b.transitions, m)
	if len(b.transitions) > transitionsKept {
		b.transitions = b.transitions[1:]
	}
}

// dead reports whether a node is known to be dead.
func (b *Book) dead(node string) bool {
	m, ok := b.members[node]
	return ok && m.status == membership.StatusDead
}
