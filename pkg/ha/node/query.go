package node

import (
	"context"
	"fmt"
	"time"

	"lvsha/pkg/ha/core"
	"lvsha/pkg/ha/view"
	"lvsha/pkg/system/logging"
)

// Queries lets others ask a node for its view. The zero value cannot be asked; a
// node that is given none is asked by nobody.
type Queries struct{ asked chan chan<- *view.View }

// NewQueries returns queries that every life of a node answers.
func NewQueries() *Queries { return &Queries{asked: make(chan chan<- *view.View)} }

// Ask asks the loop of the node. It returns the error of the context if that ends
// before the loop has answered.
func (q *Queries) Ask(ctx context.Context) (*view.View, error) {
	answer := make(chan *view.View, 1) // the loop waits for nobody
	select {
	case q.asked <- answer:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case v := <-answer:
		return v, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// questions is nil without queries, which no select takes.
func (q *Queries) questions() <-chan chan<- *view.View {
	if q == nil {
		return nil
	}
	return q.asked
}

// openBook begins the account of a daemon's lives, or goes on with the one that a
// restart in place hands on.
func openBook(o Options) *view.Book {
	if o.Kept != nil && o.Kept.book != nil {
		return o.Kept.book
	}
	return view.New(time.Now(), view.Start{Version: o.Version, PID: o.PID})
}

// media are the links as the book names them.
func (n *node) media() []view.Medium {
	var out []view.Medium
	for _, l := range n.links {
		out = append(out, view.Medium{Name: l.Name(), Kind: l.Kind(), Ping: l.Pings()})
	}
	return out
}

// heard has the book know of a packet, if membership has taken it for a sign of
// life.
func (n *node) heard(now time.Time, a arrival) {
	if a.msg == nil {
		return
	}
	defer n.guardBook()
	src := a.msg.Text("src")
	if n.core.Members().Seen(src, a.link).Equal(now) {
		n.book.Heard(now, src, a.link)
	}
}

// record has the book see what was decided.
func (n *node) record(effects []core.Effect) {
	if len(effects) == 0 {
		return
	}
	defer n.guardBook()
	now := time.Now()
	for _, e := range effects {
		n.book.See(now, e, n.core)
	}
	n.book.Hold(now, n.core.Holder())
}

// worked has the book know of the end of a work, and the core of the haresources
// that it went by.
func (n *node) worked(now time.Time, o outcome) {
	defer n.guardBook()
	if o.groups != nil {
		n.book.SetGroups(now, o.groups)
		n.core.SetChecksum(n.book.Checksum())
	}
	n.book.Done(now, o.work, o.became)
}

// answer answers a question.
func (n *node) answer(to chan<- *view.View) {
	defer n.guardBook()
	to <- n.book.View(time.Now(), n.core)
}

// guardBook is deferred by what only keeps account: that the book may be wrong must
// not end a life.
func (n *node) guardBook() {
	if failed := recover(); failed != nil {
		n.repeats.log("view", logging.Error, fmt.Sprintf("the view of this node is wrong from now on: %v", failed))
	}
}
