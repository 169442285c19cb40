package takeover

import (
	"strconv"
	"time"

	"lvsha/pkg/ha/message"
	"lvsha/pkg/system/logging/level"
)

// The waits of the resource protocol.
const (
	localWait      = 10 * time.Second // before own resources are taken from an undecided peer
	standbyReply   = 10 * time.Second // for the other side to agree to a standby
	standbyLimit   = time.Hour        // for one half of a standby exchange
	failbackRetry  = time.Second      // between attempts of a delayed failback
	syncInterval   = time.Second      // between questions to a node that is not stable
	prepareLimit   = 2 * time.Second  // for the other side to prepare before a shutdown goes on
	agreeLimit     = 5 * time.Second  // for this side, before it agrees to a standby all the same
	disputeLimit   = 5 * time.Second  // in which an original node may let go of what both hold
	partitionPause = 2 * time.Second  // between the return of an original node and the restart
)

// phase is how far this node has come. The numbers appear in log lines.
type phase uint8

const (
	initial      phase = iota // the cluster is not yet joined
	starting                  // "starting" said
	bothStarting              // "starting" said and heard
	received                  // a resource report seen, nobody stable yet
	stable                    // this node has what it should have
	shutdown                  // everything is being given up
)

// standby is the phase of a standby exchange. The numbers appear in log lines.
type standby uint8

const (
	noStandby    standby = iota
	standbyMe            // this node asked to give up a set
	standbyOther         // the other node asked, this node agreed
	standbyDone          // one half is done, the other half runs
)

// Config is what a machine must know.
type Config struct {
	Self         string
	Others       []string // the other cluster nodes, in configuration order
	AutoFailback bool     // ha.cf(5) auto_failback on
	PID          int      // printed in the line that begins a shutdown
	// Legacy is ha.cf(5) auto_failback legacy, which is also the default; Keys
	// are this node's groups, which it asks an original node for then.
	Legacy bool
	Keys   []string
	// Fencing says that a device resets a dead node before its resources are
	// taken, by ha.cf(5) stonith or stonith_host.
	Fencing bool
	// Retry is how long a group that did not start stays down before it is tried
	// again; 0 is for ever.
	Retry time.Duration
	// Kept says that this life follows a restart in place: Holding is held, and
	// the resources of the life before were left running on purpose.
	Kept    bool
	Holding Hold
}

// Machine is one node's part in the resource protocol. It is not safe for
// concurrent use.
type Machine struct {
	cfg Config
	out []Effect

	phase       phase
	mine        Hold
	theirs      Hold
	reported    bool // the other side said what it holds since it last started
	theirStable bool
	taking      bool   // an Inherit work is out
	overlap     bool   // the other side also holds what this node keeps
	yields      uint64 // how often this node has let go of what both held
	doubt       bool   // the other side may have announced what this node holds
	prepared    Hold   // asked to be prepared, and not yet taken
	busy        int    // works asked for and not done

	standby         standby
	standbySet      Hold // as the node going standby sees it
	cause           Cause
	starting        Hold // being started in an exchange, and not yet claimed
	standbyDeadline time.Time
	agreeAt         time.Time // when the other side is told to go on at the latest

	wanted []string // own groups that an original node was asked for
	askAt  time.Time
	giving bool // foreign groups are handed over one by one since the last takeover

	failed  Hold // groups that did not start here and are to be given away
	spurned Hold // groups that were given away for that; they are not given twice

	unstarted Hold      // groups that did not start here when last tried
	retryAt   time.Time // when those that are held are tried again

	needFailback bool
	failbackAt   time.Time
	localAt      time.Time
	syncAt       time.Time
	offer        offer
	orphansAt    time.Time

	joined, probed, leftovers bool
	initialLogged             bool
	localDone, foreignDone    bool

	stopping  bool // a shutdown or restart was asked for
	restart   bool // … and it is a restart
	leaves    Hold // what was held when the shutdown began
	given     bool // everything is to be given up, and the others know
	released  bool // … and its release was asked for
	ended     bool // … and done and said
	releaseAt time.Time
	deferred  bool // the delay of the shutdown was logged
	restartAt time.Time
	disputeAt time.Time // when groups that an original node holds as well are given up

	peers map[string]*peer
}

