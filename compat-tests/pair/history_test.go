package pair

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// at makes an event that many milliseconds after the beginning.
func at(ms int, k Kind, node, text string) Event {
	return Event{At: time.UnixMilli(int64(ms)).UTC(), Kind: k, Node: node, Text: text}
}

func TestOverlaps(t *testing.T) {
	up := func(ms int, node string) Event { return at(ms, Up, node, "") }
	down := func(ms int, node string) Event { return at(ms, Down, node, "") }
	fault := func(ms int, text string) Event { return at(ms, Fault, Master, text) }
	cases := []struct {
		name   string
		events []Event
		want   string
	}{
		{"in turn", []Event{up(0, Master), down(5, Master), up(5, Standby)}, ""},
		{"both", []Event{up(0, Master), up(5, Standby), down(9, Master)}, "from 00:00:00.005000 for 4ms"},
		{"both to the end", []Event{up(0, Master), up(5, Standby)}, "from 00:00:00.005000"},
		{"excused by a fault", []Event{up(0, Master), fault(3, "kill"), up(5, Standby), down(9, Master)}, ""},
		{"again after it was settled",
			[]Event{fault(0, "kill"), up(1, Master), up(2, Standby), down(3, Master), fault(4, settled), up(5, Master), down(7, Standby)},
			"from 00:00:00.005000 for 2ms"},
		{"told twice", []Event{up(0, Master), up(1, Master), down(2, Master), up(3, Standby)}, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := strings.Join(Overlaps(c.events), ", "); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestWaitHolders(t *testing.T) {
	h := newHistory()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	go func() {
		h.add(Event{At: time.Now(), Kind: Up, Node: Master})
		h.add(Event{At: time.Now(), Kind: Down, Node: Master})
		h.add(Event{At: time.Now(), Kind: Up, Node: Standby})
	}()
	if _, err := h.WaitHolders(ctx, time.Millisecond, Standby); err != nil {
		t.Error(err)
	}
	short, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	if _, err := h.WaitHolders(short, 0, Master); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if got := h.Holders(); got != Standby {
		t.Errorf("holders %q", got)
	}
}

func TestWaitFindsWhatHasHappened(t *testing.T) {
	h := newHistory()
	h.add(at(1, Line, Master, "one"))
	m := h.Now()
	h.add(at(2, Line, Master, "two"))
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	is := func(text string) func(Event) bool { return func(e Event) bool { return e.Text == text } }
	if _, err := h.Wait(ctx, m, is("two")); err != nil {
		t.Error(err)
	}
	short, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	if _, err := h.Wait(short, m, is("one")); err == nil {
		t.Error("an event before the mark was found")
	}
}
