package ldirectord

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The proofs are scenes whose tables after each step must be those that the
// original makes on the same kernel; they are kept in testdata/proof, because
// the original takes minutes for them. -update has it play them again.
const proofPrefix = "proof-"

var proofs = map[string]func(*scene) error{
	"kinds": (*scene).playKinds,
	"hand":  (*scene).playHand,
}

// proofKinds is services of every kind that the kernel has; their servers are
// always up. The schedulers are those of the kernel of the test. Servers have
// the port of their service, as the original needs them.
func proofKinds() string {
	var b strings.Builder
	service := func(virtual, reals string, options ...string) {
		fmt.Fprintf(&b, "%s\n\tchecktype=on\n", virtual)
		for _, o := range append(strings.Split(reals, "; "), options...) {
			fmt.Fprintf(&b, "\t%s\n", o)
		}
		b.WriteString("\n")
	}
	for i, scheduler := range strings.Fields("rr wrr lc wlc lblc lblcr dh sh sed nq fo ovf mh") {
		service(fmt.Sprintf("virtual=10.9.0.1:%d", 1000+i), fmt.Sprintf("real=10.1.0.11:%d gate %d", 1000+i, i), "scheduler="+scheduler)
	}
	service("virtual=10.9.0.2:80", "real=10.1.0.11:80 masq 3; real=10.1.0.12:8080 masq 65535 l:5 u:100", "scheduler=sh", "schedflags=sh-fallback,sh-port")
	service("virtual=10.9.0.2:81", "real=10.1.0.11:81 ipip 2", "scheduler=mh", "schedflags=mh-port")
	service("virtual=10.9.0.3:53", "real=10.1.0.11:53 gate", "protocol=udp", "ops=yes")
	service("virtual=10.9.0.3:54", "real=10.1.0.11:54 gate", "protocol=udp", "persistent=60")
	service("virtual=10.9.0.4:80", "real=10.1.0.11:80 gate", "persistent=600", "netmask=255.255.255.0")
	service("virtual=10.9.0.4:0", "real=10.1.0.11 gate 3; real=10.1.0.12 masq", "persistent=300")
	service("virtual=10.9.0.5:0", "real=10.1.0.11 ipip", "persistent=300", "protocol=udp", "netmask=255.255.0.0")
	service("virtual=7", "real=10.1.0.11 gate; real=10.1.0.12:80 masq 3")
	service("virtual=8", "real=10.1.0.11 gate", "persistent=30", "netmask=255.255.255.128", "scheduler=rr")
	service("virtual6=[2001:db8:9::1]:80", "real6=[2001:db8:1::11]:80 gate 3; real6=[2001:db8:1::12]:8080 masq", "persistent=90", "netmask=64")
	service("virtual6=[2001:db8:9::2]:0", "real6=[2001:db8:1::11] gate 3", "persistent=90")
	service("virtual6=[2001:db8:9::3]:53", "real6=[2001:db8:1::11]:53 ipip 3", "protocol=udp", "ops=yes", "scheduler=rr")
	service("virtual6=7", "real6=[2001:db8:1::11] gate; real6=[2001:db8:1::12] masq", "persistent=20", "netmask=56")
	return b.String()
}

// proofServers is how many servers proofKinds has.
const proofServers = 13 + 13 + 5

func (s *scene) playKinds() error {
	if err := os.WriteFile(installedConfig, []byte(proofKinds()), 0o644); err != nil {
		return err
	}
	seen, servers := "", 0
	full := func() bool {
		table, _ := os.ReadFile("/proc/net/ip_vs")
		if string(table) != seen {
			seen, servers = string(table), strings.Count(ipvsadm("-Sn"), "-a ")
		}
		return servers == proofServers
	}
	s.proofStep("start", func() error { s.ldirectord("start"); return waitFor("the whole table", full) })
	s.proofStep("reload", func() error { s.ldirectord("reload"); return nil })
	s.proofStep("stop", func() error { s.ldirectord("stop"); return gone() })
	return nil
}

// proofHand is what is changed by hand below.
const proofHand = `checkinterval=1
checktimeout=20
virtual=10.9.0.1:80
	checktype=external
	checkcommand=/run/ldtest/round.sh
	real=10.1.0.11:80 gate 10
	real=10.1.0.12:80 gate 20
virtual=10.9.0.2:80
	quiescent=yes
	checktype=external
	checkcommand=/run/ldtest/round.sh
	real=10.1.0.11:81 masq 10
	real=10.1.0.12:81 masq 20
`