// peer is what matters of another node.
type peer struct {
	alive bool
	kin   bool   // it runs this program
	died  bool   // before this node had joined
	back  bool   // it goes on after its death, and was told so once
	gave  uint64 // its yields, by the newest report
	left  bool   // it said that it has given up everything

	fencing bool      // it is dead, and not yet known to be reset
	fenceAt time.Time // when that is tried again

	leaving bool // it is giving up everything and may still hold some

	// The newest report seen. Messages that were lost arrive late; what they
	// say about resources is no longer so.
	generation, seq uint64
	asked           uint64 // number of its last message in a standby exchange

	// The newest message of any kind that was heard before this node said "starting".
	// Reports up to that one, which come when lost messages are asked for, are older
	// than the answer.
	earlierGeneration, earlier uint64
}

// New returns the machine of a node that has not yet started.
func New(cfg Config) *Machine {
	m := &Machine{cfg: cfg, peers: make(map[string]*peer), mine: cfg.Holding, doubt: cfg.Kept}
	for _, name := range cfg.Others {
		m.peers[name] = &peer{}
	}
	return m
}

// Start begins the machine's life with a look at what an earlier one left.
func (m *Machine) Start(time.Time) []Effect {
	m.run(Work{Operation: Probe, Set: All, Reason: Startup})
	return m.end()
}

// Joined tells that the cluster's membership is known.
func (m *Machine) Joined(now time.Time) []Effect {
	m.joined = true
	m.cleanUp(now)
	return m.end()
}

// Peer tells what membership knows of another node.
func (m *Machine) Peer(name string, alive, kin bool) {
	if p, ok := m.peers[name]; ok {
		p.alive, p.kin = alive, kin
		if alive {
			p.died = false
			p.unfence()
		}
	}
}

// Tick does what is due.
func (m *Machine) Tick(now time.Time) []Effect {
	if due(m.standbyDeadline, now) {
		if _, kin := m.others(); kin && m.standby == standbyMe {
			// The request overtook the report that made it possible, and was ignored.
			if m.cause == Failback {
				m.needFailback, m.failbackAt = true, now.Add(failbackRetry)
			}
			m.keepOffer()
		}
		m.standbyDeadline = time.Time{}
		m.standby = noStandby
		m.theirStable = true
		m.logf(level.Warn, "No reply to standby request.  Standby request cancelled.")
	}
	if due(m.askAt, now) {
		m.askGroups(now)
	}
	if due(m.agreeAt, now) {
		m.agree()
	}
	if due(m.releaseAt, now) {
		m.releaseAll()
	}
	if due(m.localAt, now) && !m.anyLeaving() {
		m.takeLocal(now)
	}
	if due(m.failbackAt, now) {
		m.failbackAt = time.Time{}
		m.failback(now)
	}
	if due(m.disputeAt, now) {
		m.endDispute()
	}
	if due(m.restartAt, now) {
		m.restartAt = time.Time{}
		m.stopping, m.restart = true, true
	}
	m.fenceDue(now)
	m.settle(now)
	return m.end()
}

// Deadline is when Tick has something to do next; the zero time means never.
func (m *Machine) Deadline() time.Time {
	var next time.Time
	for _, t := range []time.Time{m.standbyDeadline, m.localAt, m.failbackAt, m.restartAt, m.disputeAt, m.syncAt, m.agreeAt, m.releaseAt, m.askAt, m.orphansAt} {
		if !t.IsZero() && t == m.localAt && m.anyLeaving() {
			continue // its farewell or its death decides
		}
		next = earlier(next, t)
	}
	if m.cfg.Fencing {
		for _, p := range m.peers {
			next = earlier(next, p.fenceAt)
		}
	}
	return earlier(next, m.retryDue())
}

// earlier is the first of two times; the zero time is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// Mine is what this node holds, in its own belief.
func (m *Machine) Mine() Hold { return m.mine }

// Theirs is what the other side said it holds.
func (m *Machine) Theirs() Hold { return m.theirs }

