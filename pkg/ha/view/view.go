// Package view keeps the books of one node for people and monitors: who lives
// since when, how regularly the links carry, who holds which group and why, and
// what moved last. A Book is fed with what the core decides and makes Views of it,
// which are the JSON that docs/status.md documents. It is pure.
package view

import (
	"time"
)

// Format is the version of the JSON. New fields do not change it.
const Format = 1

// View is what a node sees at one moment. It belongs to whoever got it.
type View struct {
	Format     int    `json:"format"`
	Program    string `json:"program"`
	Running    bool   `json:"running"` // true: a daemon that does not run has no view
	Version    string `json:"version"`
	Time       Stamp  `json:"time"` // when this was so
	Node       string `json:"node"`
	PID        int    `json:"pid"`
	Started    Stamp  `json:"started"` // of the daemon
	Life       Stamp  `json:"life"`    // of the present life: a new one begins after a pause or a restart in place
	Generation uint64 `json:"generation"`
	Status     string `json:"status"` // up or active, as other nodes hear it
	Holds      string `json:"holds"`  // none, local, foreign, all or transition, as cl_status rscstatus

	Healthy  bool     `json:"healthy"`
	Trouble  []string `json:"trouble"`  // why it is not
	Warnings []string `json:"warnings"` // what a look is worth

	Config      Config       `json:"config"`
	Nodes       []Node       `json:"nodes"`
	Groups      []Group      `json:"groups"`
	Transitions []Transition `json:"transitions"` // newest first
	Events      []Event      `json:"events"`      // newest first
	Totals      Totals       `json:"totals"`
}

// Config is what of the configuration explains the rest. Times are seconds.
type Config struct {
	Dir          string  `json:"dir"`
	Keepalive    Seconds `json:"keepalive"`
	Warntime     Seconds `json:"warntime"`
	Deadtime     Seconds `json:"deadtime"`
	Initdead     Seconds `json:"initdead"`
	Deadping     Seconds `json:"deadping"`
	AutoFailback string  `json:"auto_failback"`
	UDPPort      int     `json:"udpport"`
	Haresources  string  `json:"haresources"` // checksum
}

// Node is a member: a cluster node or a ping node.
type Node struct {
	Name   string `json:"name"`
	Self   bool   `json:"self"`
	Ping   bool   `json:"ping"`
	Status string `json:"status"` // init, up, active, dead or ping
	Since  Stamp  `json:"since"`
	Heard  Stamp  `json:"heard,omitempty"` // last status
	Kin    bool   `json:"kin"`             // runs this program
	Deaths uint64 `json:"deaths"`          // since the daemon has started
	// Haresources is the checksum of its file, "" if it does not tell.
	Haresources string `json:"haresources,omitempty"`
	Links       []Link `json:"links"` // none of the node itself
}

// Link is one way on which a node is heard.
type Link struct {
	Name   string  `json:"name"`
	Kind   string  `json:"kind"` // directive of ha.cf
	Up     bool    `json:"up"`
	Since  Stamp   `json:"since"`
	Heard  Stamp   `json:"heard,omitempty"` // last packet
	GapMax Seconds `json:"gap_max"`         // longest time between two packets while it was up
	GapAt  Stamp   `json:"gap_max_at,omitempty"`
	Late   uint64  `json:"late"` // gaps above warntime
	Gaps   Gaps    `json:"gaps"`
}

// Gaps are the longest gaps of the last minutes, oldest first: one for each span of
// time, nil where nothing came. The last one is not over.
type Gaps struct {
	Every  Seconds    `json:"every"`
	Values []*Seconds `json:"values"`
}

// Group is one line of haresources.
type Group struct {
	Key       string   `json:"key"`
	Resources []string `json:"resources"`
	Preferred string   `json:"preferred"` // its node in haresources
	Holder    string   `json:"holder"`    // "" if nobody is known to hold it
	// State is up, starting, stopping or failed for a group of this node, held for
	// one of another node, and down.
	State string `json:"state"`
	Since Stamp  `json:"since"`
	Why   string `json:"why"`
	Error string `json:"error,omitempty"` // of the last start or stop here
}

// Transition is one move of groups on this node.
type Transition struct {
	At     Stamp    `json:"at"`
	Action string   `json:"action"` // start or stop
	Why    string   `json:"why"`
	Cause  string   `json:"cause"` // one word; docs/status.md has the list
	Groups []string `json:"groups"`
	Node   string   `json:"node,omitempty"` // the other node that it has to do with
	// Running says that it is not over; Seconds is how long it took or takes.
	Running bool    `json:"running"`
	Seconds Seconds `json:"seconds"`
	// Silence is how long the dead node had not been heard when it was declared dead.
	Silence Seconds `json:"silence,omitempty"`
	Error   string  `json:"error,omitempty"`
}

// Event is a change of a node or a link.
type Event struct {
	At   Stamp  `json:"at"`
	Node string `json:"node"`
	Link string `json:"link,omitempty"`
	From string `json:"from"`
	To   string `json:"to"`
}

// Totals count since the daemon has started.
type Totals struct {
	Transitions map[string]uint64 `json:"transitions"` // by cause
	Failures    uint64            `json:"failures"`    // transitions with an error
	Lives       uint64            `json:"lives"`       // of this node
}

// Stamp is a time as RFC 3339 with milliseconds, "" for none.
type Stamp string

const stampForm = "2006-01-02T15:04:05.000Z07:00"

func stamp(t time.Time) Stamp {
	if t.IsZero() {
		return ""
	}
	return Stamp(t.Format(stampForm))
}

// Time is the time of a stamp; zero for none.
func (s Stamp) Time() time.Time {
	t, err := time.Parse(stampForm, string(s))
	if err != nil {
		return time.Time{}
	}
	return t
}

// Seconds is a duration as a number of seconds.
type Seconds float64

// seconds keeps milliseconds.
func seconds(d time.Duration) Seconds { return Seconds(d.Round(time.Millisecond).Seconds()) }

// Duration is the duration of a number of seconds.
func (s Seconds) Duration() time.Duration {
	return time.Duration(float64(s) * float64(time.Second)).Round(time.Millisecond)
}
