package node

import (
	"errors"
	"fmt"
	"sort"
	"time"

	"lvsha/pkg/ha/message"
	"lvsha/pkg/system/logging"
)

// repeatWindow is how long repeats of a line are counted before they are told.
const repeatWindow = time.Minute

// repeats writes the first of equal troubles and counts the others.
type repeats struct {
	sink   logging.Sink
	counts map[string]*repeat
	timer  *time.Timer
}

type repeat struct {
	level logging.Level
	text  string
	more  int
}

func newRepeats(log logging.Sink) *repeats {
	r := &repeats{sink: log, counts: make(map[string]*repeat), timer: time.NewTimer(repeatWindow)}
	r.timer.Stop()
	return r
}

// log writes a line; one with a key only if that key was not seen in this window.
func (r *repeats) log(key string, l logging.Level, text string) bool {
	if key == "" {
		r.sink.Log(l, text)
		return true
	}
	if seen, ok := r.counts[key]; ok {
		seen.more++
		seen.text = text
		return false
	}
	if len(r.counts) == 0 {
		r.timer.Reset(repeatWindow)
	}
	r.counts[key] = &repeat{level: l, text: text}
	r.sink.Log(l, text)
	return true
}

func (r *repeats) due() <-chan time.Time { return r.timer.C }

// flush tells what was counted and begins a new window.
func (r *repeats) flush() {
	r.timer.Stop()
	keys := make([]string, 0, len(r.counts))
	for key := range r.counts {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	for _, key := range keys {
		if c := r.counts[key]; c.more > 0 {
			r.sink.Log(c.level, fmt.Sprintf("%s (the last of %d more)", c.text, c.more))
		}
	}
	clear(r.counts)
}

// refusal is a datagram that was not let in.
type refusal struct {
	link string
	err  error
}

// refuse hands a refusal to the loop if it has room for it. The lines of an
// authentication error are made here: they still point into the datagram.
func (n *node) refuse(linkName string, err error) {
	if errors.Is(err, message.ErrNotFrame) {
		return
	}
	var auth *message.AuthError
	if errors.As(err, &auth) && len(n.refused) == cap(n.refused) {
		return
	}
	if auth != nil {
		err = &refusedLines{lines: auth.Lines(), severe: auth.Severe()}
	}
	select {
	case n.refused <- refusal{link: linkName, err: err}:
	default:
	}
}

// refusedLines is an authentication error made independent of its datagram.
type refusedLines struct {
	lines  []string
	severe bool
}

func (r *refusedLines) Error() string { return r.lines[0] }

func (n *node) logRefusal(r refusal) {
	if !n.Config.HA.LogBadpack {
		return
	}
	var auth *refusedLines
	if !errors.As(r.err, &auth) {
		n.repeats.log("syntax "+r.link, logging.Error, fmt.Sprintf("malformed message dropped: iface %s: %v", r.link, r.err))
		return
	}
	level := logging.Warn
	if auth.severe {
		level = logging.Error
	}
	if n.repeats.log("auth "+r.link, level, auth.lines[0]) {
		for _, line := range auth.lines[1:] {
			n.Log.Log(logging.Warn, line)
		}
	}
}
