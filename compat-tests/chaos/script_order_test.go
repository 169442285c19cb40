package chaos_test

import (
	"strings"
	"testing"
)

func TestDisorder(t *testing.T) {
	for _, c := range []struct {
		name, lines string
		wrong       bool
	}{
		{"start and stop", "start begin first|start end first|start begin last|start end last|stop begin last|stop end last|stop begin first|stop end first", false},
		{"wrong order of start", "start begin last|start end last", true},
		{"wrong order of stop", "start begin first|start end first|start begin last|start end last|stop begin first|stop end first", true},
		{"two at once", "start begin first|start begin last|start end first|start end last", true},
		{"a stop killed half way", "start begin first|start end first|start begin last|start end last|stop begin last|killed|stop begin first|stop end first", false},
		{"killed half way", "start begin first|killed|start begin first|start end first", false},
	} {
		if got := disorder(strings.Split(c.lines, "|")); (got != "") != c.wrong {
			t.Errorf("%s: %q", c.name, got)
		}
	}
}
