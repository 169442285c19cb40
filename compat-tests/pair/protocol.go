package pair

import "time"

// agentName is the program name under which the binary is an agent.
const agentName = "pair-agent"

// Kind says what an Event tells.
type Kind string

// The kinds of events.
const (
	Up   Kind = "up"   // the address has come onto the node's interface
	Down Kind = "down" // the address has gone from it
	ARP  Kind = "arp"  // a gratuitous ARP frame; Text is the hardware address
	Gap  Kind = "gap"  // the client had an answer again after Length without one
	Line Kind = "line" // the node's log has a new line, Text
	// Neighbour is an unsolicited neighbour advertisement; Text as with ARP.
	Neighbour Kind = "neighbour"
	Fault     Kind = "fault" // the test did something to the node or the link, Text
)

// Event is one thing that happened. Up, Down and ARP are in the kernel's order.
type Event struct {
	At     time.Time
	Kind   Kind
	Node   string        // name of the node, "" for the client and the wire
	Text   string        `json:",omitempty"`
	Length time.Duration `json:",omitempty"`
}

// order is what an agent is told to do.
type order struct {
	ID   int
	Op   string            // setup, run, signal, watch, sniff, probe, disturb, flood
	Spec *spec             `json:",omitempty"` // setup
	Argv []string          `json:",omitempty"` // run
	Num  int               `json:",omitempty"` // signal: its number; disturb: percent; flood: a second
	Text string            `json:",omitempty"` // watch, sniff, probe: the address; disturb: two interfaces; flood: addresses
	Pids map[string]int    `json:",omitempty"` // watch: agents by node name
	Env  map[string]string `json:",omitempty"` // run: besides the usual
}

// answer is what an agent says: the end of an order, or an event.
type answer struct {
	ID    int
	Code  int    `json:",omitempty"` // run: exit status
	Out   string `json:",omitempty"` // run: standard output and error
	Err   string `json:",omitempty"` // the order could not be carried out
	Event *Event `json:",omitempty"`
}

// spec is how an agent prepares its namespaces.
type spec struct {
	Host  string   // host name, "" keeps it
	Tmpfs []string // directories that become empty
	Binds []bind   // in this order, after the tmpfs
}

// bind shows From at To.
type bind struct{ From, To string }
