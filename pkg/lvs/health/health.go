// Package health turns the results of checks into what is believed of a real
// server of a virtual service. It decides only: no clock, no input, no output.
package health

// State is what is believed of a real server.
type State uint8

// The states.
const (
	Unknown State = iota // no result yet, and not in service before
	Up
	Down
)

// String returns the state in a word.
func (s State) String() string { return [...]string{"unknown", "up", "down"}[s] }

// Verdict is the outcome of one round for a server.
type Verdict uint8

// The verdicts.
const (
	Passed Verdict = iota
	Failed
	Maintenance // an administrator took it out; ldirectord.cf maintenancedir
)

// Server is what is remembered of a real server of a virtual service. The zero
// Server is unknown.
type Server struct {
	State State
	// Failures in a row, at most the number that takes the server down.
	Failures int
}

// Event is what a verdict means to the administrator and to the table.
type Event uint8

// The events.
const (
	SoftFailure Event = iota // failed, and still in service
	Recovered                // passed after failures; the count is back at 0
	WentUp
	WentDown
	// StillMaintained is a server that is kept out; an entry of weight 0 that was
	// removed by hand may have to come back.
	StillMaintained
)

// Step returns the server after a verdict. failureCount is how many failures in
// a row take a server out of service (ldirectord.cf failurecount). A server that
// was never in service needs only one to count as down.
func (s Server) Step(v Verdict, failureCount int) (Server, []Event) {
	switch v {
	case Passed:
		return s.passed()
	case Maintenance:
		if s.State == Down {
			return s, []Event{StillMaintained}
		}
		return Server{State: Down, Failures: failureCount}, []Event{WentDown}
	}
	if s.State == Down {
		return s, nil
	}
	s.Failures++
	if s.State == Up && s.Failures < failureCount {
		return s, []Event{SoftFailure}
	}
	return Server{State: Down, Failures: failureCount}, []Event{WentDown}
}

func (s Server) passed() (Server, []Event) {
	var events []Event
	if s.Failures > 0 {
		events = append(events, Recovered)
	}
	if s.State != Up {
		events = append(events, WentUp)
	}
	return Server{State: Up}, events
}
