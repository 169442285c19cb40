package main

import (
	"slices"
	"strings"
	"sync"

	"lvsha/pkg/lvs/view"
	"lvsha/pkg/system/status"
)

// labels are those of the last scrape: most servers stay, and to write and sort
// their labels is much of the work. The zero value has none.
type labels struct {
	mu     sync.Mutex
	places []place // in the order of the document
	row    []int   // of each place
	rows   rows
}

// place is what the labels of a server are made of.
type place struct{ virtual, entry string }

// rows are real servers in the order in which they are written.
type rows struct {
	reals   []*view.Real
	labels  []status.Labels
	results []status.Labels // those of checks: of each server one for each result
}

// of returns the servers of a document with their labels, which are those of the
// kernel's entries. Of two servers with the same entry the one that is up counts.
func (l *labels) of(s *view.Status) rows {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.same(s) {
		l.write(s)
	}
	out := l.rows
	out.reals = make([]*view.Real, len(out.labels))
	place := 0
	for i := range s.Virtuals {
		for j := range s.Virtuals[i].Reals {
			r, to := &s.Virtuals[i].Reals[j], &out.reals[l.row[place]]
			if *to == nil || r.State >= (*to).State { // down, unknown, up
				*to = r
			}
			place++
		}
	}
	return out
}

// same reports whether a document has the servers of the last one.
func (l *labels) same(s *view.Status) bool {
	n := 0
	for i := range s.Virtuals {
		v := &s.Virtuals[i]
		for j := range v.Reals {
			if n == len(l.places) || l.places[n].entry != v.Reals[j].Entry || l.places[n].virtual != v.ID {
				return false
			}
			n++
		}
	}
	return n == len(l.places)
}

// write makes the labels anew. Those of the last time are still read, and stay as
// they are.
func (l *labels) write(s *view.Status) {
	type labelled struct {
		labels status.Labels
		place  int
	}
	var all []labelled
	l.places = nil
	family := new(status.Metrics).Gauge("labels", "", realLabels...)
	for i := range s.Virtuals {
		v := &s.Virtuals[i]
		values := append(labelsOf(v), "", "")
		for j := range v.Reals {
			r := &v.Reals[j]
			values[4], values[5] = r.Address.String(), r.Entry[strings.LastIndexByte(r.Entry, ':')+1:]
			all = append(all, labelled{family.Labels(values...), len(l.places)})
			l.places = append(l.places, place{v.ID, r.Entry})
		}
	}
	slices.SortStableFunc(all, func(a, b labelled) int { return strings.Compare(string(a.labels), string(b.labels)) })
	l.rows, l.row = rows{}, make([]int, len(all))
	for i, a := range all {
		if i > 0 && a.labels == all[i-1].labels {
			l.row[a.place] = len(l.rows.labels) - 1
			continue
		}
		l.row[a.place] = len(l.rows.labels)
		l.rows.labels = append(l.rows.labels, a.labels)
		for _, r := range checksResults {
			l.rows.results = append(l.rows.results, a.labels[:len(a.labels)-1]+status.Labels(r.label))
		}
	}
}
