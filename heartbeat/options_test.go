package main

import (
	"bytes"
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
		{args: "-s", want: options{action: status}},
		{args: "-r", want: options{action: reload}},
		{args: "-V", want: options{action: printVersion}},
		{args: "--version", want: options{action: printVersion}},
		{args: "-f", want: options{foreground: true}},
		{args: "-ddd", want: options{debug: 3}},
		{args: "-d -d -v", want: options{debug: 2, verbose: true}},
		{args: "-fl", want: options{foreground: true, noRealtime: true}},
		// The last action counts, words and a bare dash are nothing.
		{args: "-k -s", want: options{action: status}},
		{args: "word - -s word", want: options{action: status}},
		{args: "-x", fail: "heartbeat: unknown option -x\nUsage: heartbeat "},
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
