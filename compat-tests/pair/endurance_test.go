package pair_test

import (
	"strconv"
	"strings"
	"testing"

	"lvsha/compat-tests/pair"
)

// moves is how often the address changes its holder.
const moves = 1000

// resources is what the daemon of a node uses.
type resources struct {
	files, threads, memory int // memory is VmRSS in kB
	zombies, processes     int // of the node's pid namespace
}

// used asks the machine.
func used(p *player, n *pair.Node) resources {
	p.Helper()
	const script = `pid=$(tr -d ' ' </var/run/heartbeat.pid)
ls /proc/$pid/fd | wc -l
awk '/^Threads:/ { print $2 }' /proc/$pid/status
awk '/^VmRSS:/ { print $2 }' /proc/$pid/status
cat /proc/[0-9]*/stat 2>/dev/null | grep -c ') Z '
set -- /proc/[0-9]*
echo $#`
	out, _, err := n.Run("/bin/sh", "-c", script)
	p.do("what "+n.Name+" uses", err)
	words := strings.Fields(out)
	numbers := make([]int, 5)
	if len(words) != len(numbers) {
		p.Fatalf("what %s uses: %q", n.Name, out)
	}
	for i, w := range words {
		if numbers[i], err = strconv.Atoi(w); err != nil {
			p.Fatal(err)
		}
	}
	return resources{files: numbers[0], threads: numbers[1], memory: numbers[2], zombies: numbers[3], processes: numbers[4]}
}

// TestAThousandMoves: memory, descriptors, threads and processes are the same
// before and after a thousand changes of the holder.
func TestAThousandMoves(t *testing.T) {
	t.Parallel()
	p := &player{T: t, Pair: newPair(t, pair.Options{Programs: [2]pair.Program{pair.Ours, pair.Ours}, Failback: [2]string{"off", "off"}})}
	p.step()
	startBoth(p)
	p.holder("both started", upWithin, quiet, pair.Master)
	from, to := p.Master, p.Standby
	before := make(map[string]resources)
	for i := range moves {
		p.step()
		run(p, from, "/usr/share/heartbeat/hb_standby", "all")
		p.line(from, moveWithin, "Other node completed standby takeover of all resources.")
		from, to = to, from
		if i == moves/10 {
			for _, n := range []*pair.Node{from, to} {
				before[n.Name] = used(p, n)
			}
		}
	}
	p.holder("the last move", moveWithin, quiet, pair.Master)
	for _, n := range []*pair.Node{from, to} {
		was, is := before[n.Name], used(p, n)
		t.Logf("%s: %+v, then %+v", n.Name, was, is)
		// What the runtime, or a client that is about to go, may need now and then;
		// what each move left behind would be hundreds.
		const some, memory = 4, 4 << 10
		if is.files > was.files+some || is.zombies > 0 || is.processes > was.processes || is.threads > was.threads+some || is.memory > was.memory+memory {
			t.Errorf("%s used %+v, and %+v after %d moves", n.Name, was, is, moves)
		}
	}
	taken := 0
	for _, e := range p.History.Since(0) {
		if e.Kind == pair.Up {
			taken++
		}
	}
	if taken != moves+1 {
		t.Errorf("the address was taken %d times, want %d", taken, moves+1)
	}
	checkOverlaps(p)
}
