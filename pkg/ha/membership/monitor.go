package membership

import "lvsha/pkg/ha/message"

// Fate is what became of a message that was not delivered.
type Fate uint8

// The fates.
const (
	Unchanged Fate = iota // the answer of a ping node that answers all the time
	Dropped               // for somebody else, or of an earlier life
	Duplicate             // it was here already, or this node has sent it
	Protocol              // about other messages, not for anybody to see
)

// Seen reports a message that was not delivered, to clients that want to see what
// is under way.
type Seen struct {
	Message *message.Message
	Fate    Fate
}

func (Seen) effect() {}

// Monitor says whether Seen is of interest.
func (m *Machine) Monitor(on bool) { m.monitored = on }

func (m *Machine) saw(msg *message.Message, fate Fate) {
	if m.monitored {
		m.emit(Seen{Message: msg, Fate: fate})
	}
}
