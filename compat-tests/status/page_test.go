package status_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"lvsha/compat-tests/browser"
	"lvsha/pkg/ha/view"
	"lvsha/pkg/system/status"
)

// The sizes that pages are looked at with.
var (
	desktop = browser.View{Width: 1280, Height: 900}
	phone   = browser.View{Width: 390, Height: 844, Phone: true, Dark: true}
)

// The names of somebody who means ill, and one without a blank.
var hostile = []string{
	`<img src=x onerror="window.owned=1">`, `<script>window.owned=1</script>`, `"><svg onload=window.owned=1>`,
	`javascript:window.owned=1`, `</title><script>window.owned=1</script>`, "\u202egnp.exe", `http://192.0.2.1/x.png`, strings.Repeat("x", 300),
}

// shown is a daemon whose view the test makes.
type shown struct {
	mu    sync.Mutex
	view  *view.View
	stuck bool
	base  string
}

// snapshot is a view as the daemon shows it.
type snapshot struct{ *view.View }

func (snapshot) Healthy() error          { return nil }
func (snapshot) Metrics(*status.Metrics) {}

func (s *shown) set(v *view.View, stuck bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.view, s.stuck = v, stuck
}

// serve serves the page of a main package with a view of the test's.
func serve(t *testing.T, dir string, v *view.View) *shown {
	t.Helper()
	s := &shown{view: v}
	log := make(journal, 100)
	server := status.Start(status.Options{
		Addresses: []status.Address{{Network: "tcp", Addr: "127.0.0.1:0"}}, Page: os.DirFS(dir), Log: log,
		MaxAge: time.Millisecond, Limit: 50 * time.Millisecond,
		Ask: func(ctx context.Context) (status.Snapshot, error) {
			s.mu.Lock()
			v, stuck := s.view, s.stuck
			s.mu.Unlock()
			if stuck {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			return snapshot{v}, nil
		},
	})
	t.Cleanup(server.Close)
	_, s.base, _ = strings.Cut(<-log, "listening on ")
	return s
}

// stamp is a time so long before the view's.
func stamp(ago time.Duration) view.Stamp {
	return view.Stamp(time.Date(2026, 11, 28, 14, 0, 0, 0, time.UTC).Add(-ago).Format("2006-01-02T15:04:05.000Z07:00"))
}

// gaps are a plot: regular, with one late packet and a silence.
func gaps(base float64) view.Gaps {
	g := view.Gaps{Every: 5}
	for i := range 120 {
		v := view.Seconds(base * (1 + 0.05*float64(i%7)))
		switch {
		case i == 40:
			v = view.Seconds(base * 2.8)
		case i >= 70 && i < 75:
			g.Values = append(g.Values, nil)
			continue
		}
		g.Values = append(g.Values, &v)
	}
	return g
}

// sample is a pair in the middle of its life.
func sample() *view.View {
	link := func(name, kind string, up bool) view.Link {
		return view.Link{Name: name, Kind: kind, Up: up, Since: stamp(time.Hour), Heard: stamp(700 * time.Millisecond), GapMax: 5.6, GapAt: stamp(400 * time.Second), Late: 1, Gaps: gaps(2)}
	}
	return &view.View{
		Format: 1, Program: "heartbeat", Running: true, Version: "5.0.0", Time: stamp(0), Node: "lvsm", PID: 1207,
		Started: stamp(26 * time.Hour), Life: stamp(26 * time.Hour), Generation: 17, Status: "active", Holds: "all", Healthy: true,
		Trouble: []string{}, Warnings: []string{"link ens224 to lvss is dead"},
		Config: view.Config{Dir: "/etc/ha.d", Keepalive: 2, Warntime: 5, Deadtime: 10, Initdead: 60, Deadping: 10, AutoFailback: "on", UDPPort: 694, Haresources: "0123456789ab"},
		Nodes: []view.Node{
			{Name: "lvsm", Self: true, Status: "active", Since: stamp(26 * time.Hour), Kin: true, Links: []view.Link{}},
			{Name: "lvss", Status: "active", Since: stamp(3 * time.Hour), Heard: stamp(700 * time.Millisecond), Kin: true, Haresources: "0123456789ab",
				Links: []view.Link{link("ens192", "ucast", true), link("ens224", "bcast", false)}},
			{Name: "192.0.2.1", Ping: true, Status: "ping", Since: stamp(26 * time.Hour), Links: []view.Link{link("192.0.2.1", "ping", true)}},
		},
		Groups: []view.Group{
			{Key: "192.0.2.70", Resources: []string{"192.0.2.70", "ldirectord::ldirectord.cf"}, Preferred: "lvsm", Holder: "lvsm", State: "up", Since: stamp(26 * time.Hour), Why: "this is its own node"},
			{Key: "192.0.2.71", Resources: []string{"192.0.2.71", "httpd"}, Preferred: "lvss", Holder: "lvsm", State: "failed", Since: stamp(3 * time.Hour), Why: "lvss is dead", Error: "httpd: start: exit status 1"},
			{Key: "192.0.2.72", Resources: []string{"192.0.2.72"}, Preferred: "lvss", Holder: "lvss", State: "held", Since: stamp(3 * time.Hour), Why: "its own node lvss is back"},
		},
		Transitions: []view.Transition{
			{At: stamp(2 * time.Second), Action: "stop", Why: "this node was asked to go standby", Cause: "standby", Groups: []string{"192.0.2.70"}, Running: true, Seconds: 2},
			{At: stamp(3 * time.Hour), Action: "stop", Why: "its own node lvss is back", Cause: "failback", Groups: []string{"192.0.2.72"}, Seconds: 0.4},
			{At: stamp(4 * time.Hour), Action: "start", Why: "lvss is dead", Cause: "dead", Groups: []string{"192.0.2.71", "192.0.2.72"}, Seconds: 3.2, Silence: 10, Error: "httpd: start: exit status 1"},
		},
		Events: []view.Event{
			{At: stamp(90 * time.Minute), Node: "lvss", Link: "ens224", From: "up", To: "dead"},
			{At: stamp(3 * time.Hour), Node: "lvss", From: "dead", To: "active"},
			{At: stamp(4 * time.Hour), Node: "lvss", From: "active", To: "dead"},
		},
		Totals: view.Totals{Transitions: map[string]uint64{}, Lives: 1},
	}
}

// clean checks that a page has logged nothing, asked nobody else and fits.
func clean(t *testing.T, p *browser.Page, base string) {
	t.Helper()
	if said := p.Said(); len(said) > 0 {
		t.Errorf("the page has said %d things, first of all %q", len(said), said[:min(len(said), 3)])
	}
	for _, url := range p.Requests() {
		if !strings.HasPrefix(url, base) && !strings.HasPrefix(url, "about:") {
			t.Errorf("the page has asked for %s", url)
		}
	}
	if wide := eval(t, p, `document.documentElement.scrollWidth - innerWidth`); wide != 0.0 {
		t.Errorf("the page is %v pixels too wide", wide)
	}
}

// TestHeartbeatPage looks at the page at both sizes.
func TestHeartbeatPage(t *testing.T) {
	s := serve(t, "../../heartbeat", sample())
	for name, v := range map[string]browser.View{"desktop": desktop, "phone": phone} {
		p := open(t, s.base, v)
		must(t, p.Wait(within(t), `document.querySelectorAll("#line li").length === 6`))
		text := fmt.Sprint(eval(t, p, `document.body.innerText`))
		for _, want := range []string{
			"lvsm", "working, with warnings", "link ens224 to lvss is dead", "192.0.2.70 ldirectord::ldirectord.cf",
			"httpd: start: exit status 1", "longest gap 5.6\u00a0s", "silent for 10\u00a0s",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %q in\n%s", name, want, text)
			}
		}
		if n := eval(t, p, `document.querySelectorAll("svg.plot path.line").length`); n != 3.0 {
			t.Errorf("%s: %v plots", name, n)
		}
		photograph(t, p, "heartbeat-"+name)
		clean(t, p, s.base)
	}
}

