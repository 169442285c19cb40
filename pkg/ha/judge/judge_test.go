package judge_test

import (
	"strings"
	"testing"
	"time"

	"lvsha/pkg/ha/judge"
)

var begin = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func at(seconds float64) time.Time { return begin.Add(time.Duration(seconds * float64(time.Second))) }

var bounds = judge.Bounds{Settle: 2 * time.Second, Answer: 3 * time.Second, Calm: 10 * time.Second, Moves: 2}

var (
	good = judge.Conditions{Whole: true, Healthy: true, Steady: true}
	cut  = judge.Conditions{Healthy: true, Steady: true}
)

// TestVerdicts puts each offence before the judge, and beside it what is excused.
func TestVerdicts(t *testing.T) {
	for _, c := range []struct {
		name string
		play func(j *judge.Judge)
		want string // part of the only verdict; "" for none
	}{
		{"one holder", func(j *judge.Judge) {
			j.Up(at(1), "a", "g")
			j.Announce(at(1), "a", "g")
			j.Rest(at(100))
		}, ""},
		{"overlap", func(j *judge.Judge) {
			j.Up(at(1), "a", "g")
			j.Up(at(4), "b", "g")
		}, "g is on a and b 4s after the last fault"},
		{"overlap that stays", func(j *judge.Judge) {
			j.Up(at(1), "a", "g")
			j.Up(at(1.5), "b", "g")
			j.Pass(at(2.5))
		}, "g is on a and b"},
		{"overlap after an order", func(j *judge.Judge) {
			j.Up(at(1), "a", "g")
			j.Order(at(3.5), true)
			j.Up(at(4), "b", "g")
		}, "g is on a and b"},
		{"overlap while a fault lasts", func(j *judge.Judge) {
			j.Up(at(1), "a", "g")
			j.Conditions(at(2), cut)
			j.Up(at(8), "b", "g")
			j.Conditions(at(20), good)
			j.Down(at(21), "b", "g")
			j.Announce(at(21), "a", "g")
			j.Rest(at(25))
		}, ""},
		{"overlap that is not healed", func(j *judge.Judge) {
			j.Up(at(1), "a", "g")
			j.Conditions(at(2), cut)
			j.Up(at(8), "b", "g")
			j.Conditions(at(20), good)
			j.Down(at(22.5), "b", "g")
		}, "after the last fault"},
		{"nobody", func(j *judge.Judge) { j.Pass(at(3.5)) }, "nobody holds g"},
		{"nobody, and no node is healthy", func(j *judge.Judge) {
			j.Conditions(at(0), judge.Conditions{Whole: true, Steady: true})
			j.Pass(at(60))
		}, ""},
		{"nobody after an order", func(j *judge.Judge) {
			j.Up(at(1), "a", "g")
			j.Order(at(5), true)
			j.Down(at(5), "a", "g")
			j.Up(at(7.9), "b", "g")
		}, ""},
		{"moves without a cause", func(j *judge.Judge) {
			j.Up(at(1), "a", "g")
			j.Down(at(11), "a", "g")
		}, "goes down on a 11s after"},
		{"flapping", func(j *judge.Judge) {
			for i := range 3 {
				j.Up(at(float64(i)), "a", "g")
				j.Down(at(float64(i)+0.5), "a", "g")
			}
		}, "come up 3 times"},
		{"moves by chance", func(j *judge.Judge) {
			j.Up(at(1), "a", "g")
			j.Conditions(at(2), judge.Conditions{Healthy: true})
			j.Down(at(60), "a", "g")
			j.Up(at(60), "b", "g")
		}, ""},
		{"announced by the wrong one", func(j *judge.Judge) {
			j.Up(at(1), "a", "g")
			j.Announce(at(1), "a", "g")
			j.Announce(at(2), "b", "g")
			j.Rest(at(5))
		}, `"b" was the last to announce it`},
		{"announced by another one, held by one that never says so again", func(j *judge.Judge) {
			j.SetBounds(at(0), judge.Bounds{Settle: time.Hour, Answer: time.Hour, Calm: time.Hour, Moves: 9, Mute: map[string]bool{"a": true}})
			j.Up(at(1), "a", "g")
			j.Announce(at(2), "b", "g")
			j.Rest(at(5))
		}, ""},
		{"nobody at rest", func(j *judge.Judge) { j.Rest(at(1)) }, `at rest g is on ""`},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := judge.New(begin, bounds, "g")
			j.Conditions(begin, good)
			c.play(j)
			got := j.Verdicts()
			switch {
			case c.want == "" && len(got) == 0:
			case c.want != "" && len(got) == 1 && strings.Contains(got[0], c.want):
			default:
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
