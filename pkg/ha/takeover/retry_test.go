package takeover_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"lvsha/pkg/ha/takeover"
)

// failing ends the oldest work with an error.
func failing(b *bench) {
	w := b.works[0]
	b.works = b.works[1:]
	b.take(b.m.Done(b.now, w, takeover.Result{Err: errors.New("does not start")}))
}

// tries counts how often it was said that a start is tried again.
func (b *bench) tries() int {
	return strings.Count(strings.Join(b.said, "\n"), "Trying again to start the ")
}

func retrying(retry time.Duration) *bench {
	b := newBench(failbackOn)
	b.m = takeover.New(takeover.Config{Self: "a", Others: []string{"b"}, AutoFailback: true, PID: 7, Retry: retry})
	return b
}

// Alone there is nobody to give a group to: it is tried again by the clock until
// it starts.
func TestStartIsTriedAgain(t *testing.T) {
	b := retrying(time.Minute)
	stableState(b)
	died(b)
	failing(b) // the groups of b
	b.said = nil
	pass(59 * time.Second)(b)
	if n := b.tries(); n != 0 || len(b.works) != 0 {
		t.Errorf("tried %d times too early", n)
	}
	for round := range 3 {
		pass(2 * time.Second)(b)
		if len(b.works) != 1 || b.works[0].Operation != takeover.Acquire || b.works[0].Set != takeover.Foreign {
			t.Fatalf("round %d: works %v", round, b.works)
		}
		pass(10 * time.Minute)(b) // a work that takes its time is not asked for again
		if len(b.works) != 1 {
			t.Fatalf("round %d: works %v", round, b.works)
		}
		if round < 2 {
			failing(b)
			pass(58 * time.Second)(b)
		}
	}
	done(b)
	if n := b.tries(); n != 3 {
		t.Errorf("tried %d times", n)
	}
	b.said = nil
	pass(time.Hour)(b)
	if n := b.tries(); n != 0 {
		t.Errorf("tried %d times after the start", n)
	}
	if b.m.Mine() != takeover.All {
		t.Errorf("holds %s", b.m.Mine())
	}
}

// What the other node could not start either is offered to it again after each
// try, and not in between.
func TestFailedGroupIsOfferedAgain(t *testing.T) {
	b := retrying(time.Minute)
	receivedState(b)
	from("resource", "rsc_hold=local", "rtype=full", "isstable=1")(b)
	failing(b) // the own groups
	offered := func() int {
		return strings.Count(strings.Join(b.said, "\n"), "send ask_resources rsc_hold=local info=me")
	}
	if n := offered(); n != 1 {
		t.Fatalf("offered %d times:\n%s", n, strings.Join(b.said, "\n"))
	}
	pass(11 * time.Second)(b) // nobody answers
	b.said = nil
	pass(40 * time.Second)(b)
	if offered() != 0 || b.tries() != 0 {
		t.Errorf("offered %d, tried %d times before the time", offered(), b.tries())
	}
	pass(12 * time.Second)(b)
	if b.tries() != 1 || offered() != 0 {
		t.Errorf("tried %d, offered %d times", b.tries(), offered())
	}
	failing(b)
	if offered() != 1 {
		t.Errorf("offered %d times after the try:\n%s", offered(), strings.Join(b.said, "\n"))
	}
}

// Without the setting nothing happens by the clock, as with the original; nor when
// the node ends.
func TestNoRetry(t *testing.T) {
	for name, b := range map[string]*bench{"off": retrying(0), "ending": retrying(time.Minute)} {
		stableState(b)
		died(b)
		failing(b)
		if name == "ending" {
			shut(b)
			for len(b.works) > 0 {
				done(b)
			}
		}
		b.said = nil
		pass(time.Hour)(b)
		if n := b.tries(); n != 0 {
			t.Errorf("%s: tried %d times", name, n)
		}
	}
}

// An interface that is back is a reason to try at once, whatever the clock says.
func TestStartIsTriedWhenTheHostHasChanged(t *testing.T) {
	for _, retry := range []time.Duration{time.Minute, 0} {
		b := retrying(retry)
		stableState(b)
		died(b)
		b.take(b.m.HostChanged(b.now))
		if len(b.works) != 1 {
			t.Fatalf("while the group is being started: %v", b.works)
		}
		failing(b) // the groups of b
		b.take(b.m.HostChanged(b.now))
		if len(b.works) != 1 || b.works[0].Set != takeover.Foreign || b.works[0].Reason != takeover.Again {
			t.Fatalf("works %v", b.works)
		}
		done(b)
		b.take(b.m.HostChanged(b.now))
		if len(b.works) != 0 {
			t.Errorf("what has started is started again: %v", b.works)
		}
	}
}

// A group that does not start is offered again when the first offer came to nothing.
func TestOfferOutlivesAPartition(t *testing.T) {
	const offer = "send ask_resources rsc_hold=local info=me"
	b := retrying(0)
	receivedState(b)
	b.m.Peer("b", true, true)
	from("resource", "rsc_hold=local", "rtype=full", "isstable=1", "standby=0")(b)
	failing(b)
	if got := strings.Count(strings.Join(b.said, "\n"), offer); got != 1 {
		t.Fatalf("offered %d times: %q", got, b.said)
	}
	b.take(b.m.Returned(b.now, "b"))
	from("resource", "rsc_hold=local", "rtype=full", "isstable=1", "standby=0", "info=returned")(b)
	if got := strings.Count(strings.Join(b.said, "\n"), offer); got != 2 {
		t.Errorf("offered %d times: %q", got, b.said)
	}
}
