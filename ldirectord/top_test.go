package main

import (
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lvsha/pkg/lvs/plan"
	"lvsha/pkg/lvs/top"
)

// TestTopLooks at every director that runs and at the whole table; one that hangs
// is named and not waited for.
func TestTopLooks(t *testing.T) {
	t.Parallel()
	maintenance := t.TempDir()
	i := startInstance(t, "maintenancedir="+maintenance+"\n"+twoServers)
	foreign := plan.Service{Key: plan.Key{Addr: netip.MustParseAddr("10.9.0.9"), Port: 25}, Scheduler: "rr"}
	if err := i.kernel.Apply(plan.Op{Action: plan.AddService, Service: foreign}); err != nil {
		t.Fatal(err)
	}
	a, _, _ := i.app("status")
	a.options.file = ""
	w := &watcher{app: a, usage: i.kernel.Usage, host: func() []netip.Addr { return []netip.Addr{netip.MustParseAddr("10.9.0.1")} }}
	l := w.look(t.Context())
	if l.Daemons != 1 || l.Note != "" || len(l.Status.Virtuals) != 2 || l.Status.Virtuals[0].Up != 2 || !l.Status.Virtuals[1].InKernel || len(l.Status.Held()) != 1 {
		t.Errorf("%+v: %+v", l, l.Status)
	}
	hangs, err := net.Listen("unix", filepath.Join(i.dir, "ldirectord.hangs.cf.sock"))
	if err != nil {
		t.Fatal(err)
	}
	defer hangs.Close()
	if l := w.look(t.Context()); l.Daemons != 1 || !strings.HasPrefix(l.Note, "ldirectord.hangs.cf does not answer") {
		t.Errorf("%+v", l)
	}
	_ = hangs.Close()
	real := &l.Status.Virtuals[0].Reals[0]
	if text := w.drain(t.Context(), top.Action{Server: real}); !strings.HasPrefix(text, "Wrote "+maintenance) {
		t.Error(text)
	}
	if _, err := os.Stat(filepath.Join(maintenance, "10.1.0.1:80")); err != nil {
		t.Error(err)
	}
	if text := w.drain(t.Context(), top.Action{Server: real, Back: true}); !strings.HasPrefix(text, "Removed "+maintenance) {
		t.Error(text)
	}
	a.options.file = "other.cf"
	a.instance = "other.cf"
	if l := w.look(t.Context()); l.Daemons != 0 || l.Status.Running || len(l.Status.Virtuals) != 0 {
		t.Errorf("of another file: %+v", l)
	}
}
