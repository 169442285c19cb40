package netif

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"
)

// ErrNotEthernet says that an interface has no Ethernet addresses, so that there
// is nobody to announce to.
var ErrNotEthernet = errors.New("interface does not speak ARP")

// tooLate is how late an announcement may be and still leave. A process that
// was stopped or starved for longer may have lost the address to its peer
// meanwhile; it waits for the next turn, when it will have heard.
const tooLate = 400 * time.Millisecond

// Announcer tells the neighbours where addresses are: at once when asked, then
// by its schedule until the address is withdrawn or has gone from the interface.
// One goroutine owns its state.
type Announcer struct {
	host     *Host
	socket   packetSocket
	schedule Schedule
	report   func(error)

	commands chan command
	quit     chan struct{}
	ended    chan struct{}
}

type target struct {
	name string
	ip   netip.Addr
}

type command struct {
	target   target
	withdraw bool
	reply    chan error
}

// turn is the state of one announced address.
type turn struct {
	began time.Time
	due   time.Time
	told  string // the last error that was reported
}

// NewAnnouncer makes one for the Host's network namespace, which must be that of
// the calling thread. report is called from the Announcer's goroutine with what
// goes wrong after Announce has returned, each text once in a row; nil drops it.
func NewAnnouncer(h *Host, s Schedule, report func(error)) (*Announcer, error) {
	sock, err := openPacket()
	if err != nil {
		return nil, err
	}
	if report == nil {
		report = func(error) {}
	}
	a := &Announcer{
		host: h, socket: sock, schedule: s, report: report,
		commands: make(chan command), quit: make(chan struct{}), ended: make(chan struct{}),
	}
	go a.run()
	return a, nil
}

// Announce sends the first frames before it returns and goes on by the
// schedule; for an address that is being announced the schedule begins anew. An
// error means that the first frames did not leave; the schedule goes on except
// after ErrNotEthernet.
func (a *Announcer) Announce(name string, ip netip.Addr) error {
	return a.do(command{target: target{name, ip}})
}

// Withdraw ends the announcements of an address. After it has returned no frame
// leaves.
func (a *Announcer) Withdraw(name string, ip netip.Addr) {
	_ = a.do(command{target: target{name, ip}, withdraw: true})
}

// Close ends all announcements and waits for the goroutine's end.
func (a *Announcer) Close() {
	close(a.quit)
	<-a.ended
}

func (a *Announcer) do(c command) error {
	c.reply = make(chan error, 1)
	select {
	case a.commands <- c:
		return <-c.reply
	case <-a.quit:
		return errors.New("announcer is closed")
	}
}

func (a *Announcer) run() {
	defer close(a.ended)
	defer a.socket.close()
	turns := make(map[target]*turn)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		reset(timer, turns)
		select {
		case <-a.quit:
			return
		case c := <-a.commands:
			c.reply <- a.obey(turns, c)
		case <-timer.C:
			a.work(turns)
		}
	}
}

// reset sets the timer to the earliest turn.
func reset(timer *time.Timer, turns map[target]*turn) {
	if !timer.Stop() {
		select {
		case <-timer.C:
		default:
		}
	}
	var due time.Time
	for _, t := range turns {
		if due.IsZero() || t.due.Before(due) {
			due = t.due
		}
	}
	if !due.IsZero() {
		timer.Reset(max(time.Until(due), 0))
	}
}

func (a *Announcer) obey(turns map[target]*turn, c command) error {
	delete(turns, c.target)
	if c.withdraw {
		return nil
	}
	began := time.Now()
	err := a.send(c.target)
	if errors.Is(err, ErrNotEthernet) {
		return err
	}
	if after, more := a.schedule.next(0); more {
		turns[c.target] = &turn{began: began, due: began.Add(after)}
	}
	return err
}

// work sends what is due.
func (a *Announcer) work(turns map[target]*turn) {
	now := time.Now()
	for tg, t := range turns {
		if t.due.After(now) {
			continue
		}
		if now.Sub(t.due) <= tooLate {
			held, err := a.host.Holds(tg.name, tg.ip)
			switch {
			case err == nil && !held:
				delete(turns, tg)
				continue
			case err == nil:
				err = a.send(tg)
			}
			a.tell(t, err)
		}
		after, more := a.schedule.next(now.Sub(t.began))
		if !more {
			delete(turns, tg)
			continue
		}
		t.due = t.began.Add(after)
	}
}

func (a *Announcer) tell(t *turn, err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	if text != "" && text != t.told {
		a.report(err)
	}
	t.told = text
}

// frames are what announces an address once.
func frames(mac net.HardwareAddr, ip netip.Addr) [][]byte {
	if ip.Is4() {
		pair := Gratuitous(mac, ip)
		return pair[:]
	}
	return [][]byte{Unsolicited(mac, ip)}
}

// send puts one announcement on the wire. The interface is looked up each
// time, because its hardware address changes when a bond fails over.
func (a *Announcer) send(t target) error {
	l, err := a.host.Link(t.name)
	if err != nil {
		return fmt.Errorf("announce %s: %w", t.ip, err)
	}
	if !l.Ethernet || len(l.Hardware) != 6 {
		return fmt.Errorf("announce %s on %s: %w", t.ip, t.name, ErrNotEthernet)
	}
	for _, frame := range frames(l.Hardware, t.ip) {
		if err := a.socket.send(l.Index, frame); err != nil {
			return fmt.Errorf("announce %s on %s: %w", t.ip, t.name, err)
		}
	}
	return nil
}
