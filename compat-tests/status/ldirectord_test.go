package status_test

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"lvsha/compat-tests/browser"
	"lvsha/pkg/lvs/view"
	"lvsha/pkg/system/status"
)

// directed is a document as the director shows it.
type directed struct{ *view.Status }

func (directed) Healthy() error          { return nil }
func (directed) Metrics(*status.Metrics) {}

// serveDirector serves the page of ldirectord with documents of the test's.
func serveDirector(t *testing.T, documents <-chan *view.Status) (base string) {
	t.Helper()
	log := make(journal, 100)
	last := <-documents
	server := status.Start(status.Options{
		Addresses: []status.Address{{Network: "tcp", Addr: "127.0.0.1:0"}}, Page: os.DirFS("../../ldirectord"), Log: log, MaxAge: time.Millisecond,
		Ask: func(context.Context) (status.Snapshot, error) {
			select {
			case last = <-documents:
			default:
			}
			return directed{last}, nil
		},
	})
	t.Cleanup(server.Close)
	_, base, _ = strings.Cut(<-log, "listening on ")
	return base
}

var noon = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

// plots are five minutes with a rise and a gap.
func plots(top float32) *view.Plots {
	p := &view.Plots{Every: 5}
	for n := range 60 {
		v := top * (0.5 + float32(n*7%20)/40)
		if n >= 20 && n < 24 {
			p.Connections, p.Check = append(p.Connections, nil), append(p.Check, nil)
			continue
		}
		took := v / 10000
		p.Connections, p.Check = append(p.Connections, &v), append(p.Check, &took)
	}
	return p
}

// director has services with servers of every state; the third part of them is
// not up.
func director(services, servers int, name string) *view.Status {
	started, one, zero := noon.Add(-50*time.Hour), 1, 0
	s := view.Stopped(view.Facts{Version: "5.0.0", Host: "lvsm.example", Instance: "ldirectord.cf", PID: 1207}, "/etc/ha.d/ldirectord.cf", noon)
	s.Running, s.Ready, s.PID, s.Started, s.Config.Read, s.Kernel.Available = true, true, 1207, &started, &started, true
	s.Config.Reload = &view.Verdict{Time: noon.Add(-time.Hour), Errors: 2, Line: 17}
	for n := range services {
		v := view.Virtual{
			Protocol: "tcp", Address: netip.AddrFrom4([4]byte{192, 0, 2, byte(70 + n)}), Port: 80, Name: name, Scheduler: "wlc", Persistent: 600 * (n % 2),
			Configured: true, InKernel: true, OnHost: n < 2, Quiescent: true, Total: servers, Plots: plots(float32(1000 * (n + 1))),
		}
		v.ID = fmt.Sprintf("tcp:%s:80", v.Address)
		for m := range servers {
			addr := netip.AddrFrom4([4]byte{192, 168, byte(100 + n), byte(m + 1)})
			since := noon.Add(-time.Duration(m+1) * 17 * time.Minute)
			r := view.Real{
				Server: addr.String() + ":80", Entry: addr.String() + ":80", Address: addr, Port: 80, Forward: "gate", Configured: true, State: view.StateUp, Since: &since,
				FailLimit: 1, Weight: view.Weight{Configured: 1, Wanted: &one, Kernel: &one}, Plots: plots(float32(100 * (m + 1))),
				Check: &view.Checked{Time: noon.Add(-4 * time.Second), Result: view.ResultPassed, Seconds: 0.0123, Passed: 1000},
				Use:   view.Use{Connections: view.Connections{Active: 12 * m, Inactive: 123456}},
			}
			switch {
			case n == services-1 && services > 1 || m%3 == 1:
				r.State, r.Weight.Wanted, r.Weight.Kernel = view.StateDown, &zero, &zero
				r.Check.Result, r.Check.Seconds = view.ResultFailed, 3
				r.Check.Reason = "check http " + r.Server + ": the answer is " + name
			case m%6 == 2:
				r.State, r.Maintenance, r.Weight.Wanted, r.Check.Result = view.StateDown, true, &zero, view.ResultMaintenance
			default:
				v.Up++
			}
			v.Reals = append(v.Reals, r)
		}
		if v.Up == 0 {
			v.Fallback = &view.Fallback{Entry: "127.0.0.1:80", InUse: true, Weight: &one}
		}
		s.Virtuals = append(s.Virtuals, v)
	}
	return s
}

