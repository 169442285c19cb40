package director

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lvsha/pkg/lvs/plan"
)

// onStandby starts a director that stands by and fails the test if it touches the
// table.
func onStandby(t *testing.T, content string) *world {
	t.Helper()
	w := newWorld(t, content)
	w.standby = true
	w.kernel.Changed = func(op plan.Op) { t.Errorf("on standby: %v", op) }
	return w
}

// activate has the director take over, from when on it may change the table.
func (w *world) activate() {
	w.t.Helper()
	if !w.d.call(func() { w.kernel.Changed = nil }) {
		w.t.Fatal("it has ended")
	}
	if err := w.d.Activate(); err != nil {
		w.t.Fatal(err)
	}
}

func TestStandbyKnowsTheServersAtATakeover(t *testing.T) {
	t.Parallel()
	w := onStandby(t, twoServers)
	w.set(w.down, "10.1.0.2:80", true)
	w.start()
	w.moreRounds("10.1.0.1:80")
	w.moreRounds("10.1.0.2:80")
	if standby, err := w.d.Standby(); !standby || err != nil {
		t.Errorf("standby: %t, %v", standby, err)
	}
	// From now on nobody answers: what the table gets is what was known before.
	w.set(w.silent, "10.1.0.1:80", true)
	w.set(w.silent, "10.1.0.2:80", true)
	w.activate()
	if got, want := w.table(), "tcp:10.9.0.1:80: 10.1.0.1:80*1"; got != want {
		t.Errorf("after the takeover: %s, want %s", got, want)
	}
	if standby, err := w.d.Standby(); standby || err != nil {
		t.Errorf("after the takeover: standby %t, %v", standby, err)
	}
	w.stop()
	if got := w.table(); got != "" {
		t.Errorf("after the end: %s", got)
	}
}

func TestActivateUsesTheFallbackWhenNoServerIsUp(t *testing.T) {
	t.Parallel()
	ran := filepath.Join(t.TempDir(), "ran")
	command := filepath.Join(t.TempDir(), "command")
	if err := os.WriteFile(command, []byte("#!/bin/sh\necho \"$*\" >>"+ran+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	w := onStandby(t, twoServers+"\tfallbackcommand="+command+"\n")
	w.set(w.down, "10.1.0.1:80", true)
	w.set(w.down, "10.1.0.2:80", true)
	w.start()
	w.moreRounds("10.1.0.1:80")
	if text, err := os.ReadFile(ran); err == nil {
		t.Errorf("on standby the fallback command ran: %s", text)
	}
	w.activate()
	if got, want := w.table(), "tcp:10.9.0.1:80: 127.0.0.1:80*1"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	w.until("the fallback command runs", func() bool {
		text, _ := os.ReadFile(ran)
		return strings.HasPrefix(string(text), "start ")
	})
	w.set(w.down, "10.1.0.1:80", false)
	w.untilTable("tcp:10.9.0.1:80: 10.1.0.1:80*1")
}

// TestActivateAdopts: what an earlier life left in the table is not touched if it
// is right.
func TestActivateAdopts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, twoServers)
	w.standby = true
	w.leave()
	w.start()
	w.moreRounds("10.1.0.1:80")
	if got, want := w.table(), "tcp:10.9.0.1:80: 10.1.0.1:80*1 10.1.0.9:80*1"; got != want {
		t.Errorf("on standby: %s, want %s", got, want)
	}
	if err := w.d.Activate(); err != nil {
		t.Fatal(err)
	}
	w.untilTable("tcp:10.9.0.1:80: 10.1.0.1:80*1 10.1.0.2:80*2")
	w.kernel.Changed = nil
}

// TestAReloadOnStandby changes what is checked and not the table; stop leaves it
// alone, too.
func TestAReloadOnStandby(t *testing.T) {
	t.Parallel()
	w := onStandby(t, twoServers)
	w.start()
	w.write(strings.ReplaceAll(twoServers, "10.1.0.2", "10.1.0.3"))
	if report := w.d.Reload(); report == nil || report.Failed() {
		t.Fatal(report)
	}
	w.moreRounds("10.1.0.3:80")
	w.renewed <- struct{}{} // the kernel's IPVS is loaded anew
	w.moreRounds("10.1.0.3:80")
	w.stop()
	if err := w.d.Activate(); err != ErrEnded {
		t.Errorf("after the end: %v", err)
	}
}

// TestATakeoverDuringAReload: a reload that waits for a name holds up neither the
// takeover nor who looks; its result is put into the table afterwards.
func TestATakeoverDuringAReload(t *testing.T) {
	t.Parallel()
	w := onStandby(t, twoServers)
	host, reloaded := reloadWaits(w)
	w.activate()
	w.untilTable(bothServers)
	if s := w.snapshot(); s.Standby || len(s.Services[0].Servers) != 2 {
		t.Errorf("%+v", s)
	}
	close(host.answer)
	if report := <-reloaded; report == nil || report.Failed() {
		t.Fatal(report)
	}
	w.untilTable("tcp:10.9.0.1:80: 10.1.0.1:80*1 10.1.0.9:80*2")
}

// TestAStopEndsATakeoverThatWaits: the first results are awaited, and the daemon is
// stopped.
func TestAStopEndsATakeoverThatWaits(t *testing.T) {
	t.Parallel()
	w := onStandby(t, twoServers)
	w.kernel.Changed = nil
	w.grace = time.Hour
	w.set(w.silent, "10.1.0.1:80", true)
	w.begin()
	w.until("a check begins", func() bool { return w.rounds("10.1.0.1:80") > 0 })
	done := make(chan error, 1)
	go func() { done <- w.d.Activate() }()
	for standby := true; standby; {
		var err error
		if standby, err = w.d.Standby(); err != nil {
			t.Fatal(err)
		}
	}
	w.stop()
	if err := <-done; err != ErrEnded {
		t.Errorf("%v", err)
	}
}
