package node_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// setTrap has the node's next line with this text crash.
func (n *testNode) setTrap(text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.trap = text
}

// TestCrash: a part of the holder crashes. It gives up what it holds, begins
// again, and the pair comes to rest with one holder.
func TestCrash(t *testing.T) {
	for _, c := range []struct{ part, line string }{
		{"main loop", "Configuration unchanged."},
		{"resource worker", "Running "},
	} {
		t.Run(c.part, func(t *testing.T) {
			alpha, beta := newPair(t)
			startBoth(alpha, beta)
			completions := alpha.count("Local Resource acquisition completed.")
			alpha.setTrap(c.line)
			if c.part == "main loop" {
				alpha.reload <- struct{}{}
			} else {
				writeFIFO(alpha, standbyRequest(t))
			}
			alpha.says("CRIT: The "+c.part+" has crashed: trap", 1)
			beta.says("Heartbeat restart on node alpha", 1)
			alpha.says("Local Resource acquisition completed.", completions+1)
			alpha.says("remote resource transition completed.", 2)
			holds(t, "after the crash", alpha, alpha, beta)
			alpha.end()
			beta.end()
		})
	}
}

// TestCrashAfterARestartInPlace: what was kept through the restart is given up when
// that life ends; the one that follows does not count on it.
func TestCrashAfterARestartInPlace(t *testing.T) {
	alpha, beta := newPair(t)
	startBoth(alpha, beta)
	seen := beta.count(transition)
	alpha.changeHA("warntime 1600ms", time.Hour)
	alpha.endsToGoOn()
	alpha.start()
	beta.says(transition, seen+1)
	completions := alpha.count("Local Resource acquisition completed.")
	alpha.setTrap("Configuration unchanged.")
	alpha.reload <- struct{}{}
	alpha.says("CRIT: The main loop has crashed: trap", 1)
	alpha.says("Local Resource acquisition completed.", completions+1)
	holds(t, "after the crash", alpha, alpha, beta)
	alpha.end()
	beta.end()
}

// TestCrashWhileItStops: who told it to stop waits for its end, not for another life.
func TestCrashWhileItStops(t *testing.T) {
	alpha, beta := newPair(t)
	startBoth(alpha, beta)
	alpha.setTrap("Giving up all HA resources.")
	alpha.end()
	alpha.says("CRIT: The main loop has crashed: trap", 1)
	beta.says("Resources being acquired from alpha", 1)
	beta.end()
}

// TestCrashesWithoutEnd: a node that cannot live gives up everything and ends.
func TestCrashesWithoutEnd(t *testing.T) {
	alpha, _ := newPair(t)
	alpha.start()
	alpha.says("Local Resource acquisition completed.", 1)
	for times := range 4 {
		alpha.setTrap("Configuration unchanged.")
		alpha.reload <- struct{}{}
		alpha.says("has crashed", times+1)
	}
	if err := <-alpha.ended; err == nil {
		t.Error("ended without an error")
	}
	if _, err := os.Stat(filepath.Join(alpha.dir, "held", "one")); err == nil {
		t.Error("ended with the resource up")
	}
}

// TestWatchdog: the device is fed while the node lives and let go of before it
// gives up its resources. A plain file stands for it.
func TestWatchdog(t *testing.T) {
	alpha, beta := newPair(t)
	dog := filepath.Join(alpha.dir, "watchdog")
	if err := os.WriteFile(dog, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	ha, err := os.ReadFile(filepath.Join(alpha.dir, "etc", "ha.cf"))
	if err != nil {
		t.Fatal(err)
	}
	alpha.write("ha.cf", string(ha)+"watchdog "+dog+"\n")
	startBoth(alpha, beta)
	alpha.end()
	beta.end()
	data, err := os.ReadFile(dog)
	if err != nil || len(data) < 3 || data[0] != 0 || data[len(data)-1] != 'V' {
		t.Errorf("the device was told %q, %v", data, err)
	}
	alpha.says("Using watchdog device: "+dog, 1)
}
