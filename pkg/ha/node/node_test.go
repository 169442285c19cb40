package node_test

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lvsha/pkg/ha/message"
	"lvsha/pkg/ha/view"
)

// TestLife plays start, stop, failback and death of a pair.
func TestLife(t *testing.T) {
	alpha, beta := newPair(t)
	startBoth(alpha, beta)

	alpha.end()
	beta.says("mach_down takeover complete for node alpha.", 1)
	holds(t, "alpha stopped", beta, alpha, beta)

	alpha.start()
	beta.says("Other node completed standby takeover of foreign resources.", 1)
	holds(t, "alpha returned", alpha, alpha, beta)

	beta.host.IP("link set eth0 down")
	beta.says("node alpha: is dead", 1)
	beta.says("mach_down takeover complete for node alpha.", 2)
	alpha.says("node beta: is dead", 1)
	beta.host.IP("link set eth0 up")
	beta.says("give up foreign HA resources.", 1)
	beta.says("HA resource release completed", 2)
	holds(t, "healed", alpha, alpha, beta)

	beta.end()
	alpha.end()
	holds(t, "both stopped", nil, alpha, beta)
}

// TestAnEndIsNoDeath: the other side takes a farewell for what it is.
func TestAnEndIsNoDeath(t *testing.T) {
	alpha, beta := newPair(t)
	startBoth(alpha, beta)
	alpha.end()
	beta.says("Received shutdown notice from 'alpha'.", 1)
	beta.says("mach_down takeover complete for node alpha.", 1)
	if n := beta.count("WARN: No STONITH device configured."); n > 0 {
		t.Error("the farewell was not heard")
	}
	beta.end()
}

// TestForgedDatagrams floods a node with datagrams of a wrong key and of no form
// at all.
func TestForgedDatagrams(t *testing.T) {
	alpha, beta := newPair(t)
	startBoth(alpha, beta)
	forged, err := message.Encode(message.New("status").Add("src", "beta").Add("st", "dead").AddHex("seq", 1<<30).AddHex("hg", 1<<40).AddHex("ts", 1),
		message.Classic, &message.Keyring{Outbound: 1, Keys: map[int]message.Key{1: {Method: message.SHA1, Secret: "wrong"}}})
	if err != nil {
		t.Fatal(err)
	}
	const rounds = 20000
	flooded := beta.host.Go(func() {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Error(err)
			return
		}
		defer unix.Close(fd)
		to := &unix.SockaddrInet4{Port: 6941, Addr: [4]byte{10, 89, 0, 1}}
		for range rounds {
			for _, datagram := range [][]byte{forged, []byte("###\nt=status\n"), {0xff}} {
				if err := unix.Sendto(fd, datagram, 0, to); err != nil {
					t.Errorf("flood: %v", err)
					return
				}
			}
		}
	})
	<-flooded
	// The nodes still work together.
	standby(alpha, beta)
	holds(t, "after the flood", beta, alpha, beta)
	for _, n := range []*testNode{alpha, beta} {
		if n.count("is dead") > 0 {
			t.Errorf("%s lost the other", n.name)
		}
	}
	first := alpha.count("failed authentication")
	if first != 1 {
		t.Errorf("the forged datagrams were logged %d times", first)
	}
	alpha.end()
	beta.end()
	if counted := alpha.counted("failed authentication"); counted < 1 {
		t.Error("the repeats were not counted")
	}
}

// counted is the number that a line tells at the end of a window of repeats.
func (j *journal) counted(text string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, line := range j.lines {
		_, after, ok := strings.Cut(line, "(the last of ")
		if !ok || !strings.Contains(line, text) {
			continue
		}
		n, _ := strconv.Atoi(strings.Fields(after)[0])
		return n
	}
	return 0
}

// standbyRequest is what hb_standby writes.
func standbyRequest(t *testing.T) []byte {
	t.Helper()
	frame, err := message.EncodePlain(message.New("ask_resources").Add("rsc_hold", "all").Add("info", "me"), message.Classic)
	if err != nil {
		t.Fatal(err)
	}
	return frame
}

func writeFIFO(n *testNode, texts ...[]byte) {
	n.t.Helper()
	f, err := os.OpenFile(filepath.Join(n.dir, "lib", "fifo"), os.O_WRONLY|unix.O_NONBLOCK, 0)
	n.must(err)
	defer f.Close()
	for _, text := range texts {
		_, err := f.Write(text)
		n.must(err)
	}
}

// TestFIFO: garbage is skipped and said, the message after it is carried out.
func TestFIFO(t *testing.T) {
	alpha, beta := newPair(t)
	// A script wrote before there was a FIFO.
	if err := os.WriteFile(filepath.Join(alpha.dir, "lib", "fifo"), []byte("early"), 0o600); err != nil {
		t.Fatal(err)
	}
	startBoth(alpha, beta)
	writeFIFO(alpha, []byte("rubbish\n"), []byte(">>>\nno field\n<<<\n"), []byte(">>>\nsrc=alpha\n<<<\n"))
	standby(alpha, beta)
	alpha.says("WARN: garbage in the command fifo is skipped", 1)
	holds(t, "standby", beta, alpha, beta)
	// Each writer ends; the next is heard all the same.
	standby(beta, alpha)
	holds(t, "standby of the other", alpha, alpha, beta)
	alpha.end()
	beta.end()
}

// newKeys writes authkeys with a time of its own, so that the change is seen
// whatever the file system's clock does.
func (n *testNode) newKeys(text string, age time.Duration) {
	n.t.Helper()
	n.write("authkeys", text)
	when := time.Now().Add(-age)
	n.must(os.Chtimes(filepath.Join(n.dir, "etc", "authkeys"), when, when))
	n.reload <- struct{}{}
}