// playHand changes by hand what the director owns, and what it does not. What a
// program does about it it does within a few rounds of checks.
func (s *scene) playHand() error {
	if err := os.WriteFile(installedConfig, []byte(proofHand), 0o644); err != nil {
		return err
	}
	if err := copyTo(filepath.Join(sharePath, "testdata/round.sh"), "/run/ldtest/round.sh", 0o755); err != nil {
		return err
	}
	hand := func(commands ...string) func() error {
		return func() error {
			for _, c := range commands {
				if err := s.do(c); err != nil {
					return err
				}
			}
			return s.rounds(4)
		}
	}
	s.proofStep("start", hand("ipvsadm -A -t 10.8.0.1:80 -s rr", "ipvsadm -a -t 10.8.0.1:80 -r 10.1.0.13:80 -g -w 5", "start"))
	s.proofStep("server deleted", hand("ipvsadm -d -t 10.9.0.1:80 -r 10.1.0.11:80", "ipvsadm -d -t 10.9.0.2:80 -r 10.1.0.12:81"))
	s.proofStep("weight changed", hand("ipvsadm -e -t 10.9.0.1:80 -r 10.1.0.12:80 -g -w 7", "ipvsadm -e -t 10.9.0.2:80 -r 10.1.0.11:81 -m -w 0"))
	s.proofStep("deleted and changed servers fail", hand("down 10.1.0.11:80 10.1.0.12:80 10.1.0.11:81 10.1.0.12:81"))
	s.proofStep("they return", hand("up 10.1.0.11:80 10.1.0.12:80 10.1.0.11:81 10.1.0.12:81"))
	s.proofStep("server added", hand("ipvsadm -a -t 10.9.0.1:80 -r 10.1.0.13:80 -g -w 1"))
	s.proofStep("service deleted", hand("ipvsadm -D -t 10.9.0.2:80"))
	s.proofStep("its servers fail and return", func() error {
		return firstError(hand("down 10.1.0.11:81 10.1.0.12:81")(), hand("up 10.1.0.11:81 10.1.0.12:81")())
	})
	s.proofStep("scheduler changed", hand("ipvsadm -E -t 10.9.0.1:80 -s rr"))
	s.proofStep("reload", hand("reload"))
	s.proofStep("foreign service deleted", hand("ipvsadm -D -t 10.8.0.1:80", "ipvsadm -A -u 10.8.0.1:80 -s rr"))
	s.proofStep("stop", func() error { s.ldirectord("stop"); return gone() })
	return nil
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// rounds waits until every server was checked n times more.
func (s *scene) rounds(n int) error {
	count := func() int {
		content, _ := os.ReadFile("/run/ldtest/rounds")
		least := 1 << 30
		for _, server := range []string{"10.1.0.11 80", "10.1.0.12 80", "10.1.0.11 81", "10.1.0.12 81"} {
			least = min(least, strings.Count(string(content), server+"\n"))
		}
		return least
	}
	want := count() + n
	return waitFor(fmt.Sprintf("%d rounds of checks", want), func() bool { return count() >= want })
}

func waitFor(what string, is func() bool) error {
	limit := howToPatience
	if updating() {
		limit *= 10
	}
	if _, ok := until("true", 0, limit, func() string { return fmt.Sprint(is()) }); !ok {
		log, _ := os.ReadFile("/var/log/ldirectord.log")
		return fmt.Errorf("%s: not within %v; log:\n%s", what, limit, log)
	}
	return nil
}

// proofStep does something and keeps the table that follows, when it has not
// changed for a while.
func (s *scene) proofStep(name string, do func() error) {
	begun := time.Now()
	o := outcome{Scene: s.name, Step: name, Tables: make(map[string]string)}
	if err := do(); err != nil {
		o.Problems = append(o.Problems, err.Error())
	}
	last := ipvsadm("-Sn")
	for {
		table, ok := untilTable(last, hold, 0)
		if ok {
			break
		}
		last = table
	}
	o.Tables["-Sn"], o.Tables["-Ln --thresholds"] = last, ipvsadm("-Ln", "--thresholds")
	o.Seconds = time.Since(begun).Seconds()
	s.outcomes = append(s.outcomes, o)
}

// compareProofs holds our tables against those of the original.
func compareProofs(t *testing.T, results map[string][]outcome) {
	t.Helper()
	for name := range proofs {
		if !chosen(proofPrefix + ours + "-" + name) {
			continue
		}
		file := filepath.Join("testdata/proof", name+".json")
		if *update {
			keepProof(t, file, results[proofPrefix+original+"-"+name])
		}
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var theirs []proof
		if err := json.Unmarshal(content, &theirs); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		own := results[proofPrefix+ours+"-"+name]
		if len(own) != len(theirs) || len(own) == 0 {
			t.Errorf("%s: %d steps of ours, %d of the original", name, len(own), len(theirs))
			continue
		}
		for i := range own {
			for kind, lines := range theirs[i].Tables {
				if got, want := own[i].Tables[kind], strings.Join(lines, "\n"); got != want || own[i].Step != theirs[i].Step {
					t.Errorf("%s, %s, ipvsadm %s: ours\n%s\nthe original's\n%s", name, own[i].Step, kind, got, want)
				}
			}
		}
	}
}

// proof is what the original made of one step.
type proof struct {
	Step   string
	Tables map[string][]string
}

func keepProof(t *testing.T, file string, steps []outcome) {
	t.Helper()
	var proofs []proof
	for _, o := range steps {
		p := proof{o.Step, make(map[string][]string)}
		for kind, table := range o.Tables {
			p.Tables[kind] = strings.Split(table, "\n")
		}
		proofs = append(proofs, p)
	}
	content, err := json.MarshalIndent(proofs, "", " ")
	if err == nil {
		err = os.WriteFile(file, append(content, '\n'), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}
