package config

import "net/netip"

// Answers is a Host that asks another one and remembers what it said. What a file
// means depends on its content and on these answers alone: if both are the same,
// nothing needs to be read again. A question that was answered is not asked a
// second time. The value is used by one goroutine at a time.
type Answers struct {
	host  Host
	said  map[question]answer
	order []question // those of said, as they came
}

// question is one call of a Host.
type question struct {
	what       asked
	name, more string
	ipv6       bool
}

type asked uint8

const (
	askLookup asked = iota
	askService
	askNodeName
	askAppendable
	askIsDir
)

// answer is what a call returned; each question sets its own fields.
type answer struct {
	addr netip.Addr
	port uint16
	yes  bool
	name string
	err  error
}

// NewAnswers returns a Host that asks this one.
func NewAnswers(host Host) *Answers { return &Answers{host: host, said: make(map[question]answer)} }

// Again asks a host all of these questions. It returns what was said now, and
// whether that is the same as before.
func (a *Answers) Again(host Host) (now *Answers, same bool) {
	now, same = NewAnswers(host), true
	for _, q := range a.order {
		same = now.ask(q).equal(a.said[q]) && same
	}
	return now, same
}

// equal compares errors by what they say, which is what a report has of them.
func (a answer) equal(b answer) bool {
	if (a.err == nil) != (b.err == nil) || a.err != nil && reason(a.err) != reason(b.err) {
		return false
	}
	a.err, b.err = nil, nil
	return a == b
}

func (a *Answers) ask(q question) answer {
	if said, known := a.said[q]; known {
		return said
	}
	var said answer
	switch q.what {
	case askLookup:
		said.addr, said.err = a.host.Lookup(q.name, q.ipv6)
	case askService:
		said.port, said.yes = a.host.Service(q.name, q.more)
	case askNodeName:
		said.name = a.host.NodeName()
	case askAppendable:
		said.err = a.host.Appendable(q.name)
	case askIsDir:
		said.yes = a.host.IsDir(q.name)
	}
	a.said[q] = said
	a.order = append(a.order, q)
	return said
}

// Lookup implements Host.
func (a *Answers) Lookup(name string, ipv6 bool) (netip.Addr, error) {
	said := a.ask(question{what: askLookup, name: name, ipv6: ipv6})
	return said.addr, said.err
}

// Service implements Host.
func (a *Answers) Service(name, protocol string) (uint16, bool) {
	said := a.ask(question{what: askService, name: name, more: protocol})
	return said.port, said.yes
}

// NodeName implements Host.
func (a *Answers) NodeName() string { return a.ask(question{what: askNodeName}).name }

// Appendable implements Host.
func (a *Answers) Appendable(path string) error {
	return a.ask(question{what: askAppendable, name: path}).err
}

// IsDir implements Host.
func (a *Answers) IsDir(path string) bool { return a.ask(question{what: askIsDir, name: path}).yes }
