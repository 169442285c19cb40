// Package core joins membership and takeover to the whole of what one node
// decides. It is pure: a node and a simulation in virtual time run the same.
package core

import (
	"slices"
	"time"

	"lvsha/pkg/ha/membership"
	"lvsha/pkg/ha/message"
	"lvsha/pkg/ha/takeover"
	"lvsha/pkg/system/logging/level"
)

// linger is how long a node that has given up everything goes on to send, so
// that a lost farewell can be asked for.
const linger = 2 * time.Second

// restartNotice is added to the announced dead time before a planned restart.
const restartNotice = 30 * time.Second

// Effect is something the owner of a core has to carry out, in the order
// returned.
type Effect interface{ effect() }

// Transmit asks for a message to be signed and sent on every link.
type Transmit struct{ Message *message.Message }

// Run asks for resource work; see takeover.Run.
type Run struct{ Work takeover.Work }

// Reannounce asks for the addresses of held groups to be announced again.
type Reannounce struct{ Set takeover.Hold }

// Fence asks for a node to be reset; see takeover.Fence.
type Fence struct{ Node string }

// Ended says that this life is over: everything is given up and said.
type Ended struct{ Restart bool }

// Stalled says that the process did not run for so long that the others took
// over. Everything held must go at once, then a new life begins.
type Stalled struct{ Gap time.Duration }

// Log is a line for the log; see membership.Log for Key.
type Log struct {
	Level level.Level
	Text  string
	Key   string
}

// Notice passes on a message or a change that hooks and clients may want to know.
type Notice struct{ Change membership.Effect }

func (Transmit) effect()   {}
func (Run) effect()        {}
func (Reannounce) effect() {}
func (Fence) effect()      {}
func (Ended) effect()      {}
func (Stalled) effect()    {}
func (Log) effect()        {}
func (Notice) effect()     {}

// Core is what one node decides in one life. It is not safe for concurrent use.
type Core struct {
	members *membership.Machine
	holder  *takeover.Machine
	others  []string
	out     []Effect

	ending  bool // everything is given up and said
	restart bool
	endAt   time.Time
	unaware map[string]bool // others that have not yet shown that they know
}

// New returns the core of a node that has not yet started.
func New(m membership.Config, t takeover.Config) *Core {
	return &Core{members: membership.New(m), holder: takeover.New(t), others: t.Others}
}

// Start begins the life.
func (c *Core) Start(now time.Time) []Effect {
	c.applyHolder(now, c.holder.Start(now))
	c.applyMembers(now, c.members.Start(now))
	return c.end()
}

// Receive takes a verified message and the link it came in on.
func (c *Core) Receive(now time.Time, link string, msg *message.Message) []Effect {
	c.applyMembers(now, c.members.Receive(now, link, msg))
	return c.end()
}

// Tick does what is due.
func (c *Core) Tick(now time.Time) []Effect {
	c.applyMembers(now, c.members.Tick(now))
	c.applyHolder(now, c.holder.Tick(now))
	if c.ending && !now.Before(c.endAt) {
		c.ending = false
		c.emit(Ended{Restart: c.restart})
	}
	return c.end()
}

// Deadline is when Tick has something to do next.
func (c *Core) Deadline() time.Time {
	next := c.members.Deadline()
	if t := c.holder.Deadline(); !t.IsZero() && t.Before(next) {
		next = t
	}
	if c.ending && c.endAt.Before(next) {
		next = c.endAt
	}
	return next
}

// Done tells that a work has ended.
func (c *Core) Done(now time.Time, w takeover.Work, r takeover.Result) []Effect {
	c.applyHolder(now, c.holder.Done(now, w, r))
	return c.end()
}

// Fenced tells how an attempt to fence a node ended.
func (c *Core) Fenced(now time.Time, node string, v takeover.Verdict) []Effect {
	c.applyHolder(now, c.holder.Fenced(now, node, v))
	return c.end()
}

