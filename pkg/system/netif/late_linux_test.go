package netif

import (
	"net/netip"
	"testing"
	"time"
)

// A process that was stopped must not announce what it may have lost since.
func TestLateAnnouncementIsLeftOut(t *testing.T) {
	ip := netip.MustParseAddr("127.0.0.1")
	for _, c := range []struct {
		late time.Duration
		sent bool
	}{
		{0, true},
		{tooLate / 2, true},
		{2 * tooLate, false},
		{time.Hour, false},
	} {
		h, err := Open()
		if err != nil {
			t.Fatal(err)
		}
		var told error
		// lo speaks no ARP, so that an attempt to send is seen by its error.
		a := &Announcer{host: h, schedule: Schedule{Every: time.Minute}, report: func(err error) { told = err }}
		began := time.Now().Add(-time.Minute - c.late)
		tn := &turn{began: began, due: began.Add(time.Minute)}
		turns := map[target]*turn{{"lo", ip}: tn}
		a.work(turns)
		h.Close()
		if (told != nil) != c.sent {
			t.Errorf("%v late: %v", c.late, told)
		}
		if next := time.Until(tn.due); len(turns) != 1 || next <= 0 || next > time.Minute {
			t.Errorf("%v late: next in %v", c.late, next)
		}
	}
}
