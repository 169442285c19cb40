package takeover_test

import (
	"testing"

	"lvsha/pkg/ha/takeover"
)

// TestLegacyGroupsAreGivenOneByOne: an original node asks for each of its groups;
// all that were taken over are released before the answer.
func TestLegacyGroupsAreGivenOneByOne(t *testing.T) {
	b := newBench(failbackOn)
	stableState(b)
	died(b)
	for len(b.works) > 0 {
		done(b)
	}
	b.m.Peer("b", true, false)
	for _, key := range []string{"one", "two"} {
		b.said = nil
		from("ip-request", "ipaddr="+key)(b)
		if len(b.works) != 1 || b.works[0].Operation != takeover.Release || b.works[0].Key != key {
			t.Fatalf("%s: works %+v", key, b.works)
		}
		for _, line := range b.said {
			if line == "send ip-request-resp dest=b ipaddr="+key+" weown=yes ok=OK" {
				t.Fatalf("%s: answered before it was released", key)
			}
		}
		done(b)
		if last := b.said[len(b.said)-1]; last != "send ip-request-resp dest=b ipaddr="+key+" weown=yes ok=OK" {
			t.Errorf("%s: %q", key, b.said)
		}
	}
	if b.m.Mine().Has(takeover.Foreign) {
		t.Errorf("holds %s", b.m.Mine())
	}
}

// TestLegacyRequestForWhatIsNotHeld is answered at once.
func TestLegacyRequestForWhatIsNotHeld(t *testing.T) {
	b := newBench(failbackOn)
	stableState(b)
	b.said = nil
	from("ip-request", "ipaddr=one")(b)
	if len(b.works) != 0 || b.said[len(b.said)-1] != "send ip-request-resp dest=b ipaddr=one weown=no ok=OK" {
		t.Errorf("%+v %q", b.works, b.said)
	}
}
