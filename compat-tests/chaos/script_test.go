package chaos_test

import (
	"os"
	"path/filepath"
	"strings"

	"lvsha/compat-tests/pair"
)

// recorder is a resource that writes down its starts and stops, and if it finds that
// one of them was killed half way. It is slow if told.
const recorder = `#!/bin/sh
state=/run/record.$1
log=/var/log/record
busy=/run/record-busy
begin() {
	if test -e $busy && ! kill -0 $(cat $busy) 2>/dev/null; then echo killed >>$log; fi
	echo $$ >$busy
	echo "$1" >>$log
}
case $2 in
start)
	begin "start begin $1"
	test ! -e /var/log/slow || sleep 0.4
	: >$state
	echo "start end $1" >>$log
	rm $busy ;;
stop)
	test -e $state || exit 0
	begin "stop begin $1"
	test ! -e /var/log/slow || sleep 0.4
	rm -f $state
	echo "stop end $1" >>$log
	rm $busy ;;
status)
	if test -e $state; then echo running; else echo stopped; exit 3; fi ;;
esac
`

// ordered checks what the scripts of a node have written: one at a time, started
// from left to right and stopped from right to left, nothing stopped that was not
// started. A killed daemon leaves a script half way.
func (t *trial) ordered(what string, n *pair.Node) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(n.Dir, "log", "record"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	if wrong := disorder(strings.Split(strings.TrimSpace(string(data)), "\n")); wrong != "" {
		if n.Program == pair.Original {
			t.Logf("%s: scripts of the original on %s: %s", what, n.Name, wrong)
			return
		}
		t.Errorf("%s: scripts of %s: %s", what, n.Name, wrong)
	}
}

// disorder says what is wrong with the records of a node, or "".
func disorder(lines []string) string {
	running := make(map[string]bool)
	open := ""
	for _, line := range lines {
		words := strings.Fields(line)
		if len(words) == 1 && (words[0] == "killed" || words[0] == "rebooted") {
			// A stop may have done its work already.
			if name, stop := strings.CutPrefix(open, "stop"); stop {
				running[name] = false
			}
			open = ""
			if words[0] == "rebooted" {
				clear(running)
			}
			continue
		}
		if len(words) != 3 {
			continue
		}
		op, when, name := words[0], words[1], words[2]
		if when == "end" {
			if open != "" && open != op+name {
				return line + " while another script runs: " + open
			}
			open = ""
			running[name] = op == "start"
			continue
		}
		switch {
		case open != "":
			return line + " while another script runs: " + open
		case op == "start" && name == "last" && !running["first"]:
			return "last is started before first"
		case op == "stop" && name == "first" && running["last"]:
			return "first is stopped before last"
		}
		open = op + name
	}
	return ""
}
