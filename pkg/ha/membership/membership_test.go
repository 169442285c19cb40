package membership_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"lvsha/pkg/ha/membership"
	"lvsha/pkg/ha/message"
)

// bench is one machine, alpha, with a hand-made peer, beta.
type bench struct {
	t   *testing.T
	m   *membership.Machine
	now time.Time
	gen uint64
	out []membership.Effect
}

func newBench(t *testing.T, change func(*membership.Config)) *bench {
	t.Helper()
	c := membership.Config{
		Self: "alpha", UUID: [16]byte{1}, Generation: 100,
		Nodes:     []membership.Node{{Name: "alpha"}, {Name: "beta"}},
		Links:     []string{"eth0", "eth1"},
		Keepalive: time.Second, Deadtime: 5 * time.Second, Warntime: 3 * time.Second,
		Initdead: 10 * time.Second, Deadping: 5 * time.Second, MaxRexmit: 250 * time.Millisecond, Hopfudge: 1, Seed: 7,
	}
	if change != nil {
		change(&c)
	}
	b := &bench{t: t, m: membership.New(c), now: time.Unix(1_800_000_000, 0), gen: 50}
	b.take(b.m.Start(b.now))
	return b
}

func (b *bench) take(effects []membership.Effect) { b.out = append(b.out, effects...) }

// effects returns what happened since it was last asked, one line each.
func (b *bench) effects() []string {
	var lines []string
	for _, e := range b.out {
		switch e := e.(type) {
		case membership.Transmit:
			lines = append(lines, "send "+e.Message.Type())
		case membership.Deliver:
			if !e.Own {
				lines = append(lines, "deliver "+e.Message.Type())
			}
		case membership.Log:
			lines = append(lines, e.Level.String()+": "+e.Text)
		default:
			lines = append(lines, fmt.Sprintf("%T", e))
		}
	}
	b.out = nil
	return lines
}

// pass lets time pass and runs what falls due.
func (b *bench) pass(d time.Duration) {
	end := b.now.Add(d)
	for !b.m.Deadline().After(end) {
		if b.m.Deadline().After(b.now) {
			b.now = b.m.Deadline()
		}
		b.take(b.m.Tick(b.now))
	}
	b.now = end
}

// header completes a message of beta.
func (b *bench) header(m *message.Message, seq uint64) *message.Message {
	m.Add("src", "beta").AddBinary("srcuuid", append([]byte{2}, make([]byte, 15)...))
	if seq > 0 {
		m.AddHex("seq", seq)
	}
	return m.AddHex("hg", b.gen).AddHex("ts", uint64(b.now.Unix()))
}

func (b *bench) hear(m *message.Message) { b.take(b.m.Receive(b.now, "eth0", m)) }

func (b *bench) status(seq uint64, st string) {
	b.hear(b.header(message.New("status").Add("st", st).AddHex("dt", 5000).Add("protocol", "1"), seq))
}

// sent returns the messages of a type that were sent since the last look.
func (b *bench) sent(kind string) []*message.Message {
	var list []*message.Message
	for _, e := range b.out {
		if t, ok := e.(membership.Transmit); ok && t.Message.Type() == kind {
			list = append(list, t.Message)
		}
	}
	return list
}

func (b *bench) mustSay(text string) {
	b.t.Helper()
	lines := b.effects()
	for _, line := range lines {
		if strings.Contains(line, text) {
			return
		}
	}
	b.t.Fatalf("no %q in:\n%s", text, strings.Join(lines, "\n"))
}

func (b *bench) mustNotSay(text string) {
	b.t.Helper()
	for _, line := range b.effects() {
		if strings.Contains(line, text) {
			b.t.Fatalf("%q was not expected", line)
		}
	}
}

// joined is a bench on which beta is active.
func joined(t *testing.T) *bench {
	b := newBench(t, nil)
	b.status(1, "up")
	b.hear(b.header(new(message.Message).Add("dest", "alpha").Add("t", "repnodes").Add("nodelist", "alpha beta ").Add("delnodelist", " "), 2))
	b.status(3, "active")
	if !b.m.Joined() {
		t.Fatalf("not joined: %v", b.effects())
	}
	b.effects()
	return b
}

