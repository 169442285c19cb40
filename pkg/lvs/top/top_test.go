package top

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"lvsha/pkg/lvs/view"
	"lvsha/pkg/system/goldentest"
)

var now = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

func TestMain(m *testing.M) {
	time.Local = time.UTC
	os.Exit(m.Run())
}

// lookAfter is the document in testdata, some seconds after the first look.
func lookAfter(t *testing.T, after time.Duration) Look {
	t.Helper()
	content, err := os.ReadFile("testdata/status.json")
	if err != nil {
		t.Fatal(err)
	}
	s := &view.Status{}
	if err := json.Unmarshal(content, s); err != nil {
		t.Fatal(err)
	}
	s.Time = now.Add(after)
	for i := range s.Virtuals {
		v := &s.Virtuals[i]
		for j := range v.Reals {
			grow(&v.Reals[j].Counters, uint64(after/time.Second)*uint64(j+1))
			v.Counters.Connections += v.Reals[j].Counters.Connections
			v.Counters.InBytes += v.Reals[j].Counters.InBytes
		}
	}
	s.SetHost([]netip.Addr{netip.MustParseAddr("192.0.2.70"), netip.MustParseAddr("192.0.2.2")})
	return Look{Status: s, Daemons: 1}
}

func grow(c *view.Counts, n uint64) {
	c.Connections += 100 * n
	c.InPackets += 2500 * n
	c.InBytes += 1000000 * n
}

func browsed(t *testing.T) *Model {
	t.Helper()
	m := &Model{}
	m.Update(lookAfter(t, 0))
	m.Update(lookAfter(t, 2*time.Second))
	return m
}

func press(m *Model, keys string) Action {
	var a Action
	for _, k := range ParseKeys([]byte(keys)) {
		a = m.Press(k)
	}
	return a
}

// text is a screen with the style of each line before it.
func text(lines []Line, cursor int) string {
	var b strings.Builder
	for i, l := range lines {
		mark := " "
		if i == cursor {
			mark = ">"
		}
		b.WriteString(string(" bRB!"[l.Style]) + mark + "|" + strings.TrimRight(l.Text, " ") + "\n")
	}
	return b.String()
}

func TestScreens(t *testing.T) {
	for name, c := range map[string]struct {
		keys          string
		width, height int
	}{
		"start":     {"", 80, 24},
		"server":    {"jj", 80, 24},
		"sorted":    {"ssssj", 80, 24},
		"filtered":  {"/down\r", 80, 24},
		"filtering": {"/d", 80, 24},
		"confirm":   {"jjd", 80, 24},
		"help":      {"h", 80, 24},
		"scrolled":  {"G", 80, 11},
		"wide":      {"", 120, 16},
		"tiny":      {"j", 30, 8},
	} {
		m := browsed(t)
		m.Screen(c.width, c.height)
		press(m, c.keys)
		lines, cursor := m.Screen(c.width, c.height)
		if len(lines) != c.height {
			t.Errorf("%s: %d lines", name, len(lines))
		}
		for _, l := range lines {
			if n := utf8.RuneCountInString(l.Text); n > c.width {
				t.Errorf("%s: %d columns: %s", name, n, l.Text)
			}
		}
		goldentest.Check(t, name, text(lines, cursor))
	}
}

func TestScreenWithoutADaemon(t *testing.T) {
	m := &Model{}
	lines, cursor := m.Screen(80, 10)
	goldentest.Check(t, "nothing-yet", text(lines, cursor))
	s := view.Stopped(view.Facts{Host: "lvsm"}, "", now)
	s.AddUsage(nil, os.ErrPermission, true)
	m.Update(Look{Status: s, Note: "ldirectord.ldirectord.cf does not answer"})
	lines, cursor = m.Screen(80, 10)
	goldentest.Check(t, "no-table", text(lines, cursor))
}

