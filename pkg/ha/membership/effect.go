package membership

import (
	"fmt"
	"time"

	"lvsha/pkg/ha/message"
	"lvsha/pkg/system/logging/level"
)

// Effect is something the owner of a machine has to carry out or pass on, in
// the order returned.
type Effect interface{ effect() }

// Transmit asks for the message to be signed and sent on every link.
type Transmit struct{ Message *message.Message }

// Deliver hands a message to whoever it concerns: sequenced messages of live
// nodes and the node's own, each once.
type Deliver struct {
	Message *message.Message
	From    string
	Own     bool // sent by this node
}

// StatusChange reports that a node announced another status.
type StatusChange struct {
	Node, From, To string
	Message        *message.Message // nil when the change was not announced
}

// LinkChange reports that a node is or is no longer heard on a link.
type LinkChange struct {
	Node, Link string
	Up         bool
}

// Died reports that nothing was heard of a node for its dead time.
type Died struct {
	Node string
	Ping bool
}

// NodeAdded reports a member that the configuration did not name.
type NodeAdded struct{ Node string }

// NodeRemoved reports that a dead member is none any more.
type NodeRemoved struct{ Node string }

// Restarted reports a new life of a node that was known before.
type Restarted struct{ Node string }

// Returned reports that a node declared dead goes on in its old life: the
// network was cut, or one of the two was stopped.
type Returned struct{ Node string }

// Joined reports that every configured node is heard or dead and the node lists
// are agreed: resources may be looked after. It comes once.
type Joined struct{}

// Stalled reports that this process did not run for longer than the dead time
// it announces. What it knew is void; it must not go on in this life.
type Stalled struct{ Gap time.Duration }

// Log is a line for the log. Lines with the same Key repeat for as long as the
// trouble lasts; the owner writes the first and counts the others.
type Log struct {
	Level level.Level
	Text  string
	Key   string
}

func (Transmit) effect()     {}
func (Deliver) effect()      {}
func (StatusChange) effect() {}
func (LinkChange) effect()   {}
func (Died) effect()         {}
func (NodeAdded) effect()    {}
func (NodeRemoved) effect()  {}
func (Restarted) effect()    {}
func (Returned) effect()     {}
func (Joined) effect()       {}
func (Stalled) effect()      {}
func (Log) effect()          {}

func (m *Machine) emit(e Effect) { m.out = append(m.out, e) }

func (m *Machine) logf(l level.Level, format string, args ...any) {
	m.emit(Log{Level: l, Text: fmt.Sprintf(format, args...)})
}

// repeatf logs what a broken or hostile sender can cause at will.
func (m *Machine) repeatf(key string, l level.Level, format string, args ...any) {
	m.emit(Log{Level: l, Text: fmt.Sprintf(format, args...), Key: key})
}
