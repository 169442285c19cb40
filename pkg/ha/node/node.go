// Package node is one running node: the loop that joins what the core decides
// with links, clock, scripts and the files of the node's identity.
package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"lvsha/pkg/ha/api"
	"lvsha/pkg/ha/config"
	"lvsha/pkg/ha/core"
	"lvsha/pkg/ha/link"
	"lvsha/pkg/ha/membership"
	"lvsha/pkg/ha/message"
	"lvsha/pkg/ha/resource"
	"lvsha/pkg/ha/respawn"
	"lvsha/pkg/ha/takeover"
	"lvsha/pkg/ha/view"
	"lvsha/pkg/system/logging"
	"lvsha/pkg/system/netif"
)

// inboxSize is how many verified messages may wait for the loop. What does not
// fit is lost as on the wire, and asked for again.
const inboxSize = 1024

// Options is what a node needs from its surroundings.
type Options struct {
	Config   *config.Config
	Host     string // name of this node, lower case
	StateDir string // hb_generation, hb_uuid and fifo: /var/lib/heartbeat
	Log      logging.Sink
	Runner   *resource.Runner
	Version  string
	// Reboot restarts the machine. It is called when a resource that must go
	// cannot be stopped, as the original does, so that two nodes never hold it.
	Reboot func()
	// RunDir takes the socket of the client API, /var/run/heartbeat; "" means that
	// there is none. Permissions say who may use it.
	RunDir      string
	Permissions api.Permissions
	// Ready is called once when the links are open.
	Ready func()
	// Alive is called with each heartbeat, and while the node waits for something
	// that may take long. May be nil.
	Alive func()
	// Load reads the configuration anew.
	Load func() (*config.Config, *config.Report)
	// StartRetry is how long a group that has not started on any node stays down
	// before it is tried again; 0 is for ever.
	StartRetry time.Duration
	// Queries may ask for the node's view; nil if nobody does. PID is shown there.
	Queries *Queries
	PID     int
	// Kept is set in a life that follows a restart in place.
	Kept *Reconfigured
}

// Reconfigured ends Run when ha.cf has changed: the resources are kept, and
// another Run is to go on with them by the new configuration.
type Reconfigured struct {
	Config  *config.Config
	Holding takeover.Hold
	book    *view.Book
}

// Error implements error.
func (*Reconfigured) Error() string { return "restart in place" }

// Commands are the requests from outside.
type Commands struct {
	Stop   <-chan struct{} // orderly end; closed or sent to once
	Reload <-chan struct{} // read authkeys and ha.cf again
}

// originalPause is how long a node that was stopped stays silent before it joins
// an original node again. One that returns while its scripts still take over is
// given back what they are about to start, and both hold it.
const originalPause = 5 * time.Second

// How a life ends: errAgain, to be followed by another at once; errLater, by
// another after the originalPause; errRestart, by another after the dead time;
// errEnded, as asked for.
var (
	errAgain   = errors.New("begin again")
	errLater   = errors.New("begin again later")
	errRestart = errors.New("restart")
	errEnded   = errors.New("ended")
)

// isAnother reports whether a life that ended so is to be followed by another.
func isAnother(err error) bool {
	return errors.Is(err, errAgain) || errors.Is(err, errLater) || errors.Is(err, errRestart)
}

