package status

import (
	"testing"
	"time"
)

// A flood gets a burst and then its turns, and leaves at once when all ends.
func TestPace(t *testing.T) {
	var p pace
	begun := time.Now()
	for range paceBurst + 5 {
		if !p.wait(nil) {
			t.Fatal("no turn")
		}
	}
	if took := time.Since(begun); took < 3*paceEvery {
		t.Errorf("five more than a burst took %v", took)
	}
	done := make(chan struct{})
	close(done)
	turns := 0
	for range 2 * paceMost / paceEvery {
		if p.wait(done) {
			turns++
		}
	}
	if turns > 2 { // what was due already
		t.Errorf("%d turns although all has ended", turns)
	}
	if ahead := time.Until(p.next); ahead > paceMost+paceEvery {
		t.Errorf("who has left keeps others waiting for %v", ahead)
	}
}
