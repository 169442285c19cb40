package config

import (
	"errors"
	"net/netip"
	"reflect"
	"testing"
)

// oddHost answers with what a test sets, and counts.
type oddHost struct {
	addr     string
	port     uint16
	node     string
	log      error
	isDir    bool
	lookups  int
	notFound error
}

func (h *oddHost) Lookup(string, bool) (netip.Addr, error) {
	h.lookups++
	if h.notFound != nil {
		return netip.Addr{}, h.notFound
	}
	return netip.MustParseAddr(h.addr), nil
}
func (h *oddHost) Service(string, string) (uint16, bool) { return h.port, h.port != 0 }
func (h *oddHost) NodeName() string                      { return h.node }
func (h *oddHost) Appendable(string) error               { return h.log }
func (h *oddHost) IsDir(string) bool                     { return h.isDir }

// everyQuestion is a file that asks a host all that can be asked.
const everyQuestion = `logfile="/var/log/other.log"
maintenancedir=/etc/ha.d/maintenance
virtual=10.9.0.1:ftp
	real=one.example:ftp gate
	real=one.example:ftp gate
virtual=10.9.0.2:ftp
	real=one.example:ftp gate
`

func TestAnswersAreAskedOnceAndComparedAgain(t *testing.T) {
	t.Parallel()
	before := func() *oddHost { return &oddHost{addr: "10.1.0.1", port: 21, node: "lvsm", isDir: true} }
	for name, c := range map[string]struct {
		change func(h *oddHost)
		same   bool
	}{
		"nothing":      {func(*oddHost) {}, true},
		"an address":   {func(h *oddHost) { h.addr = "10.1.0.2" }, false},
		"a port":       {func(h *oddHost) { h.port = 2121 }, false},
		"the node":     {func(h *oddHost) { h.node = "lvsn" }, false},
		"a log":        {func(h *oddHost) { h.log = errors.New("full") }, false},
		"a directory":  {func(h *oddHost) { h.isDir = false }, false},
		"no such host": {func(h *oddHost) { h.notFound = errors.New("no such host") }, false},
	} {
		host := before()
		answers := NewAnswers(host)
		first, report := Parse("x.cf", everyQuestion, answers)
		if first == nil {
			t.Fatal(report.Findings)
		}
		if host.lookups != 1 {
			t.Errorf("%s: one name was looked up %d times", name, host.lookups)
		}
		later := before()
		c.change(later)
		now, same := answers.Again(later)
		if same != c.same || later.lookups != 1 {
			t.Errorf("%s: the same is %v, want %v; %d lookups", name, same, c.same, later.lookups)
		}
		// What is made of the answers is what is made of the host.
		got, _ := Parse("x.cf", everyQuestion, now)
		direct := before()
		c.change(direct)
		want, _ := Parse("x.cf", everyQuestion, direct)
		if !reflect.DeepEqual(got, want) || later.lookups != 1 {
			t.Errorf("%s: %+v, want %+v; %d lookups", name, got, want, later.lookups)
		}
	}
}

// TestTheSameErrorIsTheSameAnswer: what fails each time says so with an error of
// its own each time.
func TestTheSameErrorIsTheSameAnswer(t *testing.T) {
	t.Parallel()
	answers := NewAnswers(&oddHost{log: errors.New("full"), addr: "10.1.0.1"})
	_ = answers.Appendable("log")
	for text, want := range map[string]bool{"full": true, "read-only": false} {
		if _, same := answers.Again(&oddHost{log: errors.New(text)}); same != want {
			t.Errorf("%s: the same is %v, want %v", text, same, want)
		}
	}
}