// Run lives as a node until it is told to stop and has given up everything. It
// returns an error if it cannot begin.
func Run(ctx context.Context, o Options, c Commands) error {
	initdead := o.Config.HA.Initdead
	if o.Kept != nil {
		initdead = o.Config.HA.Deadtime
	}
	var failures crashes
	book := openBook(o)
	for first := o.Kept == nil; ; first = false {
		n, err := begin(ctx, o, book, initdead, first)
		if err != nil {
			return err
		}
		if o.Ready != nil {
			o.Ready()
			o.Ready = nil
		}
		err = n.loop(ctx, c)
		n.close()
		o.Kept = nil
		if errors.Is(err, errCrashed) {
			if failures.tooMany(time.Now()) {
				return gone()
			}
			err = errAgain
		}
		if n.told && isAnother(err) {
			// Everything is given up: who told it to stop waits for no other life.
			logging.Logf(o.Log, logging.Info, "%s Heartbeat shutdown complete.", o.Host)
			return nil
		}
		switch {
		case errors.Is(err, errAgain), errors.Is(err, errLater):
			if err == errLater && !pause(ctx, c, o, originalPause) {
				return nil
			}
			// The others are known to exist; initdead is for a cold start.
			initdead = o.Config.HA.Deadtime
		case errors.Is(err, errRestart):
			initdead = o.Config.HA.Initdead
			if !pause(ctx, c, o, o.Config.HA.Deadtime+time.Second) {
				return nil
			}
			logging.Logf(o.Log, logging.Info, "Performing heartbeat restart exec.")
		case errors.Is(err, errEnded):
			return nil
		default:
			return err
		}
	}
}

// pause waits between two lives. It reports false when the node shall not live
// again.
func pause(ctx context.Context, c Commands, o Options, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	tick := time.NewTicker(aliveInterval)
	defer tick.Stop()
	for {
		select {
		case <-timer.C:
			return true
		case <-tick.C:
			if o.Alive != nil {
				o.Alive()
			}
		case <-c.Reload:
		case <-c.Stop:
			return false
		case <-ctx.Done():
			return false
		}
	}
}

// node is one life of a node. Everything but the keys belongs to the loop.
type node struct {
	Options
	core    *core.Core
	book    *view.Book
	links   []*link.Link
	keys    atomic.Pointer[message.Keyring]
	losses  atomic.Pointer[losses] // nil but in tests
	inbox   chan arrival
	refused chan refusal
	crashes chan crash
	alive   *alive
	works   *worker
	fencer  *fencer
	hooks   *hooks
	fifo    *fifo
	clients *clients
	// respawned are the programs that live as long as this node; failed is the
	// one of them that ends it.
	respawned *respawn.Supervisor
	failed    *failure
	repeats   *repeats
	notify    *watcher
	changes   *netif.Watch   // of interfaces; nil if they cannot be followed
	loadRead  time.Time      // when the load was read
	carriers  map[int]bool   // by number of the interface: up and running when last heard of
	told      bool           // to stop for good
	next      *config.Config // to go on with when nothing moves any more
	ctx       context.Context
	cancel    context.CancelFunc
}

// arrival is a verified message.
type arrival struct {
	link string
	msg  *message.Message
}

// begin begins a life. Only the first one fails for a medium that cannot be
// opened.
func begin(parent context.Context, o Options, book *view.Book, initdead time.Duration, first bool) (*node, error) {
	gen, err := nextGeneration(o)
	if err != nil {
		return nil, err
	}
	id, fresh, err := nodeUUID(o)
	if err != nil {
		return nil, err
	}
	if fresh {
		o.Log.Log(logging.Info, "No uuid found for current node - generating a new uuid.")
	}
	ctx, cancel := context.WithCancel(parent)
	n := &node{
		Options: o, book: book, ctx: ctx, cancel: cancel,
		inbox:    make(chan arrival, inboxSize),
		refused:  make(chan refusal, 16),
		crashes:  make(chan crash, 1),
		repeats:  newRepeats(o.Log),
		carriers: make(map[int]bool),
	}
	n.keys.Store(o.Config.Keys)
	n.readLosses()
	logging.Logf(o.Log, logging.Info, "heartbeat: version %s", o.Version)
	logging.Logf(o.Log, logging.Info, "Heartbeat generation: %d", gen)
	if err := n.openLinks(first); err != nil {
		n.close()
		return nil, err
	}
	n.followInterfaces()
	if n.fifo, err = openFIFO(o.StateDir); err != nil {
		logging.Logf(o.Log, logging.Error, "command fifo: %v", err)
	}
	n.alive = newAlive(o.Config.HA, o.Alive, o.Log)
	n.works = newWorker(n)
	n.hooks = newHooks(n)
	n.fencer = n.newFencer()
	n.notify = newWatcher(o.Config)
	holder := takeover.Config{
		Self: o.Host, Others: n.others(), AutoFailback: o.Config.HA.AutoFailback != config.FailbackOff, PID: os.Getpid(),
	}
	holder.Fencing = n.fencer != nil
	holder.Retry = o.StartRetry
	holder.Legacy = o.Config.HA.AutoFailback == config.FailbackLegacy
	for _, g := range o.Config.Groups {
		if g.Node == o.Host {
			holder.Keys = append(holder.Keys, g.Key())
		}
	}
	if o.Kept != nil {
		holder.Kept, holder.Holding = true, o.Kept.Holding
	}
	n.core = core.New(n.membership(gen, id, initdead), holder)
	n.book.Begin(time.Now(), gen, o.Config, n.media(), o.Kept != nil)
	n.core.SetChecksum(n.book.Checksum())
	n.openClients()
	return n, nil
}

