package node

import (
	"fmt"
	"testing"
)

func TestParseLosses(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"xmitloss=0.5\nrcvloss=1\nallownodes=alpha;Beta;\n", "{0.5 1 [alpha beta]}"},
		{"xmitloss=1\nrcvloss=1\nallownodes=;\n", "{1 1 []}"},
		{"", "{0 0 []}"},
		{"xmitloss=x\nnonsense\n", "{0 0 []}"},
	} {
		if got := fmt.Sprint(*parseLosses(c.text)); got != c.want {
			t.Errorf("%q: %s, want %s", c.text, got, c.want)
		}
	}
}

func TestLosses(t *testing.T) {
	l := parseLosses("rcvloss=0.3\nallownodes=alpha;")
	for _, c := range []struct {
		src    string
		random float64
		want   bool
	}{{"beta", 0.29, true}, {"beta", 0.31, false}, {"alpha", 0, false}} {
		if got := l.loses(l.receive, c.src, c.random); got != c.want {
			t.Errorf("%s, %v: %v", c.src, c.random, got)
		}
	}
}
