package node

import (
	"bufio"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"lvsha/pkg/system/logging"
)

// testFile makes a node lose messages on purpose; TestHeartbeatComm of the
// original writes it. It is read at the start and at each reload.
const testFile = "OnlyForTesting"

// losses are what it says. A nil value loses nothing.
type losses struct {
	send, receive float64  // shares of 0 to 1
	allowed       []string // nodes whose messages are never lost
}

// parseLosses reads lines of NAME=VALUE; others mean nothing.
func parseLosses(text string) *losses {
	l := new(losses)
	for in := bufio.NewScanner(strings.NewReader(text)); in.Scan(); {
		name, value, _ := strings.Cut(strings.TrimSpace(in.Text()), "=")
		share, err := strconv.ParseFloat(value, 64)
		switch {
		case name == "xmitloss" && err == nil:
			l.send = share
		case name == "rcvloss" && err == nil:
			l.receive = share
		case name == "allownodes":
			for _, node := range strings.Split(value, ";") {
				if node != "" {
					l.allowed = append(l.allowed, strings.ToLower(node))
				}
			}
		}
	}
	return l
}

// loses reports whether a message of a node is lost for a random number of 0 to 1.
func (l *losses) loses(share float64, src string, random float64) bool {
	return random < share && !slices.Contains(l.allowed, src)
}

// lost reports whether a message that came from a node is to be lost.
func (n *node) lost(src string) bool {
	l := n.losses.Load()
	return l != nil && l.loses(l.receive, src, rand.Float64())
}

// unsent reports whether a message of this node is to be lost.
func (n *node) unsent() bool {
	l := n.losses.Load()
	return l != nil && l.loses(l.send, n.Host, rand.Float64())
}

// readLosses reads the file, if it is there.
func (n *node) readLosses() {
	text, err := os.ReadFile(filepath.Join(n.Config.Dir, testFile))
	if err != nil {
		if !errors.Is(err, os.ErrNotExist) {
			n.Log.Log(logging.Error, err.Error())
		}
		n.losses.Store(nil)
		return
	}
	n.Log.Log(logging.Warn, "WARNING: Enabling Test Code")
	l := parseLosses(string(text))
	logging.Logf(n.Log, logging.Warn, "WARNING: Above Node will receive packets with loss of %g, and send with loss of %g, but for those of %s",
		l.receive, l.send, strings.Join(l.allowed, ", "))
	n.losses.Store(l)
}
