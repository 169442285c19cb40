package main

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// scaleRows are the figures of the director's own benchmark of many servers, by
// their units.
var scaleRows = []struct{ unit, name, shown string }{
	{"s-start", "100 x 10 servers: start to complete", "s"},
	{"s-above-slowest", "100 x 10 servers: above the slowest check", "s"},
	{"%core", "10,000 servers: share of a core, percent", "%"},
	{"MB", "10,000 servers: memory", "MB"},
	{"s-longest-pause", "10,000 servers: longest pause of one", "s"},
	{"s-out-median", "10,000 servers: one falls silent, median", "s"},
	{"s-out-p99", "10,000 servers: one falls silent, p99", "s"},
	{"s-start-after-timeout", "10,000 servers: all known after the timeout", "s"},
}

// playScale runs the director in a test without a kernel, beside its servers:
// User-mode Linux is too slow for it, and no other kernel here has IPVS.
func playScale(b *bench) error {
	const how = "the director without a kernel on this machine, with the servers in a process of its own; http negotiate; of the 10,000, with checkinterval 10 and checktimeout 5, a tenth accepts and says nothing; the 100 x 10 all answer"
	rows := make(map[string]*row)
	for _, s := range scaleRows {
		r := b.table.row(s.name, s.shown, 0, how)
		r.notes[original], r.notes[keepalived] = "not played", "not played"
		rows[s.unit] = r
	}
	return b.each([]cast{ours}, func(c cast) error {
		b.say("scale: %s", c)
		cmd := exec.CommandContext(b.ctx, "go", "test", "-run", "^$", "-bench", "^Benchmark(ManyServers|Start)$", "-benchtime", "1x", "./pkg/lvs/director")
		out, err := cmd.Output()
		if err != nil {
			return fmt.Errorf("%s: %w\n%s", cmd, err, out)
		}
		found := 0
		for unit, value := range benchmarkFigures(string(out)) {
			if r := rows[unit]; r != nil {
				r.add(c, value)
				found++
			}
		}
		if found != len(rows) {
			return fmt.Errorf("%d figures of %d in\n%s", found, len(rows), out)
		}
		return nil
	})
}

// benchmarkFigures reads the pairs of value and unit that a Go benchmark prints.
func benchmarkFigures(output string) map[string]float64 {
	figures := make(map[string]float64)
	for _, line := range strings.Split(output, "\n") {
		fields := strings.Fields(line)
		if len(fields) < 2 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		for i := 2; i+1 < len(fields); i += 2 {
			if value, err := strconv.ParseFloat(fields[i], 64); err == nil {
				figures[fields[i+1]] = value
			}
		}
	}
	return figures
}
