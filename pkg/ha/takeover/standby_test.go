package takeover_test

import (
	"slices"
	"testing"
	"time"

	"lvsha/pkg/ha/message"
	"lvsha/pkg/ha/takeover"
)

func ask(info string) step { return from("ask_resources", "rsc_hold=foreign", "info="+info) }

// meState, otherState, doneGiving and doneTaking are the phases of an exchange.
func meState(b *bench) {
	allState(b)
	b.said = nil
	from("resource", "rsc_hold=none", "rtype=full", "isstable=1")(b)
}

// wentState has asked to give up its own groups.
func wentState(b *bench) {
	stableState(b)
	standby(takeover.Local)(b)
}

// agreedState has agreed that b gives up its groups.
func agreedState(b *bench) {
	stableState(b)
	from("ask_resources", "rsc_hold=local", "info=me")(b)
	done(b) // the preparation
}

// TestStandbyProtocol is section 2.10 of the resource rules, row by row.
func TestStandbyProtocol(t *testing.T) {
	ignored := func(info, state string) string {
		return "ERROR: Ignored standby message '" + info + "' from b in state " + state
	}
	play(t, []rule{
		{name: "none: me while the other is in flux", failback: failbackOn, state: stableState,
			events: []step{from("starting"), ask("me")},
			want:   []string{"WARN: standby message [me] from b ignored.  Other side is in flux."}, mine: takeover.Local},
		{name: "none: me of this node", failback: failbackOn, state: stableState,
			events: []step{standby(takeover.Local)},
			want:   []string{"info: a wants to go standby [local]"}, mine: takeover.Local},
		{name: "none: me of the other", failback: failbackOn, state: stableState,
			events: []step{from("ask_resources", "rsc_hold=local", "info=me")},
			want:   []string{"info: b wants to go standby [local]", "run ready foreign"}, mine: takeover.Local},
		{name: "none: me of the other, prepared", failback: failbackOn, state: stableState,
			events: []step{from("ask_resources", "rsc_hold=local", "info=me"), done},
			want:   []string{"send ask_resources rsc_hold=local info=other"}, mine: takeover.Local},
		{name: "none: me of the other, a preparation that takes long", failback: failbackOn, state: stableState,
			events: []step{from("ask_resources", "rsc_hold=local", "info=me"), pass(6 * time.Second)},
			want:   []string{"send ask_resources rsc_hold=local info=other"}, mine: takeover.Local},
		{name: "none: me without a set means all", failback: failbackOn, state: stableState,
			events: []step{from("ask_resources", "info=me")},
			want:   []string{"info: b wants to go standby [all]", "send ask_resources rsc_hold=all info=other"}, mine: takeover.Local},
		{name: "none: done", failback: failbackOn, state: stableState,
			events: []step{ask("done")}, want: []string{ignored("done", "0")}, mine: takeover.Local},
		{name: "me: a second request", failback: failbackOn, state: wentState,
			events: []step{ask("me")},
			want:   []string{"WARN: Standby in progress- new request from b ignored [10 seconds left]"}, mine: takeover.Local},
		{name: "me: other", failback: failbackOn, state: wentState,
			events: []step{from("ask_resources", "rsc_hold=local", "info=other")},
			want: []string{"info: standby: b can take our local resources", sayNone0 + " info=standby",
				"info: give up local HA resources (standby).", "run release local"}},
		{name: "me: given up", failback: failbackOn, state: wentState,
			events: []step{from("ask_resources", "rsc_hold=local", "info=other"), done},
			want: []string{"info: local HA resource release completed (standby).", "info: Local standby process completed [local].",
				"send ask_resources rsc_hold=local info=done"}},
		{name: "me: done of the other", failback: failbackOn, state: wentState,
			events: []step{ask("done")}, want: []string{ignored("done", "1")}, mine: takeover.Local},
		{name: "me: the other never agrees", failback: failbackOn, state: wentState,
			events: []step{pass(10 * time.Second)},
			want:   []string{"WARN: No reply to standby request.  Standby request cancelled."}, mine: takeover.Local},
		{name: "other: done", failback: failbackOn, state: agreedState,
			events: []step{from("ask_resources", "rsc_hold=local", "info=done")},
			want: []string{"info: standby: acquire [local] resources from b", "info: acquire foreign HA resources (standby).",
				"run acquire foreign"}, mine: takeover.Local},
		{name: "other: acquired", failback: failbackOn, state: agreedState,
			events: []step{from("ask_resources", "rsc_hold=local", "info=done"), done},
			want: []string{"info: foreign HA resource acquisition completed (standby).", "info: Standby resource acquisition done [local].",
				sayAll1, "send ask_resources rsc_hold=local info=done"}, mine: takeover.All},
		{name: "other: other", failback: failbackOn, state: agreedState,
			events: []step{ask("other")}, want: []string{ignored("other", "2")}, mine: takeover.Local},
		{name: "done: the other has taken", failback: failbackOn, state: wentState,
			events: []step{from("ask_resources", "rsc_hold=local", "info=other"), done, from("ask_resources", "rsc_hold=local", "info=done")},
			want:   []string{"info: Other node completed standby takeover of local resources.", sayNone1}},
		{name: "done: done before the own half is done", failback: failbackOn, state: agreedState,
			events: []step{from("ask_resources", "rsc_hold=local", "info=done"), from("ask_resources", "rsc_hold=local", "info=done")},
			want:   []string{ignored("done", "3")}, mine: takeover.Local},
		{name: "done: other", failback: failbackOn, state: wentState,
			events: []step{from("ask_resources", "rsc_hold=local", "info=other"), done, ask("other")},
			want:   []string{ignored("other", "3")}},
		{name: "failback gives up what is not this node's", failback: failbackOn, state: meState,
			events: []step{ask("other")},
			want: []string{"info: standby: b can take our foreign resources", sayLocal0 + " info=standby",
				"info: give up foreign HA resources (standby).", "run release foreign"}, mine: takeover.Local},
		{name: "shutting down: me is ignored", failback: failbackOn, state: stableState,
			events: []step{shut, ask("me")}},
	})
}

