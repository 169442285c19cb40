package pair

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
)

// History is what has happened so far. Its methods may be called from any
// goroutine.
type History struct {
	mu     sync.Mutex
	events []Event
	more   chan struct{} // closed when an event is added
}

func newHistory() *History { return &History{more: make(chan struct{})} }

func (h *History) add(e Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events = append(h.events, e)
	close(h.more)
	h.more = make(chan struct{})
}

// Mark is a place in the history: the number of events before it.
type Mark int

// Now is the end of the history.
func (h *History) Now() Mark {
	h.mu.Lock()
	defer h.mu.Unlock()
	return Mark(len(h.events))
}

// Since gives a copy of the events after a mark.
func (h *History) Since(m Mark) []Event {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]Event(nil), h.events[m:]...)
}

// Wait waits for the first event after a mark that is wanted.
func (h *History) Wait(ctx context.Context, m Mark, want func(Event) bool) (Event, error) {
	for at := int(m); ; {
		h.mu.Lock()
		news, more := h.events[at:], h.more
		h.mu.Unlock()
		for _, e := range news {
			if want(e) {
				return e, nil
			}
		}
		at += len(news)
		select {
		case <-more:
		case <-ctx.Done():
			return Event{}, ctx.Err()
		}
	}
}

// WaitHolders waits until exactly these nodes hold the address and no address
// event has come for the time of quiet. It gives the time of the last change.
func (h *History) WaitHolders(ctx context.Context, quiet time.Duration, nodes ...string) (time.Time, error) {
	want := strings.Join(nodes, "+")
	return h.wait(ctx, quiet, want, func(held string) bool { return held == want })
}

// WaitOneHolder waits until one node holds the address, whichever, and no address
// event has come for the time of quiet.
func (h *History) WaitOneHolder(ctx context.Context, quiet time.Duration) (time.Time, error) {
	return h.wait(ctx, quiet, "one node", func(held string) bool { return held == Master || held == Standby })
}

func (h *History) wait(ctx context.Context, quiet time.Duration, want string, ok func(held string) bool) (time.Time, error) {
	for {
		h.mu.Lock()
		held, last := holders(h.events)
		more := h.more
		h.mu.Unlock()
		var settled <-chan time.Time
		if ok(held) {
			wait := quiet - time.Since(last)
			if wait <= 0 {
				return last, nil
			}
			t := time.NewTimer(wait)
			defer t.Stop()
			settled = t.C
		}
		select {
		case <-more:
		case <-settled:
		case <-ctx.Done():
			return last, fmt.Errorf("the address is on %q, waiting for %q: %w", held, want, ctx.Err())
		}
	}
}

// Holders names the nodes that hold the address, in alphabetical order, joined
// by a plus sign.
func (h *History) Holders() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	held, _ := holders(h.events)
	return held
}

func holders(events []Event) (string, time.Time) {
	var m, s bool
	var last time.Time
	for _, e := range events {
		if e.Kind != Up && e.Kind != Down {
			continue
		}
		if e.Node == Master {
			m = e.Kind == Up
		} else {
			s = e.Kind == Up
		}
		last = e.At
	}
	var held []string
	if m {
		held = append(held, Master)
	}
	if s {
		held = append(held, Standby)
	}
	return strings.Join(held, "+"), last
}

// Overlaps lists the times after a mark, but for those that a fault excuses, at
// which both nodes had the address.
func Overlaps(events []Event) []string {
	var out []string
	held := make(map[string]bool)
	excused := false
	var since time.Time
	for _, e := range events {
		switch e.Kind {
		case Fault:
			excused = e.Text != settled
		case Up, Down:
			both := held[Master] && held[Standby]
			held[e.Node] = e.Kind == Up
			if now := held[Master] && held[Standby]; now && !both {
				since = e.At
				if !excused {
					out = append(out, fmt.Sprintf("from %s", e.At.Format("15:04:05.000000")))
				}
			} else if both && !now && len(out) > 0 && strings.HasPrefix(out[len(out)-1], "from "+since.Format("15:04:05.000000")) {
				out[len(out)-1] += fmt.Sprintf(" for %v", e.At.Sub(since))
			}
		case ARP, Neighbour, Gap, Line:
		}
	}
	return out
}

// String prints the history without the log lines.
func (h *History) String() string {
	var b strings.Builder
	for _, e := range h.Since(0) {
		if e.Kind == Line {
			continue
		}
		fmt.Fprintf(&b, "%s %-5s %-7s %s", e.At.Format("15:04:05.000"), e.Kind, e.Node, e.Text)
		if e.Length != 0 {
			fmt.Fprintf(&b, "%v", e.Length.Round(time.Millisecond))
		}
		b.WriteString("\n")
	}
	return b.String()
}
