package status

import (
	"context"
	"fmt"
	"testing"
	"time"
)

// numbered is a snapshot all of whose samples have one value.
type numbered int

func (numbered) Healthy() error { return nil }

func (n numbered) Metrics(m *Metrics) {
	f := m.Gauge("number", "The same in every line.", "line")
	for line := range 100 {
		f.Set(float64(n), fmt.Sprintf("%04d", line))
	}
}

// TestTextIsNotWrittenWhileItIsRead: the place of one answer serves for a later
// one, but never while somebody reads it.
func TestTextIsNotWrittenWhileItIsRead(t *testing.T) {
	t.Parallel()
	asked := 0
	s := &snapshots{ctx: t.Context(), limit: time.Minute, turn: make(chan struct{}, 1), ask: func(context.Context) (Snapshot, error) {
		asked++
		return numbered(asked), nil
	}}
	get := func() (*shot, []byte) {
		t.Helper()
		shot, err := s.get(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		text, err := shot.asMetrics()
		if err != nil {
			t.Fatal(err)
		}
		return shot, text
	}
	s.maxAge = time.Minute
	first, text := get()
	again, _ := get()
	if first != again {
		t.Fatal("two answers")
	}
	before := string(text)
	s.maxAge = 0
	second, _ := get()
	s.release(first) // one of its readers is still there
	third, other := get()
	if string(text) != before || &text[0] == &other[0] {
		t.Error("the text has changed while somebody reads it")
	}
	s.release(again)
	fourth, reused := get()
	if &reused[0] != &text[0] {
		t.Error("the place is not used again")
	}
	for _, shot := range []*shot{second, third, fourth, nil} {
		s.release(shot)
	}
	if s.last.users != 0 || s.last.metrics == nil {
		t.Errorf("the last answer has %d readers", s.last.users)
	}
}
