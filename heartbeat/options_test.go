package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		args string
		want options
		fail string
	}{
		{args: "", want: options{action: start}},
		{args: "-k", want: options{action: stop}},
		{args: "-s", want: options{action: printStatus}},
		{args: "-r", want: options{action: reload}},
		{args: "-V", want: options{action: printVersion}},
		{args: "--version", want: options{action: printVersion}},
		{args: "-f", want: options{foreground: true}},
		{args: "-ddd", want: options{debug: 3}},
		{args: "-d -d -v", want: options{debug: 2, verbose: true}},
		{args: "-fl", want: options{foreground: true, noRealtime: true}},
		// The last action counts, words and a bare dash are nothing.
		{args: "-k -s", want: options{action: printStatus}},
		{args: "word - -s word", want: options{action: printStatus}},
		{args: "-D", want: options{action: printDefaults}},
		{args: "-DW", want: options{action: printDefaults}},
		{args: "-R -C all -l", want: options{noRealtime: true}},
		{args: "-RCall -k", want: options{action: stop}},
		{args: "-M", fail: noPacemaker},
		{args: "-x", fail: "heartbeat: unknown option -x\nUsage: heartbeat "},
		{args: "--chek", fail: "heartbeat: unknown option --chek; did you mean heartbeat --check?\nUsage: heartbeat "},
		{args: "start", want: options{action: start}},
		// Words that the original ignores would start a daemon.
		{args: "statu", fail: "heartbeat: statu is nothing that it does; did you mean heartbeat status?\n"},
		{args: "stop", fail: "heartbeat: stop is nothing that it does; did you mean heartbeat -k?\n"},
		{args: "relaod", fail: "heartbeat: relaod is nothing that it does; did you mean heartbeat -r?\n"},
		{args: "-kx", fail: "heartbeat: unknown option -x\n"},
	} {
		var stderr bytes.Buffer
		got, ok := parse(strings.Fields(c.args), &stderr)
		if ok != (c.fail == "") || !strings.HasPrefix(stderr.String(), c.fail) {
			t.Errorf("%q: %v, %q", c.args, ok, stderr.String())
		}
		if ok && (got != c.want || stderr.Len() > 0) {
			t.Errorf("%q: %+v and %q, want %+v", c.args, got, stderr.String(), c.want)
		}
	}
}

func TestVersionAndUsage(t *testing.T) {
	for _, c := range []struct {
		option, stdout, stderr string
		status                 int
	}{
		{"-V", version + "\n", "", exitOK},
		{"-?", "", "heartbeat: unknown option -?\n" + usage, exitUsage},
	} {
		var stdout, stderr bytes.Buffer
		if got := runHeartbeat([]string{c.option}, &stdout, &stderr); got != c.status {
			t.Errorf("%s: status %d", c.option, got)
		}
		if stdout.String() != c.stdout || stderr.String() != c.stderr {
			t.Errorf("%s: %q and %q", c.option, stdout.String(), stderr.String())
		}
	}
}

// TestDefaults compares with what the original prints, but for its words.
func TestDefaults(t *testing.T) {
	var stdout bytes.Buffer
	if status := runHeartbeat([]string{"-D"}, &stdout, io.Discard); status != exitOK {
		t.Fatalf("status %d", status)
	}
	lines := strings.Split(stdout.String(), "\n")
	for i, want := range []string{
		"Directive                Default   Description",
		strings.Repeat("-", 80),
		"cluster                  linux-ha  the name of cluster",
		"hopfudge                 1         # of hops above cluster size",
	} {
		if lines[i] != want {
			t.Errorf("line %d is %q, want %q", i+1, lines[i], want)
		}
	}
	if len(lines) != 2+24+1 {
		t.Errorf("%d lines", len(lines))
	}
}
