package netif

import (
	"bytes"
	"encoding/hex"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"
)

func TestScheduleNext(t *testing.T) {
	const ms = time.Millisecond
	cases := []struct {
		name string
		s    Schedule
		want []time.Duration // the first few offsets after the first frame
		ends bool
	}{
		{"once", Schedule{}, nil, true},
		{"burst only", Schedule{Burst: 3, Gap: 100 * ms}, []time.Duration{100 * ms, 200 * ms}, true},
		{"burst, early, refresh", Schedule{Burst: 2, Gap: 100 * ms, Early: []time.Duration{500 * ms}, Every: 2000 * ms},
			[]time.Duration{100 * ms, 500 * ms, 2500 * ms, 4500 * ms}, false},
		{"refresh only", Schedule{Every: 1000 * ms}, []time.Duration{1000 * ms, 2000 * ms}, false},
		{"early inside the burst", Schedule{Burst: 3, Gap: 100 * ms, Early: []time.Duration{50 * ms, 300 * ms}},
			[]time.Duration{100 * ms, 200 * ms, 300 * ms}, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var got []time.Duration
			at, more := c.s.next(0)
			for more && (c.ends || len(got) < len(c.want)) {
				got = append(got, at)
				at, more = c.s.next(at)
			}
			if !slices.Equal(got, c.want) || more == c.ends {
				t.Errorf("got %v, more %v; want %v", got, more, c.want)
			}
		})
	}
}

func TestScheduleSkipsWhatWasMissed(t *testing.T) {
	s := Schedule{Burst: 5, Gap: time.Second, Every: time.Minute}
	if at, more := s.next(10 * time.Minute); !more || at <= 10*time.Minute || at > 11*time.Minute {
		t.Errorf("after ten minutes the next is at %v, %v", at, more)
	}
}

// The bytes are those that send_arp of resource-agents 4.12 puts on the wire.
func TestGratuitousFrames(t *testing.T) {
	mac := net.HardwareAddr{2, 0, 0, 0, 0, 9}
	got := Gratuitous(mac, netip.MustParseAddr("10.88.0.80"))
	want := [2]string{
		"ffffffffffff020000000009" + "0806" + "0001080006040001" + "0200000000090a580050" + "0000000000000a580050",
		"ffffffffffff020000000009" + "0806" + "0001080006040002" + "0200000000090a580050" + "0200000000090a580050",
	}
	for i := range want {
		w, err := hex.DecodeString(want[i])
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got[i], w) {
			t.Errorf("frame %d: got %x want %x", i, got[i], w)
		}
	}
}