// TestDirectorPage looks at the page at both sizes, with three services and with a
// thousand servers.
func TestDirectorPage(t *testing.T) {
	for _, c := range []struct {
		size              string
		services, servers int
		rows              int // of those that are shown without being asked for
	}{{"small", 3, 4, 12}, {"large", 4, 250, 80}} {
		documents := make(chan *view.Status, 1)
		documents <- director(c.services, c.servers, "web shop")
		base := serveDirector(t, documents)
		for name, v := range map[string]browser.View{"desktop": desktop, "phone": phone} {
			p := open(t, base, v)
			must(t, p.Wait(within(t), fmt.Sprintf(`document.querySelectorAll("details").length === %d`, c.services)))
			text := fmt.Sprint(eval(t, p, `document.body.innerText`))
			for _, want := range []string{
				"lvsm.example", fmt.Sprintf("1 of %d services have no server", c.services), "192.0.2.70, 192.0.2.71 here", "tcp 192.0.2.70:80", "web shop, wlc",
				"fallback 127.0.0.1:80", "2 errors, the first in line 17",
			} {
				if !strings.Contains(text, want) && !(want[:5] == "1 of " && strings.Contains(text, "a service has no server")) {
					t.Errorf("%s, %s: no %q in\n%.2000s", c.size, name, want, text)
				}
			}
			if n := eval(t, p, `document.querySelectorAll("tbody tr").length`); n != float64(c.rows) {
				t.Errorf("%s, %s: %v rows", c.size, name, n)
			}
			photograph(t, p, "ldirectord-"+c.size+"-"+name)
			clean(t, p, base)
			eval(t, p, `document.querySelectorAll("details:not([open]) > summary").forEach((s) => s.click())`)
			must(t, p.Wait(within(t), fmt.Sprintf(`document.querySelectorAll("tbody tr").length === %d`, c.services*c.servers)))
			clean(t, p, base)
		}
	}
}

// TestDirectorPageFollows: what changes is changed in place, and what somebody has
// opened stays open.
func TestDirectorPageFollows(t *testing.T) {
	documents := make(chan *view.Status, 1)
	documents <- director(3, 30, "web")
	p := open(t, serveDirector(t, documents), desktop)
	must(t, p.Wait(within(t), `document.querySelectorAll("details").length === 3`))
	eval(t, p, `document.querySelector("details > summary").click()`)
	must(t, p.Wait(within(t), `document.querySelector("table").rows.length === 31`))
	eval(t, p, `window.first = document.querySelector("tbody tr"); window.service = document.querySelector("details")`)
	next := director(3, 29, "web")
	next.Virtuals[0].Reals[0].State = view.StateUnknown
	next.Virtuals = next.Virtuals[:2]
	documents <- next
	must(t, p.Wait(within(t), `document.querySelector("table").rows.length === 30`))
	if got := eval(t, p, `window.service.isConnected && window.service.open && window.first.isConnected && window.first.children[1].innerText`); got != "unknown" {
		t.Errorf("the first server is %v", got)
	}
}

// TestDirectorPageOfTheHostile: nothing that a configuration or a server says
// becomes more than text.
func TestDirectorPageOfTheHostile(t *testing.T) {
	for _, name := range hostile {
		documents := make(chan *view.Status, 1)
		documents <- director(2, 4, name)
		base := serveDirector(t, documents)
		p := open(t, base, phone)
		must(t, p.Wait(within(t), `document.querySelectorAll("tbody tr").length === 8`))
		if owned := eval(t, p, `window.owned === undefined`); owned != true {
			t.Errorf("%q has run", name)
		}
		if text := fmt.Sprint(eval(t, p, `document.body.textContent`)); !strings.Contains(text, name) {
			t.Errorf("%q is not shown", name)
		}
		clean(t, p, base)
	}
}
