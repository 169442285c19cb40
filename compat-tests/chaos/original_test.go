package chaos_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"

	"lvsha/compat-tests/pair"
	"lvsha/pkg/ha/judge"
)

// reach is what a pair with an original needs after the last that was done to it:
// for how long both may still have the address, and how long nobody may have it.
// It is what two originals reach, which were put to each fault alone with the times
// of these pairs (go test -run TestRounds -old -single FAULT -v prints it), each six
// times, and for a heal and a pause what they reached in longer trials.
type reach struct{ both, nobody time.Duration }

var (
	// Measured: both 0 s, nobody 0.5 s; the scripts of this pair may be slow.
	handover = reach{nobody: 3 * time.Second}
	// Measured: both 2.5 s, nobody 14.9 s, and 21 s in longer trials: both restart. If
	// the other is killed as well, both may have it for good, as below.
	heal = reach{both: 12 * time.Second, nobody: 21 * time.Second}
	// Measured: both 2.6 s, nobody up to 40 s in longer trials; and once in six times
	// both had it for good, which beside ours ends by a dispute of five seconds.
	pause = reach{both: 12 * time.Second, nobody: 40 * time.Second}
	// A node of ours that was killed while it gave the group to the original ends that
	// exchange after ten seconds; two originals have nobody for good then.
	death = reach{both: deadtime, nobody: deadtime + 13*time.Second}
	// Both have been down: eleven seconds after the end of initdead.
	dark = reach{nobody: initdead + 11*time.Second}
	// Nobody for good, until the original is started anew; see noticeLostWord.
	lostWord = reach{nobody: 2 * time.Minute}
)

// allow widens what this round is judged by.
func (t *trial) allow(r reach) {
	t.reached.both = max(t.reached.both, r.both)
	t.reached.nobody = max(t.reached.nobody, r.nobody)
	at := time.Now()
	// The bounds are those at the end of the round.
	t.facts = append(t.facts, fact{at, func(j *judge.Judge) { j.SetBounds(at, t.bounds()) }})
}

// noticeLostWord notes an original that has lost a word of its own, which happens
// when it takes over and has nothing yet.
func (t *trial) noticeLostWord() {
	if t.History.Holders() != "" {
		return
	}
	for _, e := range t.History.Since(max(t.mark, t.lost)) {
		for _, n := range t.nodes() {
			if n.Program == pair.Original && e.Node == n.Name && pair.LostWord(e) {
				t.Logf("the original on %s has lost a word of its own at %s", n.Name, e.At.Format("15:04:05.000"))
				t.allow(lostWord)
				t.anew(n)
				t.lost = t.History.Now()
			}
		}
	}
}

// catchReboot has the original restart the "machine" in the words of its own: its
// processes are gone, and so is what they have set up.
func (t *trial) catchReboot(n *pair.Node) {
	t.Helper()
	script := "#!/bin/sh\necho rebooted >>/var/log/record\nip addr del " + pair.VIP + "/32 dev eth0\nrm -f /run/record.*\nkill -9 -1\n"
	if err := os.WriteFile(filepath.Join(n.Dir, "etc", "reboot"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.do("reboot", n.Sh("mount --bind /etc/ha.d/reboot $(readlink -f /sbin/reboot)"))
}

// noticeReboots notes which originals have restarted their machines.
func (t *trial) noticeReboots() {
	for _, n := range t.nodes() {
		data, err := os.ReadFile(filepath.Join(n.Dir, "log", "record"))
		if err != nil {
			continue
		}
		if count := strings.Count(string(data), "rebooted\n"); count > t.reboots[n.Name] {
			t.reboots[n.Name] = count
			t.up[n.Name] = false
			n.Note("has restarted its machine")
			t.conditions()
		}
	}
}

// powerOff ends an original and takes its address off. What a killed daemon leaves up
// the original never takes down, not even when it is started again: two of them had
// the address for good then, after each of two kills of the holder. So here its
// machine goes with it.
func (t *trial) powerOff(n *pair.Node) {
	t.reboots[n.Name]++
	t.do("power off", n.Kill())
	t.do("power off", n.Sh("rm -f "+pidFile+" /run/record.*; ip addr del "+pair.VIP+"/32 dev eth0 2>/dev/null || true; echo rebooted >>/var/log/record"))
}

// restartOriginals ends what two originals do not get out of by themselves.
func (t *trial) restartOriginals() {
	for _, n := range t.nodes() {
		t.anew(n)
	}
	for _, n := range t.nodes() {
		t.start(n)
	}
}

// startBroken starts an original that may not be able to run.
func (t *trial) startBroken(n *pair.Node) {
	m := t.History.Now()
	n.Note("start")
	if n.Start() != nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), initdead+5*time.Second)
	defer cancel()
	if n.WaitLine(ctx, m, "Local status now set to: 'active'") == nil {
		t.up[n.Name] = true
		t.conditions()
	}
}

// anew starts an original again that ran without its files, if at all.
func (t *trial) anew(n *pair.Node) {
	if n.Program != pair.Original {
		return
	}
	t.up[n.Name] = false
	t.conditions()
	t.powerOff(n)
}

// heard reports whether a client can know where the address is: an original holder
// does not announce it again after the other one has. Two of them leave a client
// that asked meanwhile with the wrong one.
func (t *trial) heard() bool {
	holder, announcer := t.History.Holders(), ""
	macs := map[string]string{t.Master.MAC(): pair.Master, t.Standby.MAC(): pair.Standby}
	for _, e := range t.History.Since(0) {
		if e.Kind == pair.ARP {
			announcer = macs[e.Text]
		}
	}
	return holder == announcer || !t.bounds().Mute[holder]
}

// figures measures what follows the last that was done.
func (t *trial) figures(events []pair.Event) (both, nobody time.Duration) {
	held := make(map[string]bool)
	for _, e := range t.History.Since(0)[:int(t.mark)] {
		note(held, e)
	}
	last := time.Time{}
	if len(t.facts) > 0 {
		last = t.facts[len(t.facts)-1].at
	}
	for i, e := range events {
		note(held, e)
		if e.Kind != pair.Up && e.Kind != pair.Down {
			continue
		}
		// Until the next change, or for good.
		end := e.At
		for _, next := range events[i+1:] {
			if next.Kind == pair.Up || next.Kind == pair.Down {
				end = next.At
				break
			}
		}
		begin := e.At
		if begin.Before(last) {
			begin = last
		}
		switch count := len(held); {
		case !end.After(last):
		case count == 2:
			both = max(both, end.Sub(last))
		case count == 0:
			nobody = max(nobody, end.Sub(begin))
		}
	}
	return both, nobody
}

func note(held map[string]bool, e pair.Event) {
	switch e.Kind {
	case pair.Up:
		held[e.Node] = true
	case pair.Down:
		delete(held, e.Node)
	case pair.ARP, pair.Neighbour, pair.Gap, pair.Line, pair.Fault:
	}
}