func (n *node) membership(gen uint64, id [16]byte, initdead time.Duration) membership.Config {
	ha := n.Config.HA
	c := membership.Config{
		Self: n.Host, UUID: id, Generation: gen,
		Keepalive: ha.Keepalive, Deadtime: ha.Deadtime, Warntime: ha.Warntime,
		Initdead: initdead, Deadping: ha.Deadping, MaxRexmit: ha.MaxRexmit,
		Hopfudge: ha.Hopfudge, Seed: uint64(time.Now().UnixNano()),
	}
	for _, name := range ha.Nodes {
		c.Nodes = append(c.Nodes, membership.Node{Name: name})
	}
	for _, l := range n.links {
		if l.Pings() {
			c.Nodes = append(c.Nodes, membership.Node{Name: l.Name(), Ping: true})
			continue
		}
		c.Links = append(c.Links, l.Name())
	}
	return c
}

func (n *node) others() []string {
	var names []string
	for _, name := range n.Config.HA.Nodes {
		if name != n.Host {
			names = append(names, name)
		}
	}
	return names
}

func (n *node) openLinks(first bool) error {
	for _, m := range n.Config.HA.Media {
		l, err := link.Open(n.ctx, m, n.receive)
		if err != nil {
			err = fmt.Errorf("%s/ha.cf:%d: %w", strings.TrimSuffix(n.Config.Dir, "/"), m.Line, err)
			if first {
				if l != nil {
					l.Close()
				}
				return err
			}
			// A node that has lived goes on with what there is.
			n.Log.Log(logging.Error, err.Error())
		}
		if l == nil {
			continue
		}
		n.links = append(n.links, l)
		for _, line := range l.Lines() {
			n.Log.Log(logging.Info, line)
		}
	}
	if len(n.links) == 0 {
		return errors.New("no medium of ha.cf can be used")
	}
	return nil
}

func (n *node) close() {
	n.cancel()
	if n.changes != nil {
		n.changes.Close()
	}
	for _, l := range n.links {
		l.Close()
	}
	if n.fifo != nil {
		n.fifo.close()
	}
	if n.works != nil {
		n.works.close()
	}
	if n.hooks != nil {
		n.hooks.close()
	}
	n.fencer.close()
	if n.alive != nil {
		n.alive.disarm()
	}
	n.respawned.Stop()
	n.clients.close()
	n.repeats.flush()
}

// receive verifies a datagram in the goroutine of its link, so that a flood of
// forged ones never keeps the loop from its deadlines.
func (n *node) receive(linkName string, datagram []byte) {
	defer n.guard("receiver of " + linkName)
	msg, err := message.Decode(datagram, n.keys.Load())
	if err != nil {
		n.refuse(linkName, err)
		return
	}
	if n.lost(msg.Text("src")) {
		return
	}
	select {
	case n.inbox <- arrival{link: linkName, msg: msg}:
	default:
	}
}

