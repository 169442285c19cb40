package health_test

import (
	"fmt"
	"testing"

	"lvsha/pkg/lvs/health"
)

const (
	pass = health.Passed
	fail = health.Failed
	main = health.Maintenance
)

func TestStep(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		count    int
		start    health.State
		verdicts []health.Verdict
		want     []string // state and events after each verdict
	}{
		{"one failure takes it out", 1, health.Up, []health.Verdict{fail, fail, pass}, []string{"down [3]", "down []", "up [1 2]"}},
		{"failurecount=3", 3, health.Up, []health.Verdict{fail, fail, pass, fail, fail, fail}, []string{"up [0]", "up [0]", "up [1]", "up [0]", "up [0]", "down [3]"}},
		{"an unknown server does not wait for the count", 3, health.Unknown, []health.Verdict{fail, pass}, []string{"down [3]", "up [1 2]"}},
		{"first result passes", 3, health.Unknown, []health.Verdict{pass, pass}, []string{"up [2]", "up []"}},
		{"maintenance ignores the count", 3, health.Up, []health.Verdict{main, main, fail, pass}, []string{"down [3]", "down [4]", "down []", "up [1 2]"}},
	}
	for _, test := range tests {
		s := health.Server{State: test.start}
		for i, v := range test.verdicts {
			var events []health.Event
			s, events = s.Step(v, test.count)
			if got := fmt.Sprint(s.State, " ", events); got != test.want[i] {
				t.Errorf("%s: after verdict %d: %s, want %s", test.name, i+1, got, test.want[i])
			}
		}
	}
}
