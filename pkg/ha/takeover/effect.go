package takeover

import (
	"fmt"

	"lvsha/pkg/ha/message"
	"lvsha/pkg/system/logging/level"
)

// Effect is something the owner of a machine has to carry out, in the order
// returned.
type Effect interface{ effect() }

// Send asks for a message to the cluster. The owner also delivers it back to
// the machine, as it delivers the messages of the others.
type Send struct{ Message *message.Message }

// Run asks for resource work. Works run one after the other in the order asked
// for; when one has ended the owner calls Done with it.
type Run struct{ Work Work }

// Reannounce asks for the addresses of the held groups in Set to be announced
// again: an overlap of two holders has ended.
type Reannounce struct{ Set Hold }

// Stopped says that everything is given up and said; the owner ends this life.
type Stopped struct {
	Restart bool // begin a new life after the usual pause
}

// Log is a line for the log.
type Log struct {
	Level level.Level
	Text  string
}

func (Send) effect()       {}
func (Run) effect()        {}
func (Reannounce) effect() {}
func (Stopped) effect()    {}
func (Log) effect()        {}

// Operation is what a work does with its groups.
type Operation uint8

// The operations.
const (
	Probe   Operation = iota // find out whether any group is up
	Acquire                  // start the groups in Set
	Release                  // stop the groups in Set
	Inherit                  // start the groups whose preferred node is Node
	Ready                    // start what may run on both nodes, of the groups of Node or in Set
)

// String names the operation for logs and tests.
func (o Operation) String() string {
	return [...]string{"probe", "acquire", "release", "inherit", "ready"}[o]
}

// Reason says what a work belongs to and so what follows its end.
type Reason uint8

// The reasons.
const (
	Startup     Reason = iota // what an earlier life left behind
	Own                       // this node takes its own groups
	MachDown                  // the groups of a dead or leaving node
	Standby                   // one half of a standby exchange
	Yield                     // both held the groups after a partition
	Preparation               // the other side is about to let go
	Asked                     // an original node has asked for its group
	Granted                   // an original node has let go of a group
	Unprepare                 // what was prepared is not to come
	Orphans                   // groups that an original node does not claim
	Shutdown                  // everything goes
	Again                     // what did not start is tried again
)

// Work is one piece of resource work.
type Work struct {
	Operation Operation
	Set       Hold
	Key       string // one group only, whatever Set and Node say
	Node      string // Inherit, Ready: the node whose groups are taken over
	Reason    Reason
}

func (m *Machine) emit(e Effect) { m.out = append(m.out, e) }

func (m *Machine) logf(l level.Level, format string, args ...any) {
	m.emit(Log{Level: l, Text: fmt.Sprintf(format, args...)})
}

func (m *Machine) run(w Work) {
	m.busy++
	m.emit(Run{Work: w})
}