// HostChanged tells that an interface of this node is back.
func (c *Core) HostChanged(now time.Time) []Effect {
	c.applyHolder(now, c.holder.HostChanged(now))
	return c.end()
}

// Shutdown asks for the orderly end of the node.
func (c *Core) Shutdown(now time.Time) []Effect {
	c.applyMembers(now, c.members.Announce(now))
	c.applyHolder(now, c.holder.Shutdown(now))
	return c.end()
}

// AnnounceRestart tells the others to wait longer: this life is about to be
// followed by another that keeps what is held.
func (c *Core) AnnounceRestart(now time.Time) []Effect {
	c.applyMembers(now, c.members.AnnounceRestart(now, restartNotice))
	return c.end()
}

// Send sends a message that a script or client hands in, and acts on it as the
// node itself is concerned.
func (c *Core) Send(now time.Time, msg *message.Message) []Effect {
	c.inject(now, msg)
	return c.end()
}

func (c *Core) inject(now time.Time, msg *message.Message) {
	if msg.Type() == "ask_resources" && msg.Text("info") == "me" {
		set, ok := takeover.ParseHold(msg.Text("rsc_hold"))
		if !ok {
			set = takeover.All
		}
		// What this node refuses is not asked of the other one.
		effects, ok := c.holder.Standby(now, set)
		if ok {
			c.applyMembers(now, c.members.Send(now, msg))
		}
		c.applyHolder(now, effects)
		return
	}
	c.applyMembers(now, c.members.Send(now, msg))
	if msg.Type() == "resource" && msg.Text("info") == "mach_down" {
		c.applyHolder(now, c.holder.MachDown(now))
	}
}

// asked answers another node's wish to take resources with a standby of this
// one. What is local there is foreign here.
func (c *Core) asked(now time.Time, msg *message.Message) {
	set := takeover.All
	if hold, ok := takeover.ParseHold(msg.Text("rsc_hold")); ok && hold != takeover.None {
		set = hold.Mirror()
	}
	c.inject(now, message.New("ask_resources").Add("rsc_hold", set.String()).Add("info", "me"))
}

// SetLoad sets the load text of the messages; see membership.
func (c *Core) SetLoad(text string) { c.members.SetLoad(text) }

// SetChecksum sets the checksum of haresources; see membership.
func (c *Core) SetChecksum(sum string) { c.members.SetChecksum(sum) }

// Monitor says whether clients want to see what is not delivered; see membership.
func (c *Core) Monitor(on bool) { c.members.Monitor(on) }

// Members is the view of the cluster. It must only be read.
func (c *Core) Members() *membership.Machine { return c.members }

// Holder is the state of the resources. It must only be read.
func (c *Core) Holder() *takeover.Machine { return c.holder }

func (c *Core) emit(e Effect) { c.out = append(c.out, e) }

func (c *Core) end() []Effect {
	out := c.out
	c.out = nil
	return out
}

func (c *Core) applyMembers(now time.Time, effects []membership.Effect) {
	for _, e := range effects {
		switch e := e.(type) {
		case membership.Transmit:
			c.emit(Transmit(e))
		case membership.Log:
			c.emit(Log(e))
		case membership.Deliver:
			c.emit(Notice{Change: e})
			c.deliver(now, e)
		case membership.StatusChange:
			c.emit(Notice{Change: e})
			c.notePeer(e.Node)
			if e.To == membership.StatusActive && e.From == membership.StatusDead && !c.kin(e.Node) {
				// A node that starts says "up" first. This one has gone on while this
				// node was restarted in place: to it, too, that was a partition.
				c.applyHolder(now, c.holder.Returned(now, e.Node))
			}
			if e.To == membership.StatusActive {
				c.applyHolder(now, c.holder.Active(now, e.Node))
			}
		case membership.LinkChange, membership.NodeAdded, membership.NodeRemoved, membership.Seen:
			c.emit(Notice{Change: e})
		case membership.Died:
			c.emit(Notice{Change: e})
			if !e.Ping {
				c.notePeer(e.Node)
				c.applyHolder(now, c.holder.Died(now, e.Node))
			}
			c.noticed(now, e.Node)
		case membership.Restarted:
			c.notePeer(e.Node)
			c.applyHolder(now, c.holder.Restarted(now, e.Node))
			c.noticed(now, e.Node)
		case membership.Returned:
			// The status that brought it back is applied after this effect.
			c.holder.Peer(e.Node, true, c.kin(e.Node))
			c.applyHolder(now, c.holder.Returned(now, e.Node))
		case membership.Joined:
			// A node may have been heard by other messages than its status.
			for _, name := range c.others {
				c.notePeer(name)
			}
			c.applyHolder(now, c.holder.Joined(now))
		case membership.Stalled:
			c.stalled(now, e)
		}
	}
}

