package view_test

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"testing"
	"time"

	"lvsha/pkg/lvs/view"
	"lvsha/pkg/system/schematest"
)

// TestHistory: rates between looks, the slowest check of a service, gaps where
// nothing is known, and no more than five minutes.
func TestHistory(t *testing.T) {
	t.Parallel()
	var h view.History
	look := func(after int, connections uint64) *view.Status {
		s := sample(t)
		s.Time = now.Add(time.Duration(after) * view.HistoryEvery)
		s.Virtuals[0].Counters.Connections = connections
		return s
	}
	h.Add(look(0, 100))
	h.Add(look(1, 150))
	h.Add(look(2, 20)) // the entry was made anew
	s := look(3, 0)
	h.Fill(s)
	web := s.Virtuals[0].Plots
	if web.Every != 5 || len(web.Connections) != 3 || web.Connections[0] != nil || *web.Connections[1] != 10 || *web.Connections[2] != 4 || *web.Check[2] != 2.5 {
		document, _ := json.Marshal(web)
		t.Errorf("%s", document)
	}
	reals := s.Virtuals[0].Reals
	if p := reals[1].Plots; p == nil || *p.Check[0] != 2.5 {
		t.Errorf("the server that is down: %+v", p)
	}
	if p := reals[3].Plots; p == nil || p.Check[0] != nil || p.Connections[2] != nil {
		t.Errorf("the server of which nothing is known: %+v", p)
	}
	schema, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	document, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range schematest.Problems(schema, document) {
		t.Error(p)
	}
	for n := range 100 {
		h.Add(look(3+n, 0))
	}
	gone := look(200, 0)
	gone.Virtuals = gone.Virtuals[:1]
	h.Fill(gone)
	if n := len(gone.Virtuals[0].Plots.Check); n != 60 {
		t.Errorf("%d values", n)
	}
	h.Add(gone)
	after := look(201, 0)
	h.Fill(after)
	if after.Virtuals[1].Plots != nil {
		t.Error("a service that was gone is remembered")
	}
}

// TestHistoryIsBounded: of many servers only the services are kept.
func TestHistoryIsBounded(t *testing.T) {
	t.Parallel()
	s := sample(t)
	for n := range 300 {
		r := s.Virtuals[0].Reals[0]
		r.Address = netip.AddrFrom4([4]byte{10, 0, byte(n >> 8), byte(n)})
		r.Entry = fmt.Sprintf("%s:80", r.Address)
		s.Virtuals[0].Reals = append(s.Virtuals[0].Reals, r)
	}
	var h view.History
	h.Add(s)
	h.Fill(s)
	if s.Virtuals[0].Plots == nil || s.Virtuals[0].Reals[0].Plots != nil {
		t.Error("the servers are kept, or the service is not")
	}
}
