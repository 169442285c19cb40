package node_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// hook lays a script into the node's rc.d.
func (n *testNode) hook(name, text string) {
	n.t.Helper()
	dir := filepath.Join(n.dir, "etc", "rc.d")
	n.must(os.MkdirAll(dir, 0o755))
	n.must(os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+text+"\n"), 0o755))
}

// TestHangingHook: a script of rc.d that hangs delays neither a takeover nor, for
// more than a moment, the end.
func TestHangingHook(t *testing.T) {
	alpha, beta := newPair(t)
	for _, n := range []*testNode{alpha, beta} {
		n.hook("status", "exec sleep 600")
		n.hook("site", "exec sleep 600")
	}
	startBoth(alpha, beta)
	// More events than can wait: they are lost and told of once.
	flood := []byte(strings.Repeat(">>>\nt=site\n<<<\n", 300))
	writeFIFO(alpha, flood)
	alpha.says("too many events wait for the scripts of rc.d", 1)
	standby(alpha, beta)
	holds(t, "standby", beta, alpha, beta)
	standby(beta, alpha)
	alpha.end()
	beta.says("mach_down takeover complete for node alpha.", 1)
	holds(t, "alpha stopped", beta, alpha, beta)
	beta.end()
}

// TestHooksAreReadOnce: a script that is added is for the next life; the fields of
// the message and the state of the node are in its environment.
func TestHooksAreReadOnce(t *testing.T) {
	alpha, beta := newPair(t)
	out := filepath.Join(alpha.dir, "out")
	alpha.hook("site", `echo "$* $HA_t $HA_src $HA_colour $HA_OSTATUS $HA_NICEFAILBACK" >>`+out)
	startBoth(alpha, beta)
	alpha.hook("later", "echo later >>"+out)
	writeFIFO(alpha, []byte(">>>\nt=later\n<<<\n"), []byte(">>>\nt=site\ncolour=blue\n<<<\n"))
	alpha.says("rc.d/site site", 1)
	// The end of a life waits for the scripts of what has happened.
	alpha.end()
	beta.end()
	text, err := os.ReadFile(out)
	if err != nil || string(text) != "site site alpha blue active yes\n" {
		t.Errorf("recorded %q, %v", text, err)
	}
	if n := alpha.count("rc.d/later"); n > 0 {
		t.Error("the script that came later has run")
	}
}
