package agent

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// step is one call and what must come of it.
type step struct {
	action, want string
	code         int
}

func play(t *testing.T, args []string, steps ...step) {
	t.Helper()
	for i, s := range steps {
		got, code := called(append(append([]string{}, args...), s.action)...)
		if got != s.want || code != s.code {
			t.Errorf("%v, step %d %s: %d %q, want %d %q", args, i, s.action, code, got, s.code, s.want)
		}
	}
}

func TestDelay(t *testing.T) {
	place(t)
	play(t, []string{"Delay", "0.01", "0.01"},
		step{"status", "INFO:  Resource is stopped\n", 7},
		step{"stop", "INFO:  Success\n", 0},
		step{"start", "INFO:  Success\n", 0},
		step{"start", "INFO:  Success\n", 0},
		step{"monitor", "INFO:  Running OK\n", 0},
		step{"stop", "INFO:  Success\n", 0},
		step{"status", "INFO:  Resource is stopped\n", 7})
	play(t, []string{"Delay", "1", "x"}, step{"start", "ERROR:  Illegal argument\n", 2})
	play(t, []string{"Delay", "-1"}, step{"start", "ERROR:  Illegal argument\n", 2})
	// A daemon that ends does not wait for it.
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if code := Run(ctx, "Delay", []string{"3600", "start"}, io.Discard, io.Discard); code != failed {
		t.Errorf("given up: %d", code)
	}
}

// TestMailTo has a mail program of its own; then only sendmail; then none, which
// keeps no group down.
func TestMailTo(t *testing.T) {
	dir := place(t)
	bin := filepath.Join(dir, "bin")
	t.Setenv("PATH", bin)
	t.Setenv("HA_CURHOST", "alpha")
	record := "#!/bin/sh\n{ echo \"$0 $*\"; while read -r line; do echo \"$line\"; done; } >>" + filepath.Join(dir, "mails") + "\n"
	write(t, record, 0o755, bin, "mail")
	play(t, []string{"MailTo", "a@b.c,d@e.f", "Web"},
		step{"status", "stopped\nINFO:  Resource is stopped\n", 7},
		step{"start", "INFO:  Success\n", 0},
		step{"status", "running\nINFO:  Running OK\n", 0},
		step{"stop", "INFO:  Success\n", 0},
		step{"status", "stopped\nINFO:  Resource is stopped\n", 7})
	mails := read(t, dir, "mails")
	for _, want := range []string{bin + "/mail -s Web Takeover in progress at ", " on alpha a@b.c d@e.f\n", " -s Web Migrating resource away at ", " from alpha a@b.c d@e.f\n"} {
		if !strings.Contains(mails, want) {
			t.Errorf("no %q in\n%s", want, mails)
		}
	}

	// Two MailTo of one group are two resources.
	play(t, []string{"MailTo", "x@y.z"}, step{"start", "INFO:  Success\n", 0})
	play(t, []string{"MailTo", "v@w.x"}, step{"status", "stopped\nINFO:  Resource is stopped\n", 7})

	if err := os.Rename(filepath.Join(bin, "mail"), filepath.Join(bin, "sendmail")); err != nil {
		t.Fatal(err)
	}
	play(t, []string{"MailTo", "a@b.c"}, step{"start", "INFO:  Success\n", 0})
	if mails := read(t, dir, "mails"); !strings.Contains(mails, "sendmail -t -i\nTo: a@b.c\nSubject: Resource Group Takeover in progress at ") {
		t.Errorf("no mail by sendmail in\n%s", mails)
	}

	write(t, "#!/bin/sh\nexit 75\n", 0o755, bin, "sendmail")
	play(t, []string{"MailTo", "a@b.c"}, step{"stop", "INFO:  Success\n", 0})
	if log := read(t, dir, "log"); !strings.Contains(log, "ERROR: mail to a@b.c: "+bin+"/sendmail: exit status 75") {
		t.Errorf("log: %s", log)
	}
	play(t, []string{"MailTo"}, step{"start", "At least 1 Email address has to be given!\nUsage: MailTo <email> [<subject>] (start|stop|status|usage|meta-data)\n", 1})
}

func TestUnescape(t *testing.T) {
	for text, want := range map[string]string{`/srv/a\040b`: "/srv/a b", `/plain`: "/plain", `/end\04`: `/end\04`, `/\999`: `/\999`} {
		if got := unescape(text); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