// Left reports whether another node has said that it has given up everything.
func (m *Machine) Left(name string) bool {
	p, ok := m.peers[name]
	return ok && p.left
}

// Leaving reports whether this node has begun to give up everything for good.
func (m *Machine) Leaving() bool { return m.given }

// Stable reports whether nothing is moving.
func (m *Machine) Stable() bool {
	return (m.theirStable || !m.anyAlive()) && m.quiet() && m.failbackAt.IsZero() &&
		(m.phase == stable || m.phase == shutdown || m.phase == initial)
}

// quiet reports whether no work and no exchange is under way.
func (m *Machine) quiet() bool {
	return !m.taking && m.standby == noStandby && m.standbyDeadline.IsZero() && m.busy == 0
}

func due(at, now time.Time) bool { return !at.IsZero() && !now.Before(at) }

func (m *Machine) end() []Effect {
	out := m.out
	m.out = nil
	return out
}

// settle runs after every event: what became possible is done.
func (m *Machine) settle(now time.Time) {
	m.takeUnowned(now)
	m.yield()
	m.meetAfterRestart(now)
	m.giveFailed(now)
	m.tryAgain(now)
	m.unprepare()
	m.sync(now)
	m.audit(now)
	m.beginShutdown(now)
}

// others reports whether any other node is alive, and whether all that are run
// this program.
func (m *Machine) others() (alive, kin bool) {
	kin = true
	for _, name := range m.cfg.Others {
		p := m.peers[name]
		if !p.alive || p.left {
			continue
		}
		alive = true
		kin = kin && p.kin
	}
	return alive, kin
}

// AmongKin reports whether every other live node runs this program.
func (m *Machine) AmongKin() bool {
	_, kin := m.others()
	return kin
}

func (m *Machine) anyAlive() bool {
	alive, _ := m.others()
	return alive
}

// anyLeaving reports whether a live node is giving up what it may still hold.
func (m *Machine) anyLeaving() bool {
	for _, p := range m.peers {
		if p.alive && p.leaving && !p.left {
			return true
		}
	}
	return false
}

func (m *Machine) isKin(name string) bool {
	p, ok := m.peers[name]
	return ok && p.kin
}

// report says what this node holds.
func (m *Machine) report(isStable bool, info string) {
	if m.phase == starting || m.phase == bothStarting {
		m.phase = received
	}
	msg := message.New("resource").Add("rsc_hold", m.mine.String()).Add("rtype", "full")
	if isStable {
		msg.Add("isstable", "1")
	} else {
		msg.Add("isstable", "0")
	}
	if info != "" {
		msg.Add("info", info)
	}
	if alive, kin := m.others(); alive && kin {
		msg.Add("standby", strconv.Itoa(int(m.standby)))
		if m.yields > 0 {
			msg.AddHex("yields", m.yields)
		}
	}
	m.emit(Send{Message: msg})
}

// initialDone logs once that what was to be acquired at the start is.
func (m *Machine) initialDone(reason string) {
	if m.initialLogged || !m.localDone || !m.foreignDone {
		return
	}
	m.initialLogged = true
	m.logf(level.Info, "Initial resource acquisition complete (%s)", reason)
}

// audit says what must not be, and between two of this program nothing more:
// they settle it by themselves.
func (m *Machine) audit(now time.Time) {
	if m.phase != stable || m.stopping || !m.theirStable || !m.quiet() {
		return
	}
	if !m.mine.Has(Local) || !m.theirs.Has(Foreign) {
		m.disputeAt = time.Time{}
		return
	}
	if !m.overlap {
		m.overlap = true
		m.logf(level.Error, "Both machines own our resources!")
	}
	if _, kin := m.others(); !kin && m.disputeAt.IsZero() {
		m.disputeAt = now.Add(disputeLimit)
	}
}

// endDispute gives everything up and begins a new life: an original node does
// nothing about groups that both hold, but it gives back what it has to a node
// that returns.
func (m *Machine) endDispute() {
	m.disputeAt = time.Time{}
	m.logf(level.Warn, "Both machines still own our resources: giving them up to begin again.")
	m.stopping, m.restart = true, true
}
