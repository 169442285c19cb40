package logging

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestJSONLines(t *testing.T) {
	zone := time.FixedZone("KST", 9*3600)
	now := func() time.Time { return time.Date(2026, time.November, 2, 17, 8, 7, 45678901, zone) }
	for _, c := range []struct {
		name, file, screen string
		options            Options
		level              Level
		text               string
	}{
		{"heartbeat", `{"time":"2026-11-02T17:08:07.045+09:00","level":"warn","host":"alpha","program":"heartbeat","pid":38,"message":"node beta: is dead"}`,
			"Nov 02 17:08:07 alpha heartbeat: [38]: WARN: node beta: is dead",
			Options{Style: Heartbeat, Host: "alpha"}, Warn, "node beta: is dead"},
		{"ldirectord", `{"time":"2026-11-02T17:08:07.045+09:00","level":"info","host":"alpha","program":"ldirectord","instance":"www.cf","pid":38,"message":"a <b> & \"c\" \\x1b"}`,
			"[Mon Nov  2 17:08:07 2026|www.cf|38] a <b> & \"c\" \\x1b",
			Options{Style: Ldirectord, Host: "alpha", Name: "www.cf"}, Info, "a <b> & \"c\" \x1b\n"},
		{"supervised", `{"time":"2026-11-02T17:08:07.045+09:00","level":"error","host":"alpha","program":"ldirectord","instance":"ldirectord","pid":38,"message":"x\ufffd"}`,
			`{"time":"2026-11-02T17:08:07.045+09:00","level":"error","host":"alpha","program":"ldirectord","instance":"ldirectord","pid":38,"message":"x\ufffd"}`,
			Options{Style: Supervised, Host: "alpha"}, Error, "x\xff"},
	} {
		var screen bytes.Buffer
		o := c.options
		o.JSON, o.PID, o.Now, o.Terminal, o.Logfile = true, 38, now, &screen, filepath.Join(t.TempDir(), "log")
		l, err := Open(o)
		if err != nil {
			t.Fatal(err)
		}
		l.Log(c.level, c.text)
		l.Close()
		got := read(t, o.Logfile)
		if got != c.file+"\n" {
			t.Errorf("%s: file:\n%swant\n%s", c.name, got, c.file)
		}
		if screen.String() != c.screen+"\n" {
			t.Errorf("%s: terminal:\n%swant\n%s", c.name, screen.String(), c.screen)
		}
		if !json.Valid([]byte(got)) {
			t.Errorf("%s: no JSON: %s", c.name, got)
		}
	}
}

// Without a name for the host it is that of the machine, as a reader of many logs
// needs one.
func TestJSONHost(t *testing.T) {
	file := filepath.Join(t.TempDir(), "log")
	l, err := Open(Options{Style: Ldirectord, JSON: true, Logfile: file})
	if err != nil {
		t.Fatal(err)
	}
	l.Log(Info, "x")
	l.Close()
	host, _ := os.Hostname()
	if got := read(t, file); !strings.Contains(got, `"host":"`+host+`"`) {
		t.Errorf("got %s", got)
	}
}

func TestParseFormat(t *testing.T) {
	for text, want := range map[string]bool{"": false, "legacy": false, "json": true, "JSON": true} {
		if got, err := ParseFormat(text); got != want || err != nil {
			t.Errorf("%q: %v %v", text, got, err)
		}
	}
	if _, err := ParseFormat("jsno"); err == nil || err.Error() != `"jsno" is neither json nor legacy` {
		t.Errorf("jsno: %v", err)
	}
}