// TestStandbyByHandStays plays a standby by hand to its end: no failback follows
// it, whatever auto_failback says.
func TestStandbyByHandStays(t *testing.T) {
	b := newBench(failbackOn)
	agreedState(b)
	from("ask_resources", "rsc_hold=local", "info=done")(b)
	done(b)
	b.said = nil
	from("resource", "rsc_hold=none", "rtype=full", "isstable=0")(b)
	from("resource", "rsc_hold=none", "rtype=full", "isstable=1")(b)
	pass(30 * time.Second)(b)
	for _, line := range b.said {
		if line == "send ask_resources rsc_hold=foreign info=me" {
			t.Errorf("what came by hand is given back: %q", b.said)
		}
	}
	if b.m.Mine() != takeover.All {
		t.Errorf("holds %s", b.m.Mine())
	}
}

// TestExchangeSaysWhoHolds: the reports in an exchange may be lost; its end says the
// same.
func TestExchangeSaysWhoHolds(t *testing.T) {
	for _, c := range []struct {
		name  string
		state step
		steps []step
		want  takeover.Hold
	}{
		{"the other has taken", wentState, []step{from("ask_resources", "rsc_hold=local", "info=other"), done, from("ask_resources", "rsc_hold=local", "info=done")}, takeover.All},
		{"the other has given", agreedState, []step{from("ask_resources", "rsc_hold=local", "info=done")}, takeover.None},
	} {
		b := newBench(failbackOn)
		c.state(b)
		for _, s := range c.steps {
			s(b)
		}
		if got := b.m.Theirs(); got != c.want {
			t.Errorf("%s: the other holds %s, want %s", c.name, got, c.want)
		}
	}
}

// TestLateDone: a word of an exchange that has ended otherwise changes nothing.
func TestLateDone(t *testing.T) {
	b := newBench(failbackOn)
	stableState(b)
	b.m.Peer("b", true, true)
	from("ask_resources", "rsc_hold=local", "info=me")(b)
	done(b) // the preparation
	late := b.seq + 1
	b.seq++
	from("resource", "rsc_hold=local", "rtype=full", "isstable=1")(b)
	b.said = nil
	b.take(b.m.Receive(b.now, "b", message.New("ask_resources").AddHex("hg", 1).AddHex("seq", late).Add("rsc_hold", "local").Add("info", "done")))
	takes := slices.ContainsFunc(b.works, func(w takeover.Work) bool { return w.Operation == takeover.Acquire })
	if takes || b.m.Mine() != takeover.Local {
		t.Errorf("takes %v: %q", b.works, b.said)
	}
}

// TestRequestsCross: of two requests that cross one stands, on both nodes the same.
// The other node is b.
func TestRequestsCross(t *testing.T) {
	for _, c := range []struct {
		name, self string
		set        takeover.Hold
		state      step
		kin        bool
		yields     bool
	}{
		{"both have something", "a", takeover.All, stableState, true, false},
		{"both have something, the later name", "c", takeover.All, stableState, true, true},
		{"neither has it", "a", takeover.Foreign, stableState, true, false},
		{"neither has it, the later name", "c", takeover.Foreign, stableState, true, true},
		{"this node has nothing", "a", takeover.All, func(b *bench) {
			agreedState(b)
			from("ask_resources", "rsc_hold=local", "info=done")(b)
			done(b)
			standby(takeover.All)(b)
			from("ask_resources", "rsc_hold=all", "info=other")(b)
			done(b)
			from("ask_resources", "rsc_hold=all", "info=done")(b)
			from("resource", "rsc_hold=all", "rtype=full", "isstable=1")(b)
		}, true, true},
		{"beside an original", "c", takeover.All, stableState, false, false},
	} {
		b := newBench(failbackOn)
		b.m = takeover.New(takeover.Config{Self: c.self, Others: []string{"b"}, AutoFailback: true})
		c.state(b)
		b.m.Peer("b", true, c.kin)
		standby(c.set)(b)
		b.said = nil
		from("ask_resources", "rsc_hold="+c.set.String(), "info=me")(b)
		pass(6 * time.Second)(b)
		if yields := slices.Contains(b.said, "send ask_resources rsc_hold="+c.set.String()+" info=other"); yields != c.yields {
			t.Errorf("%s: yields %v, want %v: %q", c.name, yields, c.yields, b.said)
		}
	}
}