// TestHeartbeatPageFollows: what changes is changed in place, and a daemon that
// does not answer is told.
func TestHeartbeatPageFollows(t *testing.T) {
	s := serve(t, "../../heartbeat", sample())
	p := open(t, s.base, desktop)
	must(t, p.Wait(within(t), `document.querySelectorAll("#groups tr").length === 3`))
	eval(t, p, `window.kept = [...document.querySelectorAll("#groups tr, #nodes article, svg.plot, #line li")].length +
		(window.rows = [...document.querySelectorAll("#groups tr")], "")`)
	next := sample()
	next.Groups = next.Groups[1:]
	next.Groups[0].State, next.Groups[0].Error = "up", ""
	s.set(next, false)
	must(t, p.Wait(within(t), `document.querySelectorAll("#groups tr").length === 2`))
	if same := eval(t, p, `rows[1] === document.querySelectorAll("#groups tr")[0] && !rows[0].isConnected && rows[1].innerText.includes("up")`); same != true {
		t.Error("a row that stays is made anew")
	}
	s.set(nil, true)
	must(t, p.Wait(within(t), `!document.getElementById("alert").hidden`))
	if why := fmt.Sprint(eval(t, p, `document.getElementById("alert").innerText`)); !strings.Contains(why, "does not answer within 50ms") {
		t.Errorf("alert: %s", why)
	}
	if n := eval(t, p, `document.querySelectorAll("#groups tr").length`); n != 2.0 {
		t.Errorf("%v groups are left", n)
	}
	s.set(sample(), false)
	must(t, p.Wait(within(t), `document.getElementById("alert").hidden`))
}

