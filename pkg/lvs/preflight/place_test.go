package preflight

import "testing"

func TestColumn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		line, text, meant string
		want              int
	}{
		{"\tschedular=rr", "Unknown command \"\tschedular=rr\"", `did you mean "scheduler"?`, 2},
		{"\treal=10.1.0.1:80 gaet", "forward method must be gate, masq or ipip", `did you mean "gate"?`, 19},
		{"\treal=nosuch:80 gate", "invalid address (nosuch) for real server (could not resolve host)", "", 7},
		{"bogus", "Unknown command bogus", "", 1},
		{"", "anything", "", 1},
	} {
		if got := column(c.line, c.text, c.meant); got != c.want {
			t.Errorf("%q: %d, want %d", c.line, got, c.want)
		}
	}
}
