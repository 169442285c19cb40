package view_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"lvsha/pkg/lvs/config"
	"lvsha/pkg/lvs/health"
	"lvsha/pkg/lvs/ipvs/ipvstest"
	"lvsha/pkg/lvs/plan"
	"lvsha/pkg/lvs/view"
	"lvsha/pkg/system/goldentest"
	"lvsha/pkg/system/schematest"
)

const schemaFile = "../../../docs/status-ldirectord.schema.json"

var now = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

const file = `maintenancedir=/etc/ha.d/maintenance
virtual=192.0.2.70:80
	servicename=web
	real=192.168.100.11:80 gate 2
	real=192.168.100.12:8080 masq
	real=192.168.100.13:80 masq
	real=192.168.100.14:80 masq
	fallback=127.0.0.1:8080 masq
	quiescent=yes
	persistent=600
	failurecount=3
	service=http
	request="alive"
	receive="ok"
virtual6=[2001:db8::70]:443
	real6=[2001:db8:1234:5678:9abc:def0:1234:5678]:443 masq
	fallback6=[::1]:443 masq
	checktype=connect
	service=https
virtual=1
	real=192.168.100.11:0 gate
	protocol=fwm
	checktype=ping
`

// sample is a director in the middle of a bad day, and its table.
func sample(t *testing.T) *view.Status {
	t.Helper()
	c, report := config.Parse("/etc/ha.d/ldirectord.cf", file, config.System{ReadOnly: true})
	if c == nil {
		t.Fatal(report.Findings)
	}
	passed := func(took time.Duration) view.Check {
		return view.Check{At: now.Add(-4 * time.Second), Took: took, Passed: 1000, Failed: 2, Spent: 3 * time.Second}
	}
	refused := view.Check{Last: health.Failed, At: now.Add(-time.Second), Took: 2500 * time.Millisecond, Failed: 9,
		Err: errors.New("check http 192.168.100.12:8080: dial tcp 192.168.100.12:8080: connect: connection refused\x1b[31m\nand more")}
	s := &view.State{
		At: now, Path: c.Path, Started: now.Add(-50 * time.Hour), Phase: config.Running, Ready: true, Read: now.Add(-50 * time.Hour), Config: c,
		Reload: &view.Reload{At: now.Add(-time.Hour), Errors: 2, Line: 7},
		Services: []view.Service{
			{Config: &c.Virtuals[0], Settled: true, Servers: []view.Server{
				{Health: health.Server{State: health.Up, Failures: 1}, Since: now.Add(-50 * time.Hour), Check: passed(1200 * time.Microsecond)},
				{Health: health.Server{State: health.Down, Failures: 3}, Since: now.Add(-90 * time.Second), Transitions: 3, Check: refused},
				{Health: health.Server{State: health.Down, Failures: 3}, Since: now.Add(-4000 * time.Second),
					Check: view.Check{Last: health.Maintenance, At: now}},
				{Since: now.Add(-time.Second)},
			}},
			{Config: &c.Virtuals[1], Settled: true, Servers: []view.Server{
				{Health: health.Server{State: health.Down, Failures: 1}, Since: now.Add(-200 * 24 * time.Hour), Check: refused},
			}},
			{Config: &c.Virtuals[2], Servers: []view.Server{{Health: health.Server{State: health.Up}, Since: now, Check: passed(150 * time.Millisecond)}}},
		},
	}
	out := view.Make(view.Facts{Version: "5.0.0", Host: "lvsm", Instance: "ldirectord.cf", PID: 4711}, s)
	usage, err := table(t, c).Usage()
	out.AddUsage(usage, err, true)
	return out
}