func TestFirstMessagesAreStatusInitUpUp(t *testing.T) {
	b := newBench(t, nil)
	var got []string
	for _, m := range b.sent("status") {
		got = append(got, m.Text("st")+" "+m.Text("seq")+" "+m.Text("dt"))
	}
	if want := "[init 1 1388 up 2 1388 up 3 1388]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestAloneJoinsAtInitdead(t *testing.T) {
	b := newBench(t, nil)
	b.pass(9900 * time.Millisecond)
	if b.m.Joined() {
		t.Fatal("joined before initdead")
	}
	b.pass(200 * time.Millisecond)
	if !b.m.Joined() {
		t.Fatal("not joined after initdead")
	}
	b.mustSay("WARN: node beta: is dead")
}

func TestUnansweredReqnodesIsRepeatedEverySecond(t *testing.T) {
	b := newBench(t, nil)
	b.status(1, "up")
	for range 3 {
		b.pass(time.Second)
	}
	if n := len(b.sent("reqnodes")); n != 4 {
		t.Errorf("%d requests in three seconds, want 4", n)
	}
	if b.m.Joined() {
		t.Error("joined without an answer")
	}
}

func TestReqnodesIsAnsweredAtAnyTime(t *testing.T) {
	b := newBench(t, nil)
	b.hear(b.header(message.New("reqnodes").Add("dest", "alpha"), 1))
	reply := b.sent("repnodes")
	if len(reply) != 1 || reply[0].Text("nodelist") != "alpha beta " || reply[0].Text("delnodelist") != " " {
		t.Fatalf("reply %v", reply)
	}
}

// TestTolerance plays the table of odd input of the wire.
func TestTolerance(t *testing.T) {
	for name, c := range map[string]struct {
		msg  func(b *bench) *message.Message
		says string
	}{
		"no type": {func(b *bench) *message.Message { return b.header(new(message.Message), 4) }, "missing from/ts/type"},
		"unknown": {func(b *bench) *message.Message {
			return message.New("status").Add("src", "gamma").AddHex("seq", 1).AddHex("ts", 1)
		}, "bad node [gamma]"},
		"no number":   {func(b *bench) *message.Message { return b.header(message.New("resource"), 0) }, "missing seqno"},
		"number zero": {func(b *bench) *message.Message { return b.header(message.New("resource").Add("seq", "0"), 0) }, "bad sequence number"},
		"bad number":  {func(b *bench) *message.Message { return b.header(message.New("resource").Add("seq", "xyz"), 0) }, "bad sequence number"},
		"old generation": {func(b *bench) *message.Message {
			b.gen = 49
			return b.header(message.New("status").Add("st", "active"), 900)
		}, "attempted replay attack [beta]? [gen = 49, curgen = 50]"},
		"no st":       {func(b *bench) *message.Message { return b.header(message.New("status"), 4) }, "status update without st field"},
		"bad rexmit":  {func(b *bench) *message.Message { return b.header(message.New("NS_rexmit").Add("dest", "alpha"), 0) }, "Invalid rexmit seqnos"},
		"high rexmit": {func(b *bench) *message.Message { return rexmit(b, 900) }, "Rexmit of seq 900 requested."},
		"high ack":    {func(b *bench) *message.Message { return ack(b, 900) }, "corrupted ackseq"},
	} {
		t.Run(name, func(t *testing.T) {
			b := joined(t)
			b.hear(c.msg(b))
			if v, _ := b.m.View("beta"); v.Status != membership.StatusActive {
				t.Errorf("status became %s", v.Status)
			}
			b.mustSay(c.says)
		})
	}
}

func rexmit(b *bench, seq int) *message.Message {
	return b.header(message.New("NS_rexmit").Add("dest", "alpha").Add("firstseq", fmt.Sprint(seq)).Add("lastseq", fmt.Sprint(seq)), 0)
}

func ack(b *bench, seq uint64) *message.Message {
	return b.header(message.New("NS_ackmsg").Add("dest", "alpha").AddHex("ackseq", seq), 0)
}

func TestReplayedMessagesChangeNothing(t *testing.T) {
	b := joined(t)
	done := b.header(message.New("shutdone").Add("st", "dead"), 4)
	b.hear(done)
	b.mustSay("deliver shutdone")
	b.hear(done)
	b.mustNotSay("deliver")
	for seq := uint64(5); seq < 30; seq++ {
		b.status(seq, "active")
	}
	b.effects()
	b.hear(done)
	b.mustNotSay("deliver")
}