func TestKeys(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]Key{
		"q":            {'q'},
		"\x1b":         {Escape},
		"\x1b[A\x1bOB": {Up, Down},
		"\x1b[5~j":     {PageUp, 'j'},
		"\x1b[1;5Cx":   {'x'},
		"\x1b[200":     nil,
		"\x1bq":        {Escape, 'q'},
		"\r\x7f\x03":   {Enter, Erase, Interrupt},
		"é\xff":        {'é'},
		"\x01":         nil,
	} {
		if got := ParseKeys([]byte(text)); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func FuzzKeys(f *testing.F) {
	f.Add([]byte("\x1b[5~q"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m := &Model{}
		m.Update(Look{Status: view.Stopped(view.Facts{}, "", now)})
		for _, k := range ParseKeys(b) {
			m.Press(k)
			m.Screen(80, 24)
		}
	})
}

// TestActions: only a confirmed key does anything, and only to a server.
func TestActions(t *testing.T) {
	t.Parallel()
	m := browsed(t)
	if a := press(m, "dy"); a.Server != nil {
		t.Errorf("a service was drained: %+v", a)
	}
	if a := press(m, "jdn"); a.Server != nil {
		t.Errorf("drained without a yes: %+v", a)
	}
	if a := press(m, "dy"); a.Server == nil || a.Server.Server != "192.168.100.11:80" || a.Back {
		t.Errorf("%+v", a)
	}
	if a := press(m, "uy"); a.Server == nil || !a.Back {
		t.Errorf("%+v", a)
	}
	if a := press(m, "/q\x1bq"); !a.Quit {
		t.Error("q does not end it")
	}
	if a := press(browsed(t), "jd\x03"); !a.Quit {
		t.Error("an interrupt does not end a question")
	}
}

// TestSelectionStays with its server when the order changes, and goes to the
// first when it is gone.
func TestSelectionStays(t *testing.T) {
	t.Parallel()
	m := browsed(t)
	press(m, "jj")
	selected := m.selected
	press(m, "sssss")
	m.Update(lookAfter(t, 4*time.Second))
	if m.selected != selected || m.at() < 0 {
		t.Errorf("%v, before %v", m.selected, selected)
	}
	press(m, "/nosuchserver")
	if len(m.rows) != 0 {
		t.Errorf("%d rows", len(m.rows))
	}
	press(m, "\x1b")
	if m.at() != 0 {
		t.Errorf("row %d", m.at())
	}
}

// TestRatesDoNotFlicker: the kernel counts together every two seconds.
func TestRatesDoNotFlicker(t *testing.T) {
	t.Parallel()
	m := &Model{}
	server := func(counted, at time.Duration) float64 {
		l := lookAfter(t, counted)
		l.Status.Time = now.Add(at)
		m.Update(l)
		return m.traffic.rates[rowID{"tcp:192.0.2.70:80", "192.168.100.11:80"}].connections
	}
	if got := server(0, 0); got != 7 {
		t.Errorf("at first %v: not what the kernel says", got)
	}
	for _, c := range []struct {
		counted, at time.Duration
		want        float64
	}{{2, 2, 100}, {2, 3, 100}, {4, 4, 100}, {4, 5, 100}, {4, 6, 100}, {4, 7, 0}, {10, 8, 600}} {
		if got := server(c.counted*time.Second, c.at*time.Second); got != c.want {
			t.Errorf("after %d s %v, want %v", c.at, got, c.want)
		}
	}
}

// TestPainterWritesWhatChanged and nothing that a vt100 does not know.
func TestPainterWritesWhatChanged(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	p := painter{out: &b}
	paint := func(lines []Line, cursor int) string {
		b.Reset()
		if err := p.paint(lines, 10, cursor); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	first := []Line{{"abc", Plain}, {"0123456789", Reverse}}
	if got, want := paint(first, 1), "\x1b[m\x1b[H\x1b[2J\x1b[1;1Habc\x1b[K\x1b[2;1H\x1b[7m0123456789\x1b[m\x1b[2;1H"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := paint([]Line{{"abd", Plain}, {"0123456789", Reverse}}, 0), "\x1b[1;1Habd\x1b[K\x1b[1;1H"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := paint([]Line{{"abd", Bad}, {"0123456789", Reverse}}, 0), "\x1b[1;1H\x1b[1mabd\x1b[m\x1b[K\x1b[1;1H"; got != want {
		t.Errorf("without colours %q, want %q", got, want)
	}
	p.colour = true
	p.again()
	if got := paint([]Line{{"abd", Bad}, {"x", Warn}}, 0); !strings.Contains(got, "\x1b[1;31mabd") || !strings.Contains(got, "\x1b[33mx") {
		t.Errorf("with colours %q", got)
	}
}
