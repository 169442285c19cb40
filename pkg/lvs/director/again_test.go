package director

import (
	"errors"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"lvsha/pkg/lvs/config"
	"lvsha/pkg/lvs/plan"
)

// movingHost is a machine on which every name has the address that is set.
type movingHost struct {
	config.System
	at *atomic.Pointer[netip.Addr]
}

func (h movingHost) Lookup(string, bool) (netip.Addr, error) { return *h.at.Load(), nil }

func (h movingHost) move(to string) {
	addr := netip.MustParseAddr(to)
	h.at.Store(&addr)
}

// TestAnUnchangedFileIsNotReadAgain, and what a reload is for is done all the
// same: the table is what it should be, whatever was changed by hand, findings are
// told and names are looked up.
func TestAnUnchangedFileIsNotReadAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, twoServers)
	host := movingHost{at: new(atomic.Pointer[netip.Addr])}
	host.move("10.1.0.9")
	w.host = host
	w.start()
	content := strings.Replace(twoServers, "10.1.0.2:80", "web.example:80", 1)
	w.write(strings.Replace(content, "gate 2", "gate idle 2", 1))
	reload := func(table string) *Loaded {
		t.Helper()
		if report := w.d.Reload(); report == nil || report.Failed() || len(report.Findings) != 1 {
			t.Fatalf("reload: %v", report)
		}
		w.untilTable(table)
		return w.d.latest
	}
	const before = "tcp:10.9.0.1:80: 10.1.0.1:80*1 10.1.0.9:80*2"
	loaded := reload(before)

	byHand := plan.Service{Key: plan.Key{Addr: netip.MustParseAddr("10.9.0.1"), Port: 80}}
	if err := w.kernel.Apply(plan.Op{Action: plan.DeleteService, Service: byHand}); err != nil {
		t.Fatal(err)
	}
	if again := reload(before); again != loaded {
		t.Error("the same file with the same names was read again")
	}
	if n := w.logged(`"idle" before the weight has no effect`); n != 2 {
		t.Errorf("the finding was told %d times, want 2", n)
	}
	host.move("10.1.0.8")
	if again := reload("tcp:10.9.0.1:80: 10.1.0.1:80*1 10.1.0.8:80*2"); again == loaded {
		t.Error("a name that has moved is not noticed")
	}
}

// TestAnUnchangedFileTakesTheTableAsItIs: a service that the kernel refused and
// somebody else added is one of ours, and of servers without checks the table says
// what is known.
func TestAnUnchangedFileTakesTheTableAsItIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, twoServers+"virtual=10.9.0.2:80\n\tchecktype=off\n\treal=10.1.0.3:80 gate 3\n")
	w.refuse = func(op plan.Op) error {
		if op.Action == plan.AddService && op.Service.Addr == netip.MustParseAddr("10.9.0.1") {
			return errors.New("no memory")
		}
		return nil
	}
	w.start()
	w.until("a refused service", func() bool { return w.logged("no memory") > 0 })
	const unchecked = "\ntcp:10.9.0.2:80: 10.1.0.3:80*3"
	first, other := w.d.config.Virtuals[0], w.d.config.Virtuals[1]
	byHand := plan.ServiceOf(&other)
	for _, op := range []plan.Op{
		{Action: plan.AddService, Service: plan.ServiceOf(&first)},
		{Action: plan.AddDest, Service: byHand, Dest: plan.Dest{Addr: netip.MustParseAddrPort("10.1.0.3:80"), Weight: 5}},
	} {
		if err := w.kernel.Apply(op); err != nil {
			t.Fatal(err)
		}
	}
	if report := w.d.Reload(); report == nil || report.Failed() {
		t.Fatalf("reload: %v", report)
	}
	w.untilTable("tcp:10.9.0.1:80: 10.1.0.1:80*1 10.1.0.2:80*2" + unchecked)
	w.set(w.down, "10.1.0.2:80", true)
	w.untilTable("tcp:10.9.0.1:80: 10.1.0.1:80*1" + unchecked)
}
