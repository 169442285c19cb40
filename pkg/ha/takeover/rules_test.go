package takeover_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"lvsha/pkg/ha/message"
	"lvsha/pkg/ha/takeover"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bench feeds one machine, the node a, by hand; the other node is b, an
// original one.
type bench struct {
	m     *takeover.Machine
	now   time.Time
	seq   uint64
	works []takeover.Work // asked for and not done
	said  []string        // what the present event has caused
}

// The settings of a bench.
const (
	failbackOn  = true
	failbackOff = false
)

func newBench(failback bool) *bench {
	return &bench{
		m:   takeover.New(takeover.Config{Self: "a", Others: []string{"b"}, AutoFailback: failback, PID: 7}),
		now: time.Unix(1_700_000_000, 0),
	}
}

// take notes effects in words.
func (b *bench) take(effects []takeover.Effect) {
	for _, e := range effects {
		switch e := e.(type) {
		case takeover.Send:
			words := []string{"send", e.Message.Type()}
			for _, f := range e.Message.Fields[1:] {
				words = append(words, f.Name+"="+string(f.Value))
			}
			b.said = append(b.said, strings.Join(words, " "))
		case takeover.Run:
			b.works = append(b.works, e.Work)
			b.said = append(b.said, fmt.Sprintf("run %s %s%s", e.Work.Operation, e.Work.Set, e.Work.Node))
		case takeover.Log:
			b.said = append(b.said, fmt.Sprintf("%s: %s", e.Level, e.Text))
		case takeover.Fence:
			b.said = append(b.said, "fence "+e.Node)
		case takeover.Stopped:
			b.said = append(b.said, "stopped")
		}
	}
}

// step is one event.
type step func(*bench)

// from has b send a message; each has a new sequence number.
func from(kind string, fields ...string) step {
	return func(b *bench) {
		b.seq++
		msg := message.New(kind).AddHex("hg", 1).AddHex("seq", b.seq)
		for _, f := range fields {
			name, value, _ := strings.Cut(f, "=")
			msg.Add(name, value)
		}
		b.take(b.m.Receive(b.now, "b", msg))
	}
}

// done ends the oldest work.
func done(b *bench) {
	w := b.works[0]
	b.works = b.works[1:]
	b.take(b.m.Done(b.now, w, takeover.Result{}))
}

// pass lets time pass, second by second.
func pass(d time.Duration) step {
	return func(b *bench) {
		for end := b.now.Add(d); b.now.Before(end); {
			b.now = b.now.Add(time.Second)
			b.take(b.m.Tick(b.now))
		}
	}
}

func standby(set takeover.Hold) step {
	return func(b *bench) {
		effects, _ := b.m.Standby(b.now, set)
		b.take(effects)
	}
}

func died(b *bench) {
	b.m.Peer("b", false, false)
	b.take(b.m.Died(b.now, "b"))
}

func shut(b *bench) { b.take(b.m.Shutdown(b.now)) }

// The states that a bench is brought into.
func initialState(b *bench) {
	b.take(b.m.Start(b.now))
	b.m.Peer("b", true, false)
}

func startingState(b *bench) {
	initialState(b)
	done(b) // the probe
	b.take(b.m.Joined(b.now))
}

func bothStartingState(b *bench) {
	startingState(b)
	from("starting")(b)
}

func receivedState(b *bench) {
	bothStartingState(b)
	from("resource", "rsc_hold=none", "rtype=full", "isstable=0")(b)
}

// stableState is the usual one: each node has its own groups.
func stableState(b *bench) {
	receivedState(b)
	from("resource", "rsc_hold=local", "rtype=full", "isstable=1")(b)
	done(b)
	from("resource", "rsc_hold=local", "rtype=full", "isstable=1")(b)
}

// allState is that of a node that has taken over from b, which has come back.
func allState(b *bench) {
	stableState(b)
	died(b)
	done(b)
	b.m.Peer("b", true, false)
	b.take(b.m.Restarted(b.now, "b"))
	from("starting")(b)
}

// rule is a row of the specification: in a state an event has these effects.
type rule struct {
	name     string
	failback bool
	state    step
	events   []step
	want     []string // all that the last event causes
	mine     takeover.Hold
}

func play(t *testing.T, rules []rule) {
	t.Helper()
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			b := newBench(r.failback)
			r.state(b)
			for _, e := range r.events {
				b.said = nil
				e(b)
			}
			if !slices.Equal(b.said, r.want) {
				t.Errorf("the event caused\n\t%s\nwant\n\t%s", strings.Join(b.said, "\n\t"), strings.Join(r.want, "\n\t"))
			}
			if b.m.Mine() != r.mine {
				t.Errorf("holds %s, want %s", b.m.Mine(), r.mine)
			}
		})
	}
}
