// Package top is the live view in a terminal: what the watch loop of the how-to
// shows, and what the daemon knows, on one screen. Model, keys and screen are
// pure; Run joins them to a terminal.
package top

import (
	"strings"
	"time"

	"lvsha/pkg/lvs/view"
)

// Look is what there is to show at one moment.
type Look struct {
	Status *view.Status
	// Note is what has to be said of the look; empty if nothing.
	Note string
	// Daemons says how many directors have told what they know.
	Daemons int
}

// Action is what a key asks for beyond the screen.
type Action struct {
	Quit bool
	// Server is to be drained, or with Back to be given back.
	Server  *view.Real
	Virtual *view.Virtual
	Back    bool
}

// mode says what the keys mean.
type mode uint8

const (
	browsing mode = iota
	filtering
	confirming
	helping
)

// Model is the state of the screen. It is used by one goroutine.
type Model struct {
	look    Look
	traffic traffic
	sort    Sort
	reverse bool
	filter  string
	mode    mode
	pending Action // with confirming
	message string // until the next key

	selected rowID
	first    int // row on the screen
	rows     []row
	page     int // rows that fit
}

// rowID names a row from one look to the next; the zero value is none.
type rowID struct{ virtual, server string }

// row is a virtual service, or one of its real servers.
type row struct {
	id      rowID
	virtual *view.Virtual
	real    *view.Real // nil: the service
}

// Update takes a new look.
func (m *Model) Update(l Look) {
	m.look = l
	m.traffic.update(l.Status)
	m.arrange()
}

// Say shows a message until the next key.
func (m *Model) Say(text string) { m.message = text }

// arrange makes the rows anew and keeps the selection.
func (m *Model) arrange() {
	m.rows = m.rows[:0]
	s := m.look.Status
	if s == nil {
		return
	}
	for _, v := range m.sorted(s) {
		whole := m.matches(v, nil)
		head := row{rowID{v.ID, ""}, v, nil}
		began := false
		for _, r := range m.sortedReals(v) {
			if whole || m.matches(v, r) {
				if !began {
					m.rows = append(m.rows, head)
					began = true
				}
				m.rows = append(m.rows, row{rowID{v.ID, r.Server}, v, r})
			}
		}
		if whole && !began {
			m.rows = append(m.rows, head)
		}
	}
	if m.at() < 0 {
		m.selected = rowID{}
		if len(m.rows) > 0 {
			m.selected = m.rows[0].id
		}
	}
}

// matches says whether the filter lets a service or a server through.
func (m *Model) matches(v *view.Virtual, r *view.Real) bool {
	text := v.Protocol + " " + v.Label() + " " + v.Name + " " + v.Scheduler
	if r != nil {
		text = r.Server + " " + stateOf(v, r)
	}
	return strings.Contains(strings.ToLower(text), strings.ToLower(m.filter))
}

// at is where the selected row is; -1 if it is not there.
func (m *Model) at() int {
	for i := range m.rows {
		if m.rows[i].id == m.selected {
			return i
		}
	}
	return -1
}

// move selects another row.
func (m *Model) move(by int) {
	if len(m.rows) == 0 {
		return
	}
	m.selected = m.rows[min(max(m.at()+by, 0), len(m.rows)-1)].id
}

// scroll has the selected row on a screen of so many rows.
func (m *Model) scroll(page int) {
	m.page = max(page, 1)
	at := max(m.at(), 0)
	m.first = min(m.first, at)
	// The service stays above its first server.
	if at > 0 && m.first == at && m.rows[at].real != nil && m.rows[at-1].real == nil {
		m.first--
	}
	m.first = max(m.first, at-m.page+1)
	m.first = max(min(m.first, len(m.rows)-m.page), 0)
}

// stateOf is the state in a word; that of a server that only the kernel has is a
// dash.
func stateOf(_ *view.Virtual, r *view.Real) string {
	if !r.Configured || r.State == "" {
		return "-"
	}
	return r.StateWord()
}

// rate is what went through in a second.
type rate struct{ connections, packets, bytes float64 }

// sample is what was counted at a moment.
type sample struct {
	at     time.Time
	counts view.Counts
}

// countEvery is how long counters may stand still although there is traffic: the
// kernel brings them up to date every two seconds.
const countEvery = 2500 * time.Millisecond

// traffic makes rates of the counters of two looks. The kernel's own estimates
// lag by seconds; they serve the first look.
type traffic struct {
	last  map[rowID]sample
	rates map[rowID]rate
}

func (t *traffic) update(s *view.Status) {
	last := make(map[rowID]sample)
	rates := make(map[rowID]rate)
	note := func(id rowID, at time.Time, use view.Traffic) {
		now := sample{at, use.Counters}
		before, known := t.last[id]
		passed := now.at.Sub(before.at)
		switch {
		case !known || passed <= 0:
			rates[id] = rateOf(use.Rates, 1)
		case now.counts == before.counts && passed < countEvery:
			// The kernel has not counted together since.
			now, rates[id] = before, t.rates[id]
		default:
			rates[id] = rateOf(difference(now.counts, before.counts), passed.Seconds())
		}
		last[id] = now
	}
	for i := range s.Virtuals {
		v := &s.Virtuals[i]
		note(rowID{v.ID, ""}, s.Time, v.Traffic)
		for j := range v.Reals {
			note(rowID{v.ID, v.Reals[j].Server}, s.Time, v.Reals[j].Traffic)
		}
	}
	t.last, t.rates = last, rates
}

// difference is what was counted between two looks; an entry that was made anew
// counts from 0.
func difference(now, before view.Counts) view.Counts {
	less := func(a, b uint64) uint64 {
		if a < b {
			return 0
		}
		return a - b
	}
	return view.Counts{
		Connections: less(now.Connections, before.Connections),
		InPackets:   less(now.InPackets, before.InPackets), OutPackets: less(now.OutPackets, before.OutPackets),
		InBytes: less(now.InBytes, before.InBytes), OutBytes: less(now.OutBytes, before.OutBytes),
	}
}

func rateOf(c view.Counts, seconds float64) rate {
	return rate{float64(c.Connections) / seconds, float64(c.InPackets+c.OutPackets) / seconds, float64(c.InBytes+c.OutBytes) / seconds}
}
