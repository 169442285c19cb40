package view

import "time"

// The ring of gaps: ten minutes, half a kilobyte a link.
const (
	gapSpans = 120
	gapEvery = 5 * time.Second // at least; long keepalive times make it longer
)

// noGap marks a span in which nothing came.
const noGap = ^uint32(0)

// gaps keeps account of how regularly one link of one node carries.
type gaps struct {
	every time.Duration
	begun time.Time // of the first span
	at    int64     // number of the newest span
	ring  [gapSpans]uint32
	last  time.Time // last packet; zero if the next one ends no gap
	heard time.Time // last packet ever

	max   time.Duration
	maxAt time.Time
	late  uint64
	warn  time.Duration // a gap above it is late; 0 is never
}

func newGaps(now time.Time, keepalive, warntime time.Duration) *gaps {
	g := &gaps{every: gapEvery, begun: now, warn: warntime}
	// A span without a packet shall mean something.
	for g.every < 2*keepalive {
		g.every += gapEvery
	}
	for i := range g.ring {
		g.ring[i] = noGap
	}
	return g
}

// reach empties the spans that have begun since the newest one.
func (g *gaps) reach(now time.Time) {
	at := int64(now.Sub(g.begun) / g.every)
	for n := 0; g.at < at && n < gapSpans; n++ {
		g.at++
		g.ring[g.at%gapSpans] = noGap
	}
	g.at = max(g.at, at)
}

// packet notes a packet.
func (g *gaps) packet(now time.Time) {
	g.reach(now)
	gap := time.Duration(0)
	if !g.last.IsZero() {
		gap = max(now.Sub(g.last), 0)
	}
	g.last, g.heard = now, now
	if gap > g.max {
		g.max, g.maxAt = gap, now
	}
	if g.warn > 0 && gap > g.warn {
		g.late++
	}
	if spot := &g.ring[g.at%gapSpans]; *spot == noGap || uint32(gap.Milliseconds()) > *spot {
		*spot = uint32(gap.Milliseconds())
	}
}

// rest says that the next packet ends no gap: the node is dead or begins anew.
func (g *gaps) rest() { g.last = time.Time{} }

// view is the plot. A silence that lasts shows in the newest span.
func (g *gaps) view(now time.Time) Gaps {
	g.reach(now)
	out := Gaps{Every: seconds(g.every), Values: make([]*Seconds, 0, gapSpans)}
	values := make([]Seconds, gapSpans)
	first := max(g.at-gapSpans+1, 0)
	for n := first; n <= g.at; n++ {
		ms := g.ring[n%gapSpans]
		if n == g.at && !g.last.IsZero() {
			if silence := uint32(max(now.Sub(g.last), 0).Milliseconds()); ms == noGap || silence > ms {
				ms = silence
			}
		}
		if ms == noGap {
			out.Values = append(out.Values, nil)
			continue
		}
		v := &values[n-first]
		*v = seconds(time.Duration(ms) * time.Millisecond)
		out.Values = append(out.Values, v)
	}
	return out
}
