package node

import (
	"strings"
	"testing"
	"time"

	"lvsha/pkg/ha/core"
	"lvsha/pkg/ha/message"
	"lvsha/pkg/ha/view"
	"lvsha/pkg/system/logging"
)

// noted keeps the lines of a log.
type noted []string

func (n *noted) Log(_ logging.Level, text string) { *n = append(*n, text) }

// TestABrokenBookEndsNoLife: what only keeps account must not stop a node.
func TestABrokenBookEndsNoLife(t *testing.T) {
	t.Parallel()
	var log noted
	n := &node{repeats: newRepeats(&log)} // without a book
	n.record([]core.Effect{core.Stalled{}})
	n.heard(time.Now(), arrival{link: "eth0", msg: message.New("status")})
	n.worked(time.Now(), outcome{})
	n.answer(make(chan *view.View, 1))
	if len(log) == 0 || !strings.HasPrefix(log[0], "the view of this node is wrong from now on: ") {
		t.Errorf("log: %q", log)
	}
}
