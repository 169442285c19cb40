package main

import (
	"bytes"
	"strings"
	"testing"

	"lvsha/compat-tests/pair"
)

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		samples []float64
		want    float64
		ok      bool
	}{
		{nil, 0, false}, {[]float64{3}, 3, true}, {[]float64{9, 1, 2}, 2, true}, {[]float64{4, 1, 3, 2}, 2.5, true},
	} {
		if got, ok := median(c.samples); got != c.want || ok != c.ok {
			t.Errorf("%v: %v, %v, want %v, %v", c.samples, got, ok, c.want, c.ok)
		}
	}
}

func TestTable(t *testing.T) {
	var table table
	r := table.row("gap", "s", 0.025, "by hand")
	for _, v := range []float64{0.7, 0.5, 0.6} {
		r.add(original, v)
	}
	if table.row("gap", "s", 0.025, "by hand") != r {
		t.Fatal("a second row of that name")
	}
	r.add(ours, 0)
	r.add(ours, 0.01)
	r.notes[keepalived] = "not played"
	table.row("memory", "MB", 0, "weighed").add(ours, 12.34)
	var out bytes.Buffer
	table.print(&out)
	for _, want := range []string{
		"0.60 s (0.50 to 0.70)", "under 0.03 s  ", "over 24.0 : 1", "not played\n", "    by hand\n", "12.3 MB",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}

func TestSoakCounts(t *testing.T) {
	var f soakFigures
	for _, e := range []pair.Event{
		{Kind: pair.Up}, {Kind: pair.Down}, {Kind: pair.ARP}, {Kind: pair.Gap},
		{Kind: pair.Line, Text: "WARN: node master: is dead"},
		{Kind: pair.Line, Text: "WARN: Late heartbeat: Node master: interval 400 ms"},
		{Kind: pair.Line, Text: "info: Link master:eth0 up."},
	} {
		f.count(e)
	}
	if want := (soakFigures{moves: 2, deaths: 1, lates: 1}); f != want {
		t.Errorf("%+v, want %+v", f, want)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for _, args := range [][]string{{"-only", "nothing"}, {"-with", "everybody"}, {"-n", "0"}, {"-n", "6"}, {"-howto", "0"}, {"-unknown"}} {
		var out bytes.Buffer
		if got := run(args, &out, &out); got != 2 {
			t.Errorf("%v: status %d", args, got)
		}
	}
}

func TestFarmHex(t *testing.T) {
	if got := farmHex(45); got != "0A62002D:0050" {
		t.Error(got)
	}
	if n := strings.Count(ldirectorConf(), "\treal="); n != farmSize {
		t.Errorf("%d real servers in ldirectord.cf", n)
	}
}

func TestBenchmarkFigures(t *testing.T) {
	got := benchmarkFigures("goos: linux\nBenchmarkManyServers-2   \t 1\t 10001563360 ns/op\t 13.46 %core\t 84.27 MB\nPASS\n")
	if len(got) != 3 || got["%core"] != 13.46 || got["MB"] != 84.27 {
		t.Error(got)
	}
}

func TestEveryServerIsInOneService(t *testing.T) {
	seen := make(map[int]int)
	services := 0
	eachService(largeVirtuals, largeReals, func(_ string, servers []int) {
		services++
		for _, n := range servers {
			seen[n]++
		}
	})
	if services != largeVirtuals || len(seen) != largeReals || seen[0] != 1 || seen[largeReals-1] != 1 {
		t.Errorf("%d services, %d servers", services, len(seen))
	}
}
