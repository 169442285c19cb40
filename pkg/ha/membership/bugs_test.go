package membership_test

import (
	"slices"
	"testing"
	"time"

	"lvsha/pkg/ha/message"
)

// The bug table; see the one of the core.

// TestBugRetransmissionStorm: two hundred lost messages in a row are asked for in
// few words, however long nobody answers, and repeated requests are answered once
// in a while.
func TestBugRetransmissionStorm(t *testing.T) {
	b := joined(t)
	b.pass(2 * time.Second)
	b.effects()
	b.status(240, "active")
	for second := range 4 {
		b.pass(time.Second)
		if n := len(b.sent("NS_rexmit")); n == 0 || n > 50 {
			t.Errorf("second %d: %d requests for 236 lost messages", second, n)
		}
		b.effects()
	}
	for range 1000 {
		b.hear(rexmit(b, 3))
		b.now = b.now.Add(100 * time.Microsecond)
	}
	if n := len(b.sent("status")); n > 1 {
		t.Errorf("sent again %d times for 1000 requests in 0.1 s", n)
	}
}

// TestBugBrokenAcknowledgement: numbers of acknowledgements that go back, run
// ahead or are none ended in an emergency shutdown. They change nothing: the node
// goes on, and still sends again what is really missing.
func TestBugBrokenAcknowledgement(t *testing.T) {
	b := joined(t)
	b.pass(20 * time.Second)
	for _, n := range []uint64{7, 3, 1 << 40, 7, 0, 1<<64 - 1, 2} {
		b.hear(ack(b, n))
	}
	b.mustNotSay("Stalled")
	b.effects()
	b.hear(rexmit(b, 6))
	if n := len(b.sent("status")) + len(b.sent("repnodes")) + len(b.sent("reqnodes")); n != 0 {
		t.Errorf("%d messages are sent again that were acknowledged", n)
	}
	b.effects()
	b.hear(rexmit(b, 9))
	if n := len(b.sent("status")); n != 1 {
		t.Errorf("a lost message is sent again %d times", n)
	}
	before := len(b.sent("status"))
	b.pass(5 * time.Second)
	if len(b.sent("status"))-before < 4 {
		t.Error("the heartbeat has stopped")
	}
}

// TestBugAnswerToALostUUID: a node whose disk could not keep its uuid has another
// one in its next life; an original answers it with the old one, and by name.
func TestBugAnswerToALostUUID(t *testing.T) {
	b := joined(t)
	old := make([]byte, 16)
	old[0] = 99
	b.hear(b.header(message.New("resource").Add("dest", "alpha").AddBinary("destuuid", old), 4))
	b.mustSay("deliver resource")
	b.hear(b.header(message.New("resource").Add("dest", "beta").AddBinary("destuuid", old), 5))
	b.mustNotSay("deliver")
}

// TestBugRequestBeforeTheFirstStatus: what a node said at its start was lost. Its
// request for the node list was dropped as the first word of a new life, and said
// again a second later.
func TestBugRequestBeforeTheFirstStatus(t *testing.T) {
	b := newBench(t, nil)
	b.effects()
	b.status(7, "active")
	lines := b.effects()
	status, request := slices.Index(lines, "send status"), slices.Index(lines, "send reqnodes")
	if status < 0 || request < status {
		t.Errorf("the request comes before a status: %q", lines)
	}
	b.pass(time.Millisecond)
	if again := len(b.sent("status")); again != 0 {
		t.Errorf("%d statuses more at once", again)
	}
}
