package director

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"lvsha/pkg/lvs/health"
	"lvsha/pkg/lvs/view"
)

func (w *world) snapshot() *view.State {
	w.t.Helper()
	s, err := w.d.Snapshot(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// TestSnapshot: states, since when, checks, maintenance and the verdict of a
// reload, as they change.
func TestSnapshot(t *testing.T) {
	t.Parallel()
	maintenance := t.TempDir()
	content := "maintenancedir=" + maintenance + "\nvirtual=10.9.0.1:80\n\tchecktype=connect\n\tfailurecount=2\n" +
		"\treal=10.1.0.1:80 masq\n\treal=10.1.0.2:80 masq\n\treal=10.1.0.3:80 masq\n"
	w := newWorld(t, content)
	w.set(w.down, "10.1.0.2:80", true)
	w.start()
	began := time.Now()
	w.until("two rounds", func() bool { return w.rounds("10.1.0.1:80") > 3 && w.rounds("10.1.0.2:80") > 3 })
	servers := w.snapshot().Services[0].Servers
	if a := servers[0]; a.Health.State != health.Up || a.Check.Passed == 0 || a.Check.Failed != 0 || a.Check.Took <= 0 || a.Check.Spent < a.Check.Took || a.Transitions != 0 {
		t.Errorf("the server that is up: %+v", a)
	}
	if b := servers[1]; b.Health.State != health.Down || b.Check.Failed == 0 || b.Check.Err == nil || b.Transitions != 0 {
		t.Errorf("the server that is down: %+v", b)
	}
	w.set(w.down, "10.1.0.1:80", true)
	w.until("the first server down", func() bool { return w.snapshot().Services[0].Servers[0].Health.State == health.Down })
	if a := w.snapshot().Services[0].Servers[0]; a.Transitions != 1 || a.Since.Before(began) || a.Health.Failures != 2 {
		t.Errorf("the server that went down: %+v", a)
	}
	if err := os.WriteFile(filepath.Join(maintenance, "10.1.0.3:80"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	w.until("maintenance", func() bool { return w.snapshot().Services[0].Servers[2].Check.Last == health.Maintenance })

	before := w.snapshot()
	if before.Reload != nil || !before.Ready {
		t.Errorf("before a reload: %+v", before.Reload)
	}
	w.write(content + "bogus\n")
	w.d.Reload()
	if r := w.snapshot(); r.Reload == nil || r.Reload.Errors != 1 || r.Reload.Line != 8 || r.Read != before.Read {
		t.Errorf("a reload that failed: %+v", r.Reload)
	}
	w.write(content + "\tquiescent=yes\n")
	w.d.Reload()
	after := w.snapshot()
	if r := after.Reload; r.Errors != 0 || !after.Read.After(before.Read) {
		t.Errorf("a reload that took effect: %+v", r)
	}
	if a := after.Services[0].Servers[0]; a.Transitions != 1 || a.Since != w.snapshot().Services[0].Servers[0].Since {
		t.Errorf("a reload forgets: %+v", a)
	}
	// What was copied stays as it was.
	if before.Services[0].Config.Quiescent || !after.Services[0].Config.Quiescent {
		t.Error("the copy has changed")
	}
	w.stop()
	if _, err := w.d.Snapshot(t.Context()); !errors.Is(err, ErrEnded) {
		t.Errorf("after the end: %v", err)
	}
}

// TestSnapshotWaitsNoLongerThanAsked: a loop that is busy holds nobody.
func TestSnapshotWaitsNoLongerThanAsked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "virtual=10.9.0.1:80\n\tchecktype=on\n\treal=10.1.0.1:80 masq\n")
	w.start()
	busy, free := make(chan struct{}), make(chan struct{})
	go w.d.call(func() { close(busy); <-free })
	<-busy
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := w.d.Snapshot(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	close(free)
}

// BenchmarkSnapshot is what a look costs: the loop of 1,000 real servers, and
// all of it.
func BenchmarkSnapshot(b *testing.B) {
	d, kernel, _ := benchDirector(b, benchFile(100, 1000, 1000))
	b.Run("loop", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			d.call(func() { d.snapshot() })
		}
	})
	b.Run("document", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			s, err := d.Snapshot(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			out := view.Make(view.Facts{}, s)
			usage, err := kernel.Usage()
			out.AddUsage(usage, err, false)
		}
	})
}
