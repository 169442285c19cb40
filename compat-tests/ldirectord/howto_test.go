package ldirectord

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	howToPrefix = "howto-"
	ours        = "ours"
	original    = "original"
)

// howToForms are the files of the how-to. The original refuses the form that
// the page prints; ours makes the table of the indented one of it.
var howToForms = []struct {
	name     string
	programs []string
	servers  []string
	// full is the table with all servers, dead the one without the first. They
	// are waited for; what counts is that both programs print the same.
	full, dead string
}{
	{"tcp", []string{ours, original}, []string{"192.0.2.121:80"}, howToTCP + "\n" + howToTCPReal, howToTCP},
	{"unindented", []string{ours}, []string{"192.0.2.121:80"}, howToTCP + "\n" + howToTCPReal, howToTCP},
	{"mark", []string{ours, original}, []string{"192.0.2.121:80", "192.0.2.117:80"},
		howToMark + "\n" + howToMarkOther + "\n" + howToMarkReal, howToMark + "\n" + howToMarkOther},
}

const (
	howToTCP       = "-A -t 192.0.2.70:80 -s rr -p 3600"
	howToTCPReal   = "-a -t 192.0.2.70:80 -r 192.0.2.121:80 -g -w 10"
	howToMark      = "-A -f 1 -s rr -p 3600"
	howToMarkReal  = "-a -f 1 -r 192.0.2.121:0 -g -w 1"
	howToMarkOther = "-a -f 1 -r 192.0.2.117:0 -g -w 3"
)

// howToPatience is more than the check interval, the timeout and the slowness of
// the guest, in which everything runs at once.
const howToPatience = 4 * time.Minute

func (s *scene) playHowTo() error {
	_, form, _ := strings.Cut(strings.TrimPrefix(s.name, howToPrefix), "-")
	for _, f := range howToForms {
		if f.name != form {
			continue
		}
		if err := copyTo(filepath.Join(sharePath, "testdata/howto", form+".cf"), "/etc/ha.d/conf/ldirectord.cf", 0o644); err != nil {
			return err
		}
		for _, address := range f.servers {
			b := &backend{address: address, handler: http.HandlerFunc(howToPage)}
			s.backends[address] = b
			if err := b.set(true); err != nil {
				return err
			}
		}
		const script = "/etc/ha.d/resource.d/ldirectord"
		first := s.backends[f.servers[0]]
		s.howToStep("start", f.full, func() error { return run(script, "ldirectord.cf", "start") })
		s.howToStep("server dies", f.dead, func() error { return first.set(false) })
		s.howToStep("server returns", f.full, func() error { return first.set(true) })
		s.howToStep("reload", f.full, func() error { return run(script, "/etc/ha.d/conf/ldirectord.cf", "reload") })
		s.howToStep("stop", "", func() error { return run(script, "ldirectord.cf", "stop") })
		return nil
	}
	return fmt.Errorf("no form %q", form)
}

// howToPage answers only the request of the how-to as it wants.
func howToPage(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/lvsm.hwlee.shop" {
		http.NotFound(w, r)
		return
	}
	_, _ = io.WriteString(w, "this is lvss.hwlee.shop\n")
}

func (s *scene) howToStep(name, want string, do func() error) {
	begun := time.Now()
	o := outcome{Scene: s.name, Step: name, Tables: make(map[string]string)}
	if err := do(); err != nil {
		o.Problems = append(o.Problems, err.Error())
	}
	saved, listed, ok := howToTables(normal(want), begun.Add(howToPatience))
	if !ok {
		log, _ := os.ReadFile("/var/log/ldirectord.log")
		o.Problems = append(o.Problems, fmt.Sprintf("the table is\n%s\nwant\n%s\nlog:\n%s", saved, want, log))
	}
	o.Tables["-Sn"], o.Tables["-Ln"] = saved, listed
	o.Seconds = time.Since(begun).Seconds()
	s.outcomes = append(s.outcomes, o)
}

// howToTables are the two listings of a table that is as wanted and stays so; ok is
// false if it is not in time. The original takes a server that it has put in at its
// start out again for a moment, which may come between the two.
func howToTables(want string, limit time.Time) (saved, listed string, ok bool) {
	for {
		saved, ok = untilTable(want, hold, time.Until(limit))
		listed = ipvsadm("-Ln")
		if !ok || ipvsadm("-Sn") == saved {
			return saved, listed, ok
		}
	}
}

// compareHowTo holds our tables against those that the original made of the same
// files on the same kernel.
func compareHowTo(t *testing.T, results map[string][]outcome) {
	t.Helper()
	for _, form := range howToForms {
		oracle := form.name
		if len(form.programs) == 1 {
			oracle = "tcp"
		}
		a, b := results[howToPrefix+ours+"-"+form.name], results[howToPrefix+original+"-"+oracle]
		if len(a) != len(b) || len(a) == 0 {
			t.Errorf("%s: %d steps of ours, %d of the original", form.name, len(a), len(b))
			continue
		}
		for i := range a {
			for kind, table := range a[i].Tables {
				if table != b[i].Tables[kind] {
					t.Errorf("%s, %s, ipvsadm %s: ours\n%s\nthe original's\n%s", form.name, a[i].Step, kind, table, b[i].Tables[kind])
				}
			}
		}
	}
}
