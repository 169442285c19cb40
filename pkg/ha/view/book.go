package view

import (
	"slices"
	"time"

	"lvsha/pkg/ha/config"
	"lvsha/pkg/ha/core"
	"lvsha/pkg/ha/membership"
	"lvsha/pkg/ha/takeover"
)

// How much of the past is kept.
const (
	transitionsKept = 10
	eventsKept      = 40
)

// Medium is a link as the node has opened it.
type Medium struct {
	Name, Kind string
	Ping       bool // the other end is the ping node of that name
}

// Start is what a Book must know of the daemon.
type Start struct {
	Version string
	PID     int
}

// Book keeps account of what a node sees, over all its lives. It is not safe for
// concurrent use: the loop of the node owns it.
type Book struct {
	start   Start
	started time.Time

	life       time.Time
	generation uint64
	config     *config.Config
	media      []Medium
	members    map[string]*member

	groups      []*group
	sum         string
	mine        takeover.Hold
	theirs      takeover.Hold
	works       []*move // asked for and not done, in their order
	transitions []*move // newest last
	events      []event // newest last
	totals      Totals
	pause       *move           // what a pause of the process has ended
	left        map[string]bool // nodes that said that they have given up everything
}

// member is what is known of a node over all lives.
type member struct {
	status string
	since  time.Time
	deaths uint64
	links  map[string]*wire
}

// wire is one link of a member.
type wire struct {
	up    bool
	since time.Time
	gaps  *gaps
}

type event struct {
	at                   time.Time
	node, link, from, to string
}

// New returns the book of a daemon that starts.
func New(now time.Time, s Start) *Book {
	return &Book{
		start: s, started: now, members: make(map[string]*member), left: make(map[string]bool),
		totals: Totals{Transitions: make(map[string]uint64)},
	}
}

// Begin begins a life; kept says that it holds what the life before held. What was
// learned in the lives before stays as the past.
func (b *Book) Begin(now time.Time, generation uint64, c *config.Config, media []Medium, kept bool) {
	b.life, b.generation, b.config, b.media = now, generation, c, media
	b.totals.Lives++
	b.mine, b.theirs = takeover.None, takeover.None
	for _, m := range b.works {
		if m.cause != "" && len(m.groups) > 0 {
			m.end(now, "interrupted: a new life of this node began")
			b.keep(m)
		}
	}
	b.works = nil
	if b.pause != nil {
		b.pause.end(now, "")
		b.keep(b.pause)
		b.pause = nil
	}
	for _, g := range b.groups {
		g.begin(now, kept)
	}
	clear(b.left)
	for _, m := range b.members {
		m.status, m.since = membership.StatusInit, now
		for _, w := range m.links {
			w.up, w.since, w.gaps.warn = false, now, c.HA.Warntime
			w.gaps.rest()
		}
	}
	b.SetGroups(now, c.Groups)
}

// member returns a member, made when it is first spoken of.
func (b *Book) member(now time.Time, name string) *member {
	m, ok := b.members[name]
	if !ok {
		m = &member{status: membership.StatusInit, since: now, links: make(map[string]*wire)}
		b.members[name] = m
	}
	return m
}

func (b *Book) wire(now time.Time, node, link string) *wire {
	m := b.member(now, node)
	w, ok := m.links[link]
	if !ok {
		w = &wire{since: now, gaps: newGaps(now, b.config.HA.Keepalive, b.config.HA.Warntime)}
		m.links[link] = w
	}
	return w
}

// Heard notes a packet of a node that counts.
func (b *Book) Heard(now time.Time, node, link string) {
	if node != b.config.Node {
		b.wire(now, node, link).gaps.packet(now)
	}
}

// See looks at an effect of the core, which has decided it.
func (b *Book) See(now time.Time, e core.Effect, c *core.Core) {
	switch e := e.(type) {
	case core.Run:
		b.asked(now, e.Work, c)
	case core.Notice:
		b.noticed(now, e.Change)
	case core.Stalled:
		b.stalled(now, e.Gap)
	}
}

func (b *Book) noticed(now time.Time, change membership.Effect) {
	switch e := change.(type) {
	case membership.Deliver:
		if !e.Own {
			switch e.Message.Type() {
			case "shutdone":
				b.left[e.From] = true
			case "starting":
				delete(b.left, e.From)
			}
		}
	case membership.StatusChange:
		m := b.member(now, e.Node)
		m.status, m.since = e.To, now
		b.note(event{at: now, node: e.Node, from: e.From, to: e.To})
		if e.To == membership.StatusActive || e.To == membership.StatusPing {
			return
		}
		// What follows is no late packet but another life.
		for _, w := range m.links {
			w.gaps.rest()
		}
		if e.To == membership.StatusDead {
			m.deaths++
		}
	case membership.LinkChange:
		w := b.wire(now, e.Node, e.Link)
		from, to := upDown(w.up), upDown(e.Up)
		w.up, w.since = e.Up, now
		if !e.Up {
			w.gaps.rest()
		}
		if e.Node != b.config.Node {
			b.note(event{at: now, node: e.Node, link: e.Link, from: from, to: to})
		}
	case membership.NodeRemoved:
		delete(b.members, e.Node)
	}
}

func upDown(up bool) string {
	if up {
		return "up"
	}
	return "dead"
}

func (b *Book) note(e event) {
	b.events = append(b.events, e)
	if len(b.events) > eventsKept {
		b.events = slices.Delete(b.events, 0, 1)
	}
}