// TestReload: keys that cannot be used change nothing, good ones take effect.
func TestReload(t *testing.T) {
	alpha, beta := newPair(t)
	startBoth(alpha, beta)
	alpha.reload <- struct{}{}
	alpha.says("Configuration unchanged.", 1)

	alpha.newKeys("auth 2\n1 sha1 secret\n", time.Hour)
	alpha.says("Rereading authentication file.", 1)
	alpha.says("ERROR: ", 1)
	standby(alpha, beta)
	holds(t, "after the bad keys", beta, alpha, beta)

	// Both keys are accepted before the first node signs with the new one.
	alpha.newKeys("auth 1\n1 sha1 secret\n2 md5 other\n", 2*time.Hour)
	beta.newKeys("auth 2\n1 sha1 secret\n2 md5 other\n", 2*time.Hour)
	alpha.says("Rereading authentication file.", 2)
	beta.says("Rereading authentication file.", 1)
	standby(beta, alpha)
	holds(t, "with the new key", alpha, alpha, beta)
	if n := alpha.count("failed authentication"); n > 0 {
		t.Errorf("%d datagrams refused", n)
	}

	alpha.end()
	beta.end()
}

// changeHA adds a line to ha.cf and has it read.
func (n *testNode) changeHA(line string, age time.Duration) {
	n.t.Helper()
	path := filepath.Join(n.dir, "etc", "ha.cf")
	text, err := os.ReadFile(path)
	n.must(err)
	n.write("ha.cf", string(text)+line+"\n")
	when := time.Now().Add(-age)
	n.must(os.Chtimes(path, when, when))
	n.reload <- struct{}{}
}

// endsToGoOn waits for the end of a life that a restart in place shall follow.
func (n *testNode) endsToGoOn() {
	n.t.Helper()
	select {
	case err := <-n.ended:
		if !errors.As(err, &n.kept) {
			n.t.Fatalf("ended with %v", err)
		}
	case <-time.After(limit):
		n.t.Fatal("no restart")
	}
}

// TestRestartInPlace: a bad ha.cf changes nothing; a good one ends the life of
// the node with its resources up, and the next goes on with them.
func TestRestartInPlace(t *testing.T) {
	alpha, beta := newPair(t)
	startBoth(alpha, beta)
	good, err := os.ReadFile(filepath.Join(alpha.dir, "etc", "ha.cf"))
	alpha.must(err)
	alpha.changeHA("keepalive never", time.Hour)
	alpha.says("ERROR: Config errors: Heartbeat NOT restarted", 1)
	standby(alpha, beta)
	standby(beta, alpha)
	holds(t, "after the bad file", alpha, alpha, beta)

	alpha.write("ha.cf", string(good))
	alpha.changeHA("warntime 1600ms", 2*time.Hour)
	alpha.endsToGoOn()
	if got := alpha.kept.Config.HA.Warntime; got != 1600*time.Millisecond {
		t.Errorf("warntime %v", got)
	}
	holds(t, "between two lives", alpha, alpha, beta)
	seen, taken := beta.count(transition), alpha.count("acquisition completed")
	alpha.start()
	beta.says(transition, seen+1)
	holds(t, "restarted", alpha, alpha, beta)
	if v := alpha.sees(); v.Totals.Lives != 2 || len(v.Transitions) == 0 || v.Groups[0].State != view.StateUp || v.Groups[0].Since.Time().After(v.Life.Time()) {
		t.Errorf("the past is forgotten: %+v", v)
	}
	if n := alpha.count("thing one stop"); n > 2 { // begin and end of the stop before
		t.Errorf("the resource was stopped")
	}
	if n := beta.count("is dead"); n > 0 {
		t.Error("the restart was taken for a death")
	}
	alpha.end()
	if n := alpha.count("acquisition completed"); n != taken {
		t.Error("what was kept is taken again")
	}
	beta.end()
}

// TestRestartInPlaceAlone: initdead is for a cold start. Whoever is not there after a
// restart in place is dead after the dead time.
func TestRestartInPlaceAlone(t *testing.T) {
	alpha, beta := newPair(t)
	startBoth(alpha, beta)
	beta.end()
	alpha.says("mach_down takeover complete for node beta.", 1)
	alpha.changeHA("initdead 3600", time.Hour)
	alpha.endsToGoOn()
	alpha.start()
	alpha.says("node beta: is dead", 1)
	holds(t, "restarted", alpha, alpha, beta)
	alpha.end()
}

// TestReadOnlyState: a node whose state cannot be kept does its work.
func TestReadOnlyState(t *testing.T) {
	alpha, beta := newPair(t)
	alpha.start(readOnly(filepath.Join(alpha.dir, "lib")))
	beta.start()
	alpha.says("ERROR: generation cannot be kept, the clock is used: ", 1)
	alpha.says("ERROR: uuid cannot be kept, it lasts for this start only: ", 1)
	alpha.says("ERROR: command fifo: ", 1)
	alpha.says("Local Resource acquisition completed.", 1)
	holds(t, "read-only state", alpha, alpha, beta)
	alpha.end()
	beta.says("mach_down takeover complete for node alpha.", 1)
	holds(t, "alpha stopped", beta, alpha, beta)
	beta.end()
}

// TestNoMedium: a node that cannot hear does not begin, and says where it was
// told to.
func TestNoMedium(t *testing.T) {
	alpha, _ := newPair(t)
	alpha.host.IP("link del eth0")
	err := alpha.fails()
	if want := filepath.Join(alpha.dir, "etc") + "/ha.cf:9: ucast eth0: "; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("%v, want %s…", err, want)
	}
}