func (c *Core) deliver(now time.Time, e membership.Deliver) {
	if e.Own {
		return
	}
	if !slices.Contains(c.others, e.From) {
		return // a node that was added later has no part in the resources
	}
	c.applyHolder(now, c.holder.Receive(now, e.From, e.Message))
	if e.Message.Type() == "hb_takeover" {
		c.asked(now, e.Message)
	}
	if c.ending {
		if hold, _ := takeover.ParseHold(e.Message.Text("rsc_hold")); e.Message.Type() == "resource" && hold.Has(takeover.Foreign) {
			c.noticed(now, e.From)
		}
		if e.Message.Type() == "shutdone" {
			c.noticed(now, e.From)
		}
	}
}

func (c *Core) notePeer(name string) {
	v, ok := c.members.View(name)
	if ok && !v.Ping {
		c.holder.Peer(name, v.Status != membership.StatusDead, v.Kin)
	}
}

func (c *Core) kin(name string) bool {
	v, _ := c.members.View(name)
	return v.Kin
}

func (c *Core) applyHolder(now time.Time, effects []takeover.Effect) {
	for _, e := range effects {
		switch e := e.(type) {
		case takeover.Send:
			c.applyMembers(now, c.members.Send(now, e.Message))
		case takeover.Run:
			c.emit(Run(e))
		case takeover.Reannounce:
			c.emit(Reannounce(e))
		case takeover.Fence:
			c.emit(Fence(e))
		case takeover.Log:
			c.emit(Log{Level: e.Level, Text: e.Text})
		case takeover.Stopped:
			c.farewell(now, e.Restart)
		}
	}
}

// farewell stays for a while after everything was given up: until all others
// have shown that they know, or until they had time to ask.
func (c *Core) farewell(now time.Time, restart bool) {
	c.ending, c.restart = true, restart
	c.endAt = now.Add(linger)
	c.unaware = make(map[string]bool)
	for _, name := range c.others {
		if v, ok := c.members.View(name); ok && v.Status != membership.StatusDead && v.Known && !c.holder.Left(name) {
			c.unaware[name] = true
		}
	}
	if len(c.unaware) == 0 {
		c.endAt = now
	}
	if restart {
		c.applyMembers(now, c.members.AnnounceRestart(now, restartNotice))
	}
}

// noticed notes that another node knows of this node's farewell or is gone.
func (c *Core) noticed(now time.Time, name string) {
	if !c.ending {
		return
	}
	delete(c.unaware, name)
	if len(c.unaware) == 0 {
		c.endAt = now
	}
}

// stalled ends this life only if somebody may have taken over meanwhile.
func (c *Core) stalled(now time.Time, e membership.Stalled) {
	c.emit(Log{Level: level.Crit, Text: "This process did not run for " + e.Gap.Round(time.Millisecond).String() + ": the others may have taken over."})
	for _, name := range c.others {
		if v, ok := c.members.View(name); ok && v.Status != membership.StatusDead {
			c.emit(Stalled(e))
			return
		}
	}
	c.applyMembers(now, c.members.Tick(now))
}