// table has what the director of sample would make, changes by hand and a
// service of somebody else.
func table(t *testing.T, c *config.Config) *ipvstest.Kernel {
	t.Helper()
	k := &ipvstest.Kernel{Count: func(_ plan.Key, u *plan.DestUse) {
		if u.Weight > 0 {
			u.Active, u.Inactive, u.Persistent = 12, 123456, 3
			u.Counters = plan.Counters{Connections: 1 << 40, InPackets: 5, InBytes: 6}
			u.Rates.Connections = 7
		}
	}}
	apply := func(op plan.Op) {
		if err := k.Apply(op); err != nil {
			t.Fatal(err)
		}
	}
	dest := func(addr string, weight int) plan.Dest {
		return plan.Dest{Addr: netip.MustParseAddrPort(addr), Weight: weight}
	}
	web, tls := plan.ServiceOf(&c.Virtuals[0]), plan.ServiceOf(&c.Virtuals[1])
	foreign := plan.Service{Key: plan.Key{Addr: netip.MustParseAddr("192.0.2.99"), Port: 25}, Scheduler: "rr"}
	apply(plan.Op{Action: plan.AddService, Service: web})
	for _, d := range []plan.Dest{dest("192.168.100.11:80", 5), dest("192.168.100.12:8080", 0), dest("192.168.100.13:80", 0), dest("192.168.100.99:80", 1)} {
		apply(plan.Op{Action: plan.AddDest, Service: web, Dest: d})
	}
	apply(plan.Op{Action: plan.AddService, Service: tls})
	apply(plan.Op{Action: plan.AddDest, Service: tls, Dest: dest("[::1]:443", 1)})
	apply(plan.Op{Action: plan.AddService, Service: foreign})
	apply(plan.Op{Action: plan.AddDest, Service: foreign, Dest: dest("192.168.100.25:25", 1)})
	return k
}

func TestText(t *testing.T) {
	time.Local = time.UTC
	var b bytes.Buffer
	if err := sample(t).WriteText(&b); err != nil {
		t.Fatal(err)
	}
	goldentest.Check(t, "running", b.String())
	for _, line := range strings.Split(b.String(), "\n") {
		if n := utf8.RuneCountInString(line); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	stopped := view.Stopped(view.Facts{Version: "5.0.0"}, "/etc/ha.d/ldirectord.cf", now)
	usage, err := table(t, mustParse(t)).Usage()
	stopped.AddUsage(usage, err, true)
	b.Reset()
	if err := stopped.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	goldentest.Check(t, "stopped", b.String())
}

func mustParse(t *testing.T) *config.Config {
	t.Helper()
	c, report := config.Parse("/etc/ha.d/ldirectord.cf", file, config.System{ReadOnly: true})
	if c == nil {
		t.Fatal(report.Findings)
	}
	return c
}

// TestDocument: the document is as docs/ has it, whole, without a daemon and
// without a kernel, and reads back as it was written.
func TestDocument(t *testing.T) {
	t.Parallel()
	schema, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	noKernel := sample(t)
	noKernel.AddUsage(nil, errors.New("no such thing"), true)
	for name, s := range map[string]*view.Status{
		"whole": sample(t), "no kernel": noKernel, "stopped": view.Stopped(view.Facts{}, "x", now),
	} {
		document, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range schematest.Problems(schema, document) {
			t.Errorf("%s: %s", name, p)
		}
		var back view.Status
		if err := json.Unmarshal(document, &back); err != nil {
			t.Fatal(err)
		}
		again, err := json.Marshal(&back)
		if err != nil || !bytes.Equal(document, again) {
			t.Errorf("%s: read back as %s (%v), written as %s", name, again, err, document)
		}
		for i := range back.Virtuals {
			if got := back.Virtuals[i].Key(); got != s.Virtuals[i].Key() {
				t.Errorf("%s: the key %v", name, got)
			}
		}
	}
}

// TestTableIsLookedAtAgain: what only the kernel had goes when the kernel has it
// no more.
func TestTableIsLookedAtAgain(t *testing.T) {
	t.Parallel()
	s := sample(t)
	before := len(s.Virtuals[0].Reals)
	s.AddUsage(plan.Usage{}, nil, false)
	if v := s.Virtuals[0]; v.InKernel || len(v.Reals) != before-1 || v.Reals[0].Weight.Kernel != nil || v.Reals[0].Connections.Active != 0 {
		t.Errorf("%+v", v)
	}
	s.SetHost([]netip.Addr{netip.MustParseAddr("192.0.2.70"), netip.MustParseAddr("10.0.0.1")})
	if held := s.Held(); len(held) != 1 {
		t.Errorf("held %v", held)
	}
}

func TestNumbersAreShort(t *testing.T) {
	t.Parallel()
	for n, want := range map[uint64]string{
		0: "0", 99999: "99999", 100000: "100k", 123456: "123k", 999499: "999k", 999500: "1.00M", 9994999: "9.99M", 9995000: "10.0M", 99949999: "99.9M",
		99950000: "100M", 1 << 63: "9.22E",
	} {
		if got := view.Short(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}
