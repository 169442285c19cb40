package main

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"lvsha/pkg/ha/config"
	"lvsha/pkg/ha/core"
	"lvsha/pkg/ha/membership"
	"lvsha/pkg/ha/takeover"
	"lvsha/pkg/ha/view"
	"lvsha/pkg/system/status"
)

// BenchmarkScrape is what one question for everything costs the daemon, in a
// cluster of sixteen nodes that hear each other on three links.
func BenchmarkScrape(b *testing.B) {
	now := time.Unix(1_800_000_000, 0)
	var nodes []membership.Node
	var names []string
	for i := range 16 {
		nodes = append(nodes, membership.Node{Name: fmt.Sprintf("node%d", i)})
		names = append(names, nodes[i].Name)
	}
	links := []string{"eth0", "eth1", "eth2"}
	c := core.New(membership.Config{Self: "node0", Nodes: nodes, Links: links, Keepalive: 100 * time.Millisecond}, takeover.Config{Self: "node0"})
	book := view.New(now, view.Start{})
	book.Begin(now, 1, &config.Config{Node: "node0", HA: config.HA{Nodes: names, Keepalive: 100 * time.Millisecond}}, []view.Medium{
		{Name: "eth0", Kind: "bcast"}, {Name: "eth1", Kind: "bcast"}, {Name: "eth2", Kind: "bcast"},
	}, false)
	packets := func(d time.Duration) {
		for end := now.Add(d); now.Before(end); now = now.Add(100 * time.Millisecond) {
			for _, n := range names[1:] {
				for _, l := range links {
					book.Heard(now, n, l)
				}
			}
		}
	}
	packets(10 * time.Minute)
	b.Run("packets of a second", func(b *testing.B) {
		for b.Loop() {
			packets(time.Second)
		}
	})
	b.Run("view", func(b *testing.B) { // in the loop of the node
		b.ReportAllocs()
		for b.Loop() {
			book.View(now, c)
		}
	})
	v := book.View(now, c)
	b.Run("json", func(b *testing.B) {
		for b.Loop() {
			text, err := json.Marshal(v)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(len(text)), "bytes")
		}
	})
	b.Run("metrics", func(b *testing.B) {
		for b.Loop() {
			var m status.Metrics
			snapshot{v}.Metrics(&m)
			m.Text()
		}
	})
}
