package node

import (
	"fmt"

	"lvsha/pkg/ha/link"
	"lvsha/pkg/ha/takeover"
	"lvsha/pkg/system/logging"
	"lvsha/pkg/system/netif"
)

// followInterfaces subscribes to what the kernel tells of interfaces and their
// addresses. Without it the links work as long as their interfaces stay.
func (n *node) followInterfaces() {
	w, err := netif.NewWatch()
	if err != nil {
		n.repeats.log("interfaces", logging.Warn, fmt.Sprintf("interfaces are not followed: %v", err))
		return
	}
	n.changes = w
}

// interfaceChanges is the channel of changes; without a subscription it never
// has any.
func (n *node) interfaceChanges() <-chan netif.Event {
	if n.changes == nil {
		return nil
	}
	return n.changes.Events()
}

// interfaceChanged has the links look at what concerns them. A subscription
// that the kernel has ended is begun anew, and everything is looked at. It reports
// whether an interface is up that was not.
func (n *node) interfaceChanged(e netif.Event, ok bool) (back bool) {
	if !ok {
		n.changes.Close()
		n.changes = nil
		n.followInterfaces()
	}
	for _, l := range n.links {
		look := l.Refresh
		if ok {
			look = func() (string, error) { return l.Changed(e.Link.Name, e.Link.Index) }
		}
		n.logLink(l, look)
	}
	return ok && e.Change == netif.LinkChanged && n.announceOn(e.Link)
}

// announceOn announces what is held when an interface is back: nobody has heard it
// on that interface meanwhile. It reports whether the interface was not up.
func (n *node) announceOn(l netif.Link) (back bool) {
	up := l.Up && l.Running
	was, known := n.carriers[l.Index]
	n.carriers[l.Index] = up
	if up && known && !was {
		if mine := n.core.Holder().Mine(); mine != takeover.None {
			n.works.reannounce(mine)
		}
	}
	return up && !was
}

func (n *node) logLink(l *link.Link, look func() (string, error)) {
	line, err := look()
	if line != "" {
		n.Log.Log(logging.Warn, line)
	}
	if err != nil {
		n.repeats.log("link "+l.Name(), logging.Error, err.Error())
	}
}
