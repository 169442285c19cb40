package ipfail_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"lvsha/pkg/ha/ipfail"
	"lvsha/pkg/ha/message"
)

var began = time.Unix(1_000_000, 0)

const delay = time.Second

func machine(self, peer string, failback bool) *ipfail.Machine {
	return ipfail.New(ipfail.Config{Self: self, Peer: peer, AutoFailback: failback, Delay: delay})
}

// said is what effects ask for, without log lines.
func said(effects []ipfail.Effect) string {
	var out []string
	for _, e := range effects {
		switch e := e.(type) {
		case ipfail.Send:
			text := e.Message.Type()
			if e.Message.Has("num_ping") {
				text += " " + e.Message.Text("num_ping")
			}
			out = append(out, text)
		case ipfail.Ask:
			out = append(out, "ask")
		case ipfail.GiveUp:
			out = append(out, "give up "+e.Set)
		case ipfail.Log:
		}
	}
	return strings.Join(out, ", ")
}

func from(peer, kind string, fields ...string) *message.Message {
	m := message.New(kind).Add("src", peer)
	for i := 0; i+1 < len(fields); i += 2 {
		m.Add(fields[i], fields[i+1])
	}
	return m
}

func TestMachine(t *testing.T) {
	type step struct {
		do   func(*ipfail.Machine, time.Time) []ipfail.Effect
		want string
	}
	count := func(n string) func(*ipfail.Machine, time.Time) []ipfail.Effect {
		return func(m *ipfail.Machine, now time.Time) []ipfail.Effect {
			return m.Receive(now, from("beta", "num_ping_nodes", "num_ping", n))
		}
	}
	receive := func(kind string, fields ...string) func(*ipfail.Machine, time.Time) []ipfail.Effect {
		return func(m *ipfail.Machine, now time.Time) []ipfail.Effect {
			return m.Receive(now, from("beta", kind, fields...))
		}
	}
	node := func(name, st string) func(*ipfail.Machine, time.Time) []ipfail.Effect {
		return func(m *ipfail.Machine, _ time.Time) []ipfail.Effect { return m.Node(name, st) }
	}
	holding := func(h string) func(*ipfail.Machine, time.Time) []ipfail.Effect {
		return func(m *ipfail.Machine, now time.Time) []ipfail.Effect { return m.Holding(now, h) }
	}
	tick := func(m *ipfail.Machine, now time.Time) []ipfail.Effect { return m.Tick(now) }
	for _, c := range []struct {
		name     string
		failback bool
		steps    []step
	}{
		{"fewer than the other", false, []step{
			{node("ping1", "dead"), "num_ping_nodes 1"}, {count("2"), ""}, {tick, "ask"}, {holding("all"), "give up all"}, {tick, ""},
		}},
		{"told so", false, []step{{receive("you_are_dead"), ""}, {tick, "ask"}, {holding("local"), "give up all"}}},
		{"more than the other", false, []step{{count("1"), "you_are_dead"}, {tick, ""}}},
		{"the other notices a little later", false, []step{
			{node("ping1", "dead"), "num_ping_nodes 1"}, {receive("you_are_dead"), ""}, {count("1"), "abort_giveup"}, {tick, ""},
		}},
		{"aborted by the other", false, []step{{receive("you_are_dead"), ""}, {receive("abort_giveup"), ""}, {tick, ""}}},
		{"balanced without failback", false, []step{{count("2"), "abort_giveup"}, {tick, ""}}},
		{"balanced with failback", true, []step{{count("2"), "abort_giveup"}, {tick, "ask"}, {holding("all"), "give up foreign"}}},
		{"balanced with nothing foreign", true, []step{{count("2"), "abort_giveup"}, {tick, "ask"}, {holding("local"), ""}}},
		{"balanced with nothing", true, []step{{count("2"), "abort_giveup"}, {tick, "ask"}, {holding("none"), ""}}},
		{"all comes before foreign", true, []step{{count("2"), "abort_giveup"}, {receive("you_are_dead"), ""}, {tick, "ask"}, {holding("all"), "give up all"}}},
		{"resources move", false, []step{{receive("you_are_dead"), ""}, {tick, "ask"}, {holding("transition"), ""}, {tick, "ask"}, {holding("all"), "give up all"}}},
		{"the other dies", false, []step{{receive("you_are_dead"), ""}, {node("beta", "dead"), ""}, {tick, ""}, {node("ping1", "dead"), ""}}},
		{"repeated status", false, []step{{node("ping1", "ping"), ""}}},
		{"the ping node returns", false, []step{{node("ping1", "dead"), "num_ping_nodes 1"}, {node("ping1", "ping"), "num_ping_nodes 2"}}},
		{"a stranger", false, []step{{node("gamma", "dead"), ""}}},
		{"the other joins", false, []step{{receive("hbapi-clstat", "st", "join"), "num_ping_nodes 2"}, {receive("hbapi-clstat", "st", "leave"), ""}}},
		{"nonsense", false, []step{{count("x"), ""}, {receive("num_ping_nodes"), ""}, {holding("all"), ""}}},
		{"own message", false, []step{{func(m *ipfail.Machine, now time.Time) []ipfail.Effect {
			return m.Receive(now, from("alpha", "you_are_dead"))
		}, ""}, {tick, ""}}},
	} {
		m := machine("alpha", "beta", c.failback)
		if got := said(m.Start(map[string]bool{"ping1": true, "ping2": true}, true)); got != "num_ping_nodes 2" {
			t.Fatalf("%s: start: %s", c.name, got)
		}
		now := began
		for i, s := range c.steps {
			if got := said(s.do(m, now)); got != s.want {
				t.Errorf("%s: step %d: %q, want %q", c.name, i+1, got, s.want)
			}
			now = now.Add(delay)
		}
	}
}

