package howto

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// Result is one step of the how-to.
type Result struct {
	Name   string
	Took   time.Duration // until what was to happen had happened
	Saw    Saw
	Failed string // why, empty if the step passed
}

// play is a running scenario.
type play struct {
	out             io.Writer
	began           time.Time
	master, standby *host
	web1, web2      *webServer
	client          *client
	results         []Result
	software        software
}

// Play sets the scene in the namespaces of this machine, which it takes for its
// own, plays every step and tells what it does. It returns what came of each
// step; an error means that the scene could not be set.
func Play(out io.Writer) ([]Result, error) {
	p := &play{out: out, began: time.Now(), software: heartbeat{}}
	if err := p.set(); err != nil {
		return nil, err
	}
	p.step("start", stepLimit, "Both directors: /etc/init.d/heartbeat start.", p.start, func() bool {
		return p.on(p.master) && p.reals(p.master) == 2
	})
	p.step("traffic", stepLimit, "The client asks the VIP through the master, from four addresses.", p.client.start, p.bothServe)
	p.step("web server dies", stepLimit, "The web server www1 is killed.", func() error { p.web1.kill(); return nil }, func() bool {
		return p.reals(p.master) == 1
	})
	p.step("web server returns", stepLimit, "The web server www1 is started again.", p.web1.start, func() bool {
		return p.reals(p.master) == 2
	})
	p.step("stop of the master", stepLimit, "Master: /etc/init.d/heartbeat stop.", func() error { return p.software.stop(p, p.master) }, func() bool {
		return p.on(p.standby) && p.reals(p.standby) == 2 && p.services(p.master) == 0
	})
	p.step("failback", stepLimit, "Master: /etc/init.d/heartbeat start.", func() error { return p.software.start(p, p.master) }, func() bool {
		return p.on(p.master) && p.reals(p.master) == 2 && p.services(p.standby) == 0
	})
	p.step("death of the master", stepLimit, "Master: SIGKILL to every process, and the cable is out.", p.master.die, func() bool {
		return p.standby.holdsVIP() && p.reals(p.standby) == 2
	})
	_ = p.client.stdin.Close()
	return p.results, nil
}

// set makes the hosts.
func (p *play) set() error {
	p.say("Setting the scene: two directors, two web servers and a client on one segment.")
	base, err := os.MkdirTemp("", "howto-")
	if err != nil {
		return err
	}
	if err := newNetwork(); err != nil {
		return err
	}
	if p.master, err = newHost("lvsm", masterName, masterIP); err != nil {
		return err
	}
	if p.standby, err = newHost("lvss", standbyName, standbyIP); err != nil {
		return err
	}
	if err := p.master.director(base, standbyIP); err != nil {
		return err
	}
	if err := p.standby.director(base, masterIP); err != nil {
		return err
	}
	if p.web1, err = newWebServer("www1", "www1", web1IP); err != nil {
		return err
	}
	if p.web2, err = newWebServer("www2", "www2", web2IP); err != nil {
		return err
	}
	p.client, err = newClient()
	return err
}

func (p *play) start() error {
	if err := p.software.start(p, p.master); err != nil {
		return err
	}
	return p.software.start(p, p.standby)
}

func (p *play) heartbeat(h *host, verb string) error {
	out, err := h.run("/etc/init.d/heartbeat", verb)
	for _, line := range strings.Split(out, "\n") {
		if strings.TrimSpace(line) != "" {
			p.say("  %s: %s", h.ns, line)
		}
	}
	return err
}

// on reports whether the VIP is on that director and not on the other.
func (p *play) on(h *host) bool {
	other := p.master
	if h == p.master {
		other = p.standby
	}
	return h.holdsVIP() && !other.holdsVIP()
}

// reals counts the real servers in a director's table, services the virtuals.
func (p *play) reals(h *host) int    { return strings.Count(h.table(), "  -> 192.0.2.") }
func (p *play) services(h *host) int { return strings.Count(h.table(), "TCP  ") }

// bothServe reports whether the client has had answers of both web servers.
func (p *play) bothServe() bool {
	s := sum(p.client.since(p.began, time.Now()))
	return s.Servers["www1"] > 0 && s.Servers["www2"] > 0
}

// settle is how long a step goes on after its end, so that what follows from it
// is seen too.
const settle = 3 * time.Second

// pollInterval is between two looks at the directors.
const pollInterval = 100 * time.Millisecond

// step does something, waits until what is wanted has happened, and tells.
func (p *play) step(name string, limit time.Duration, text string, do func() error, reached func() bool) {
	p.say("")
	p.say("== %s: %s", name, text)
	begin := time.Now()
	r := Result{Name: name}
	if err := do(); err != nil {
		r.Failed = err.Error()
	}
	for r.Failed == "" && !reached() {
		if time.Since(begin) > limit {
			r.Failed = fmt.Sprintf("not reached within %v", limit)
			break
		}
		time.Sleep(pollInterval)
	}
	r.Took = time.Since(begin)
	time.Sleep(settle)
	if r.Failed == "" && !reached() {
		r.Failed = "reached and lost again"
	}
	r.Saw = sum(p.client.since(begin, time.Now().Add(-askTimeout)))
	p.results = append(p.results, r)
	p.tell(r)
}

// tell prints where everything is.
func (p *play) tell(r Result) {
	p.say("after %.1f s:", r.Took.Seconds())
	for _, h := range []*host{p.master, p.standby} {
		if h.holdsVIP() {
			p.say("  the VIP %s is on %s; its table:", vip, h.ns)
		} else {
			p.say("  no VIP on %s; its table:", h.ns)
		}
		for _, line := range strings.Split(h.table(), "\n") {
			p.say("    | %s", line)
		}
	}
	if r.Saw.Asked > 0 {
		p.say("  %s", r.Saw)
	}
	if r.Failed != "" {
		p.say("  FAILED: %s", r.Failed)
		p.lastLines(p.master)
		p.lastLines(p.standby)
	}
}

// lastLines prints the end of a director's logs.
func (p *play) lastLines(h *host) {
	for _, name := range []string{"ha.log", "ldirectord.log"} {
		text, err := os.ReadFile(h.dir + "/log/" + name)
		if err != nil {
			continue
		}
		lines := strings.Split(strings.TrimSpace(string(text)), "\n")
		for _, line := range lines[max(0, len(lines)-20):] {
			p.say("  %s %s: %s", h.ns, name, line)
		}
	}
}

// say prints a line with the time since the beginning.
func (p *play) say(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	if line == "" {
		fmt.Fprintln(p.out)
		return
	}
	fmt.Fprintf(p.out, "%s [%6.2f] %s\n", time.Now().Format("15:04:05.00"), time.Since(p.began).Seconds(), line)
}
