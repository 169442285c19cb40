package man

import (
	"slices"
	"testing"
)

func TestPlain(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{`.BI keepalive " TIME"`, "keepalive TIME"},
		{`.BR \-d ", " \-\-debug`, "-d, --debug"},
		{`.B \-C \fISTATE\fR`, "-C STATE"},
		{`.BI logfile= \(dqFILE\(dq`, `logfile="FILE"`},
		{`.B "one two"`, "one two"},
		{`.IB N " crc"`, "N crc"},
		{`text with \e`, `text with \`},
	} {
		if got := plain(c.line); got != c.want {
			t.Errorf("%s: %q, want %q", c.line, got, c.want)
		}
	}
}

func TestSection(t *testing.T) {
	if _, err := Section("ha.cf.5", "NONSENSE"); err == nil {
		t.Error("a section that is not there was found")
	}
	if _, err := Section("nonsense.5", "NAME"); err == nil {
		t.Error("a page that is not there was found")
	}
	options, err := Section("ldirectord.cf.5", "OPTIONS OF A SERVICE")
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(options, func(e Entry) bool { return e.Name() == "checktype" })
	if i < 0 || !slices.Equal(options[i].Examples, []string{"checktype=negotiate"}) || options[i].Default != "negotiate" {
		t.Errorf("checktype: %+v", options)
	}
	if slices.ContainsFunc(options, func(e Entry) bool { return e.Name() == "external" }) {
		t.Error("a value of checktype was taken for an option")
	}
}