// TestHostileNames: what is in names is text, whatever it is.
func TestHostileNames(t *testing.T) {
	v := sample()
	for i, name := range hostile {
		g := v.Groups[i%3]
		g.Key, g.Resources, g.Why, g.Holder, g.Error = name, []string{name}, name, name, name
		v.Groups = append(v.Groups, g)
		n := v.Nodes[1]
		n.Name, n.Status = name, name
		link := n.Links[0]
		link.Name, link.Kind = name, name
		n.Links = []view.Link{link}
		v.Nodes = append(v.Nodes, n)
		v.Events = append(v.Events, view.Event{At: stamp(time.Minute), Node: name, Link: name, From: name, To: name})
		v.Transitions = append(v.Transitions, view.Transition{At: stamp(time.Minute), Action: name, Why: name, Cause: name, Groups: []string{name}, Error: name})
		v.Warnings = append(v.Warnings, name)
		v.Trouble = append(v.Trouble, name)
	}
	v.Node, v.Version, v.Status = hostile[4], hostile[1], hostile[0]
	s := serve(t, "../../heartbeat", v)
	for name, size := range map[string]browser.View{"desktop": desktop, "phone": phone} {
		p := open(t, s.base, size)
		must(t, p.Wait(within(t), fmt.Sprintf(`document.querySelectorAll("#groups tr").length === %d`, len(v.Groups))))
		for _, word := range hostile {
			found := eval(t, p, fmt.Sprintf(`[...document.querySelectorAll("#nodes h3 span")].some((e) => e.textContent === %q)`, word))
			if found != true {
				t.Errorf("%s: %q is not shown as it is", name, word)
			}
		}
		if n := eval(t, p, `document.querySelectorAll("img, iframe, object, embed, script:not([src='heartbeat.js']), [onload], [onerror], a[href^='http'], a[href^='javascript']").length`); n != 0.0 {
			t.Errorf("%s: %v elements come from names", name, n)
		}
		if owned := eval(t, p, `window.owned`); owned != nil {
			t.Errorf("%s: a name was run", name)
		}
		photograph(t, p, "heartbeat-hostile-"+name)
		clean(t, p, s.base)
	}
}