func TestLostMessagesAreAskedForAndTakenLate(t *testing.T) {
	b := joined(t)
	b.status(6, "active")
	b.mustSay("2 lost packet(s) for [beta] [3:6]")
	b.pass(40 * time.Millisecond)
	if len(b.sent("NS_rexmit")) > 0 {
		t.Fatal("asked within 50 ms")
	}
	b.pass(300 * time.Millisecond)
	asked := b.sent("NS_rexmit")
	if len(asked) == 0 || asked[0].Text("firstseq") != "4" || asked[0].Text("lastseq") != "5" {
		t.Fatalf("asked %d times: %v", len(asked), asked)
	}
	b.effects()
	b.hear(b.header(message.New("resource").Add("rsc_hold", "none"), 4))
	b.mustSay("deliver resource")
	b.hear(b.header(message.New("resource").Add("rsc_hold", "none"), 5))
	b.mustSay("No pkts missing from beta!")
	b.pass(2 * time.Second)
	if len(b.sent("NS_rexmit")) > 0 {
		t.Error("still asks")
	}
}

func TestNakEndsTheAsking(t *testing.T) {
	b := joined(t)
	b.status(5, "active")
	b.hear(b.header(message.New("NS_nak_rexmit").AddHex("firstseq", 4).Add("dest", "alpha").Add("info", "seqno too low"), 0))
	b.mustSay("Irretrievably lost packet: node beta seq 4")
	b.pass(2 * time.Second)
	if len(b.sent("NS_rexmit")) > 0 {
		t.Error("still asks")
	}
}

// TestRetransmissionStormIsBounded is for the storm of the original: a request
// repeated at once is not answered again.
func TestRetransmissionStormIsBounded(t *testing.T) {
	b := joined(t)
	b.pass(2 * time.Second)
	b.effects()
	for range 100 {
		b.hear(rexmit(b, 3))
		b.now = b.now.Add(time.Millisecond)
	}
	if n := len(b.sent("status")); n > 1 {
		t.Errorf("sent again %d times for 100 requests in 0.1 s", n)
	}
	b.effects()
	b.status(240, "active")
	b.pass(time.Second)
	if n := len(b.sent("NS_rexmit")); n > 250*5 {
		t.Errorf("%d requests for 236 lost messages in a second", n)
	}
	b.status(900, "active")
	b.mustSay("lost a lot of packets!")
}

func TestTooOldRequestIsRefused(t *testing.T) {
	b := joined(t)
	for range 600 {
		b.pass(time.Second)
		b.status(uint64(b.now.Unix()-1_800_000_000)+3, "active")
	}
	b.effects()
	b.hear(rexmit(b, 2))
	nak := b.sent("NS_nak_rexmit")
	if len(nak) != 1 || nak[0].Text("firstseq") != "2" || nak[0].Text("info") != "seqno too low" {
		t.Fatalf("nak %v", nak)
	}
}

// TestEveryTenthIsAcknowledged also covers the gap: nothing beyond it is
// acknowledged until it is filled.
func TestEveryTenthIsAcknowledged(t *testing.T) {
	b := joined(t)
	for seq := uint64(4); seq < 44; seq++ {
		b.status(seq, "active")
	}
	acks := b.sent("NS_ackmsg")
	if len(acks) != 4 {
		t.Fatalf("%d acknowledgements of 40 messages", len(acks))
	}
	first, _ := acks[0].Hex("ackseq")
	for i, a := range acks {
		if n, _ := a.Hex("ackseq"); n != first+uint64(10*i) {
			t.Errorf("acknowledgement %d is %d", i, n)
		}
	}
	b.effects()
	for seq := uint64(45); seq < 75; seq++ {
		b.status(seq, "active")
	}
	if n := len(b.sent("NS_ackmsg")); n > 0 {
		t.Errorf("%d acknowledgements beyond a gap", n)
	}
	b.status(44, "active")
	if n := len(b.sent("NS_ackmsg")); n != 1 {
		t.Errorf("%d acknowledgements when the gap is filled, want 1", n)
	}
}

