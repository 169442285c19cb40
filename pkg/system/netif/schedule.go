package netif

import "time"

// Schedule says when an address is announced, counted from the moment it is
// taken. The zero value announces once.
type Schedule struct {
	Burst int             // announcements of the first burst, at least one
	Gap   time.Duration   // between those
	Early []time.Duration // further ones, from the beginning, increasing
	Every time.Duration   // then for as long as the address is held; 0 = never
}

// DefaultSchedule repeats the original's five pairs faster, tells neighbours
// that were not listening in the first seconds, and then once a minute, so that
// an entry that was wrongly learned heals by itself.
func DefaultSchedule() Schedule {
	return Schedule{
		Burst: 5,
		Gap:   100 * time.Millisecond,
		Early: []time.Duration{1 * time.Second, 2 * time.Second, 5 * time.Second, 15 * time.Second, 30 * time.Second},
		Every: time.Minute,
	}
}

// next gives the first announcement later than elapsed after the beginning, and
// false if there is none any more.
func (s Schedule) next(elapsed time.Duration) (time.Duration, bool) {
	for n := 1; n < s.Burst; n++ {
		if d := time.Duration(n) * s.Gap; d > elapsed {
			return d, true
		}
	}
	last := time.Duration(max(s.Burst-1, 0)) * s.Gap
	for _, d := range s.Early {
		if d > elapsed {
			return d, true
		}
		last = max(last, d)
	}
	if s.Every <= 0 {
		return 0, false
	}
	if elapsed < last {
		return last + s.Every, true
	}
	return last + ((elapsed-last)/s.Every+1)*s.Every, true
}