// loop owns the core: it is the only goroutine that touches it.
func (n *node) loop(ctx context.Context, c Commands) (err error) {
	defer n.guardLoop(&err)
	timer := time.NewTimer(0)
	defer timer.Stop()
	var armed time.Time // deadline that the timer was set for
	if err := n.apply(n.core.Start(time.Now())); err != nil {
		return err
	}
	stop := c.Stop
	for {
		var effects []core.Effect
		var heard arrival
		now := time.Now()
		deadline := n.core.Deadline()
		wait := deadline.Sub(now)
		if wait <= 0 {
			if now.Sub(n.loadRead) >= loadInterval {
				n.loadRead = now
				n.core.SetLoad(loadAverage())
			}
			effects = n.core.Tick(now)
		} else {
			if deadline != armed {
				armed = deadline
				timer.Reset(wait)
			}
			select {
			case a := <-n.inbox:
				now, heard = time.Now(), a
				effects = n.core.Receive(now, a.link, a.msg)
			case <-timer.C:
				armed = time.Time{}
			case d := <-n.works.done:
				n.worked(time.Now(), d)
				effects = n.core.Done(time.Now(), d.work, d.result)
			case f := <-n.fencer.results():
				effects = n.core.Fenced(time.Now(), f.node, f.verdict)
			case msg := <-n.fifo.messages():
				effects = n.core.Send(time.Now(), msg)
			case <-n.fifo.garbage():
				n.repeats.log("fifo", logging.Warn, "garbage in the command fifo is skipped")
			case e := <-n.clients.events(&n.Config.HA):
				if err := n.clientEvent(e); err != nil {
					return err
				}
			case to := <-n.Queries.questions():
				n.answer(to)
			case command := <-n.respawned.Failed():
				effects = n.failfast(command)
			case <-n.failfastOverdue():
				n.rebootIfFailed()
			case r := <-n.refused:
				n.logRefusal(r)
			case e, ok := <-n.interfaceChanges():
				if n.interfaceChanged(e, ok) {
					effects = n.core.HostChanged(time.Now())
				}
			case <-n.repeats.due():
				n.repeats.flush()
			case f := <-n.crashes:
				return n.crashed(f)
			case <-stop:
				stop, n.told = nil, true
				effects = n.core.Shutdown(time.Now())
			case <-c.Reload:
				n.reload()
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if err := n.apply(effects); err != nil {
			return err
		}
		n.heard(now, heard)
		if n.core.Members().Joined() {
			n.fencer.watch()
			n.works.begin()
		}
		if n.core.Holder().Leaving() {
			n.alive.disarm()
		}
		n.startClients()
		if n.next != nil && n.core.Holder().Stable() && n.core.Members().Joined() {
			return n.restartInPlace()
		}
	}
}

func (n *node) apply(effects []core.Effect) error {
	n.record(effects)
	for _, e := range effects {
		n.hooks.see(e)
		switch e := e.(type) {
		case core.Transmit:
			n.transmit(e.Message)
			if e.Message.Type() == "status" {
				n.alive.sign()
			}
		case core.Run:
			n.works.add(e.Work)
		case core.Fence:
			n.fencer.reset(e.Node)
		case core.Reannounce:
			n.works.reannounce(e.Set)
		case core.Log:
			n.repeats.log(e.Key, e.Level, e.Text)
		case core.Notice:
			if err := n.tellClients(e.Change); err != nil {
				return err
			}
		case core.Stalled:
			n.Log.Log(logging.Crit, "Giving up all HA resources before going on.")
			n.alive.during(n.works.releaseNow)
			if !n.core.Holder().AmongKin() {
				return errLater
			}
			return errAgain
		case core.Ended:
			n.alive.during(n.works.drain)
			n.alive.during(n.hooks.drain)
			n.alive.during(n.respawned.Stop)
			n.rebootIfFailed()
			if e.Restart {
				n.Log.Log(logging.Info, "Restarting heartbeat.")
				return errRestart
			}
			logging.Logf(n.Log, logging.Info, "%s Heartbeat shutdown complete.", n.Host)
			return errEnded
		}
	}
	return nil
}

// loadInterval is between two looks at the load; the kernel counts it anew every
// five seconds.
const loadInterval = time.Second

func loadAverage() string {
	data, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "n/a"
	}
	return strings.TrimSpace(string(data))
}
