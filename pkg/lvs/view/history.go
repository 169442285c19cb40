package view

import (
	"math"
	"time"
)

// The bounds of what is kept: five minutes, and of so many servers. A director
// with more has the history of its services alone.
const (
	HistoryEvery  = 5 * time.Second
	historyPoints = 60
	historyReals  = 200
)

// History keeps the last minutes of a director for the plots of its page. It is
// used by one goroutine at a time; the zero value is empty.
type History struct {
	points map[historyID]*points
	last   map[historyID]uint64 // connections
	at     time.Time
	round  int
}

type historyID struct{ virtual, server string }

// points are the values of a service or a server, the newest last.
type points struct {
	rate, check []float32 // NaN is a gap
	round       int
}

// Plots are the last minutes of a service or a server: how many connections a
// second were made, and how long checks took, of a service the longest. The newest
// value is the last; null is a gap.
type Plots struct {
	Every       float64    `json:"every_seconds"`
	Connections []*float32 `json:"connections"`
	Check       []*float32 `json:"check_seconds"`
}

// Add takes a look into the history.
func (h *History) Add(s *Status) {
	if h.points == nil {
		h.points = make(map[historyID]*points)
	}
	h.round++
	counted := make(map[historyID]uint64)
	passed := s.Time.Sub(h.at).Seconds()
	rate := func(id historyID, inKernel bool, n uint64) float32 {
		if !inKernel {
			return nan
		}
		counted[id] = n
		before, known := h.last[id]
		switch {
		case !known || passed <= 0:
			return nan
		case n < before: // the entry was made anew
			return float32(float64(n) / passed)
		}
		return float32(float64(n-before) / passed)
	}
	whole := s.reals() <= historyReals
	for i := range s.Virtuals {
		v := &s.Virtuals[i]
		slowest := nan
		for j := range v.Reals {
			r := &v.Reals[j]
			took := nan
			if r.Check != nil && r.Check.Result != ResultMaintenance {
				took = float32(r.Check.Seconds)
			}
			if !(took <= slowest) && took == took {
				slowest = took
			}
			if whole {
				id := historyID{v.ID, r.Entry}
				h.add(id, rate(id, r.Weight.Kernel != nil, r.Counters.Connections), took)
			}
		}
		id := historyID{v.ID, ""}
		h.add(id, rate(id, v.InKernel, v.Counters.Connections), slowest)
	}
	for id, p := range h.points {
		if p.round != h.round {
			delete(h.points, id)
		}
	}
	h.last, h.at = counted, s.Time
}

var nan = float32(math.NaN())

func (h *History) add(id historyID, rate, check float32) {
	p := h.points[id]
	if p == nil {
		p = &points{}
		h.points[id] = p
	}
	p.round = h.round
	p.rate, p.check = push(p.rate, rate), push(p.check, check)
}

func push(list []float32, v float32) []float32 {
	if len(list) < historyPoints {
		return append(list, v)
	}
	copy(list, list[1:])
	list[len(list)-1] = v
	return list
}

// Fill gives the services and servers of a document their plots.
func (h *History) Fill(s *Status) {
	for i := range s.Virtuals {
		v := &s.Virtuals[i]
		v.Plots = h.plots(historyID{v.ID, ""})
		for j := range v.Reals {
			v.Reals[j].Plots = h.plots(historyID{v.ID, v.Reals[j].Entry})
		}
	}
}

func (h *History) plots(id historyID) *Plots {
	p := h.points[id]
	if p == nil {
		return nil
	}
	return &Plots{Every: HistoryEvery.Seconds(), Connections: values(p.rate), Check: values(p.check)}
}

// values are copies, null for a gap, with as many digits as a plot has.
func values(list []float32) []*float32 {
	kept := make([]float32, len(list))
	out := make([]*float32, len(list))
	for i, v := range list {
		if v == v {
			kept[i] = float32(math.Round(float64(v)*10000) / 10000)
			out[i] = &kept[i]
		}
	}
	return out
}

func (s *Status) reals() int {
	n := 0
	for i := range s.Virtuals {
		n += len(s.Virtuals[i].Reals)
	}
	return n
}