// TestKinIsAcknowledgedLessOften: from its first status on, and no longer when an
// original takes its place.
func TestKinIsAcknowledgedLessOften(t *testing.T) {
	b := joined(t)
	for seq := uint64(4); seq < 1004; seq++ {
		b.hear(b.header(message.New("status").Add("st", "active").AddHex("dt", 5000).Add("impl", membership.Implementation), seq))
	}
	acks := b.sent("NS_ackmsg")
	if n := len(acks); n != 10 {
		t.Fatalf("%d acknowledgements of 1000 messages, want 10", n)
	}
	first, _ := acks[0].Hex("ackseq")
	if last, _ := acks[9].Hex("ackseq"); last != first+900 {
		t.Errorf("acknowledged from %d to %d", first, last)
	}
	b.effects()
	b.gen++
	for seq := uint64(1); seq <= 100; seq++ {
		b.status(seq, "active")
	}
	if n := len(b.sent("NS_ackmsg")); n != 10 {
		t.Errorf("%d acknowledgements of 100 messages to an original, want 10", n)
	}
}

func TestDeadByItsOwnDeadtime(t *testing.T) {
	b := newBench(t, nil)
	b.hear(b.header(message.New("status").Add("st", "up").AddHex("dt", 2000).Add("protocol", "1"), 1))
	b.hear(b.header(new(message.Message).Add("dest", "alpha").Add("t", "repnodes").Add("nodelist", "alpha beta "), 2))
	b.pass(1900 * time.Millisecond)
	b.mustNotSay("is dead")
	b.pass(150 * time.Millisecond)
	b.mustSay("node beta: is dead")
}

func TestReturnAfterPartitionAndRestartAreToldApart(t *testing.T) {
	b := joined(t)
	b.pass(6 * time.Second)
	b.mustSay("membership.Died")
	b.status(3, "active")
	b.mustNotSay("Returned")
	b.status(20, "active")
	b.mustSay("membership.Returned")
	b.gen++
	b.status(1, "init")
	b.mustSay("Heartbeat restart on node beta")
	b.hear(b.header(message.New("resource"), 2))
	b.mustSay("deliver resource")
}

func TestNewLifeBeginsWithAStatus(t *testing.T) {
	b := joined(t)
	b.gen++
	b.hear(b.header(message.New("resource").Add("rsc_hold", "all"), 4))
	b.mustNotSay("deliver")
}

func TestLateHeartbeatIsSaid(t *testing.T) {
	b := joined(t)
	b.pass(4 * time.Second)
	b.status(4, "active")
	b.mustSay("WARN: Late heartbeat: Node beta: interval 4000 ms")
}

func TestLinksGoUpAndDown(t *testing.T) {
	b := joined(t)
	b.take(b.m.Receive(b.now, "eth1", b.header(message.New("status").Add("st", "active").AddHex("dt", 5000).Add("protocol", "1"), 4)))
	b.mustSay("Link beta:eth1 up.")
	for seq := uint64(5); seq < 12; seq++ {
		b.pass(time.Second)
		b.status(seq, "active")
	}
	b.mustSay("Link beta:eth1 dead.")
	if v, _ := b.m.View("beta"); v.Status != membership.StatusActive || !v.Links["eth0"] || v.Links["eth1"] {
		t.Errorf("%+v", v)
	}
}

func TestSleepIsNoticedBeforeAnythingIsSaid(t *testing.T) {
	b := joined(t)
	b.now = b.now.Add(8 * time.Second)
	b.take(b.m.Tick(b.now))
	lines := b.effects()
	if len(lines) != 1 || lines[0] != "membership.Stalled" {
		t.Fatalf("%v", lines)
	}
}

func TestStarvedNodeGivesTheOthersAChance(t *testing.T) {
	b := joined(t)
	b.pass(6 * time.Second)
	b = joined(t)
	b.pass(4 * time.Second)
	b.effects()
	b.now = b.now.Add(3 * time.Second) // longer than the rest of the dead time
	b.take(b.m.Tick(b.now))
	b.mustNotSay("is dead")
	b.status(4, "active")
	b.pass(2 * time.Second)
	b.mustNotSay("is dead")
}

func TestOtherHostOfTheSameNameIsIgnored(t *testing.T) {
	b := joined(t)
	m := message.New("shutdone").Add("src", "alpha").AddBinary("srcuuid", append([]byte{9}, make([]byte, 15)...)).
		AddHex("seq", 4).AddHex("hg", 500).AddHex("ts", 1)
	b.hear(m)
	b.mustSay("another host calls itself alpha")
}