// TestMessagesAreTheOriginals: fields and their order as recorded.
func TestMessagesAreTheOriginals(t *testing.T) {
	m := machine("alpha", "beta", false)
	effects := m.Start(map[string]bool{"ping1": false}, true)
	effects = append(effects, m.Receive(began, from("beta", "num_ping_nodes", "num_ping", "0"))...)
	m.Node("ping1", "ping")
	effects = append(effects, m.Receive(began, from("beta", "num_ping_nodes", "num_ping", "0"))...)
	var got []string
	for _, e := range effects {
		if s, ok := e.(ipfail.Send); ok {
			line := ""
			for _, f := range s.Message.Fields {
				line += f.Name + "=" + string(f.Value) + " "
			}
			got = append(got, line)
		}
	}
	want := []string{"t=num_ping_nodes src=alpha num_ping=0 dest=beta ", "t=abort_giveup src=alpha dest=beta ", "t=you_are_dead dest=beta "}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestTwoNodes lets ping nodes come and go for two nodes whose messages are late.
// When all is quiet, who sees fewer holds nothing and nothing moves any more; it
// moves at most once for each change.
func TestTwoNodes(t *testing.T) {
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 1))
		names := []string{"alpha", "beta"}
		nodes := map[string]*ipfail.Machine{"alpha": machine("alpha", "beta", false), "beta": machine("beta", "alpha", false)}
		pings := map[string]map[string]bool{}
		holder := names[rng.IntN(2)]
		now, moves := began, 0
		type letter struct {
			at time.Time
			to string
			m  *message.Message
		}
		var post []letter
		var apply func(self string, effects []ipfail.Effect)
		apply = func(self string, effects []ipfail.Effect) {
			for _, e := range effects {
				switch e := e.(type) {
				case ipfail.Send:
					msg := e.Message.Clone()
					if !msg.Has("src") {
						msg.Add("src", self)
					}
					post = append(post, letter{now.Add(time.Duration(rng.IntN(100)) * time.Millisecond), msg.Text("dest"), msg})
				case ipfail.Ask:
					hold := "none"
					if holder == self {
						hold = "all"
					}
					apply(self, nodes[self].Holding(now, hold))
				case ipfail.GiveUp:
					if holder == self {
						holder = names[1-map[string]int{"alpha": 0, "beta": 1}[self]]
						moves++
					}
				case ipfail.Log:
				}
			}
		}
		run := func(d time.Duration) {
			for end := now.Add(d); now.Before(end); now = now.Add(10 * time.Millisecond) {
				rest := post[:0:0]
				due := post
				post = nil
				for _, l := range due {
					if l.at.After(now) {
						rest = append(rest, l)
						continue
					}
					apply(l.to, nodes[l.to].Receive(now, l.m))
				}
				post = append(rest, post...)
				for _, n := range names {
					if at := nodes[n].Deadline(); !at.IsZero() && !at.After(now) {
						apply(n, nodes[n].Tick(now))
					}
				}
			}
		}
		for _, n := range names {
			pings[n] = map[string]bool{"p1": true, "p2": true}
			apply(n, nodes[n].Start(pings[n], true))
		}
		run(5 * time.Second)
		for range 6 {
			before := moves
			p := []string{"p1", "p2"}[rng.IntN(2)]
			who := rng.IntN(3) // alpha, beta, both one after the other
			st := rng.IntN(2) == 0
			for i, n := range names {
				if who != 2 && who != i || pings[n][p] == st {
					continue
				}
				pings[n][p] = st
				apply(n, nodes[n].Node(p, map[bool]string{true: "ping", false: "dead"}[st]))
				run(time.Duration(rng.IntN(300)) * time.Millisecond)
			}
			run(5 * time.Second)
			a, b := nodes["alpha"].Count(), nodes["beta"].Count()
			if a < b && holder == "alpha" || b < a && holder == "beta" {
				t.Fatalf("seed %d: alpha sees %d, beta sees %d, %s holds", seed, a, b, holder)
			}
			if moves-before > 1 {
				t.Fatalf("seed %d: %d moves for one change", seed, moves-before)
			}
			quiet := moves
			run(10 * time.Second)
			if moves != quiet {
				t.Fatalf("seed %d: it moves although nothing has changed", seed)
			}
		}
	}
}
