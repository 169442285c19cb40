package checks

import (
	"fmt"
	"path"
	"strings"
)

// kase is one virtual service with one real server.
type kase struct {
	name     string
	address  string
	port     int
	protocol string // empty: tcp
	lines    []string
	tls      string // the certificate that the server shows
	want     string // our verdict
}

// service is what the cases of one service are made of.
type service struct {
	name     string
	port     int
	protocol string
	lines    []string            // with which it is up
	others   map[string][]string // lines of further cases that are up
	wrong    map[string][]string // lines of cases that are down
	tls      bool
}

func lines(l ...string) []string { return l }

// login are the lines of a service that wants a name and a password.
func login(more ...string) []string {
	return append([]string{`login="` + user + `"`, `passwd="` + password + `"`}, more...)
}

// badLogin are the same with a password that is wrong.
func badLogin(more ...string) []string {
	return append([]string{`login="` + user + `"`, `passwd="` + wrong + `"`}, more...)
}

const dn = `login="cn=` + user + `,dc=example,dc=org"`

var services = []service{
	{
		name: "http", port: 80, lines: lines(`request="/"`, `receive="Test Page"`),
		others: map[string][]string{
			"head": lines("httpmethod=HEAD"), "redirected": lines(`request="moved"`, `receive="Page\n</html>$"`),
			"virtualhost": lines(`virtualhost="www.example.org"`, `receive="(?i)test\s+page"`), "lookahead": lines(`receive="^(?!.*ERROR)"`),
		},
		wrong: map[string][]string{
			"missing": lines(`request="nothing-here"`), "mismatch": lines(`request="/"`, `receive="Other Page"`),
			"broken": lines(`request="broken"`), "private": lines(`request="private"`),
		},
	},
	{
		name: "https", port: 443, tls: true, lines: lines(`request="/"`, `receive="Test Page"`),
		wrong: map[string][]string{"missing": lines(`request="nothing-here"`), "mismatch": lines(`receive="Other Page"`)},
	},
	{
		name: "http_proxy", port: 3128, lines: lines(`request="http://`+good+`/"`, `receive="Test Page"`),
		wrong: map[string][]string{
			"missing": lines(`request="http://` + good + `/nothing-here"`), "no-site": lines(`request="http://` + refused + `/"`),
			"relative": lines(`request="/"`),
		},
	},
	{
		name: "ftp", port: 21, lines: lines(`request="check.txt"`, `receive="All is well"`),
		wrong: map[string][]string{
			"missing": lines(`request="nothing.txt"`, `receive="All"`), "mismatch": lines(`request="check.txt"`, `receive="Nothing"`),
			"login": badLogin(`request="check.txt"`, `receive="All"`),
		},
	},
	{name: "smtp", port: 25}, {name: "submission", port: 587},
	{name: "pop", port: 110, lines: login(), others: map[string][]string{"no-login": nil}, wrong: map[string][]string{"login": badLogin()}},
	{name: "pops", port: 995, tls: true, lines: login(), wrong: map[string][]string{"login": badLogin()}},
	{name: "imap", port: 143, lines: login(), others: map[string][]string{"no-login": nil}, wrong: map[string][]string{"login": badLogin()}},
	{name: "imaps", port: 993, tls: true, lines: login(), wrong: map[string][]string{"login": badLogin()}},
	{name: "nntp", port: 119},
	{
		name: "ldap", port: 389, lines: lines(`request="dc=example,dc=org"`, `receive="dc=example,dc=org"`),
		others: map[string][]string{
			"bind":  lines(dn, `passwd="`+password+`"`, `request="dc=example,dc=org"`),
			"root":  nil,
			"blank": lines(`request="dc=example, dc=org"`),
		},
		wrong: map[string][]string{
			"login": lines(dn, `passwd="`+wrong+`"`, `request="dc=example,dc=org"`), "missing": lines(`request="dc=nowhere"`),
			"mismatch": lines(`request="dc=example,dc=org"`, `receive="dc=other"`),
		},
	},
	{
		name: "ldaps", port: 636, tls: true, lines: lines(`request="dc=example,dc=org"`),
		wrong: map[string][]string{"missing": lines(`request="dc=nowhere"`)},
	},
	{
		name: "dns", port: 53, protocol: "udp", lines: lines(`request="www.example.org"`, `receive="192.0.2.1"`),
		others: map[string][]string{"ptr": lines(`request="192.0.2.1"`, `receive="www.example.org"`), "second": lines(`request="www.example.org"`, `receive="192.0.2.2"`)},
		wrong:  map[string][]string{"missing": lines(`request="nobody.example.org"`, `receive="192"`), "mismatch": lines(`request="www.example.org"`, `receive="10.0.0.1"`), "no-receive": lines(`request="www.example.org"`)},
	},
	{
		name: "dns", port: 53, protocol: "tcp", lines: lines(`request="www.example.org"`, `receive="192.0.2.1"`),
		wrong: map[string][]string{"mismatch": lines(`request="www.example.org"`, `receive="10.0.0.1"`)},
	},
	{
		name: "mysql", port: 3306, lines: login(`database="shop"`, `request="SELECT n FROM stock"`),
		others: map[string][]string{
			"no-database": login(`request="SELECT 1"`), "update": login(`database="shop"`, `request="UPDATE stock SET n = n + 1"`),
		},
		wrong: map[string][]string{
			"login": badLogin(`database="shop"`, `request="SELECT 1"`), "empty": login(`database="shop"`, `request="SELECT n FROM stock WHERE n > 1000000"`),
			"syntax": login(`database="shop"`, `request="SELEKT"`), "database": login(`database="nowhere"`, `request="SELECT 1"`),
			"no-request": login(`database="shop"`),
		},
	},
	{
		name: "pgsql", port: 5432, lines: login(`database="postgres"`, `request="SELECT 1"`),
		wrong: map[string][]string{
			"login": badLogin(`database="postgres"`, `request="SELECT 1"`), "empty": login(`database="postgres"`, `request="SELECT 1 WHERE false"`),
			"syntax": login(`database="postgres"`, `request="SELEKT"`), "database": login(`database="nowhere"`, `request="SELECT 1"`),
		},
	},
	{
		name: "radius", port: 1812, protocol: "udp", lines: login(`secret="` + secret + `"`),
		wrong: map[string][]string{
			"login": badLogin(`secret="` + secret + `"`), "secret": login(`secret="` + wrong + `"`),
		},
	},
	{name: "sip", port: 5060, protocol: "udp", lines: lines(`login="checker@example.org"`), wrong: map[string][]string{"nobody": lines(`login="nobody@example.org"`)}},
	{name: "sip", port: 5060, protocol: "tcp", lines: lines(`login="checker@example.org"`), wrong: map[string][]string{"nobody": lines(`login="nobody@example.org"`)}},
	{
		name: "simpletcp", port: 80, lines: lines(`request="GET / HTTP/1.0\n\n"`, `receive="Test Page"`),
		wrong: map[string][]string{"mismatch": lines(`request="GET / HTTP/1.0\n\n"`, `receive="Other"`)},
	},
}

// limit is the time of a check in the cases, in seconds: enough for slow servers
// on a busy machine.
const limit = 4

// allCases are those of the services and of the other types of checks.
func allCases() []kase {
	var cases []kase
	for _, s := range services {
		cases = append(cases, s.cases()...)
	}
	for _, address := range []struct{ name, address, want string }{
		{"up", good, "up"}, {"refused", refused, "down"}, {"silent", silent, "up"}, {"ipv6", goodSix, "up"},
	} {
		cases = append(cases, kase{name: "connect/" + address.name, address: address.address, port: 80, lines: lines("checktype=connect", "service=http"), want: address.want})
	}
	for name, address := range map[string]string{"up": good, "ipv6": goodSix} {
		cases = append(cases, kase{name: "ping/" + name, address: address, port: 80, lines: lines("checktype=ping", "service=http"), want: "up"})
	}
	for name, command := range map[string]string{"up": "/bin/true", "wrong": "/bin/false", "missing": "/bin/nothing-here"} {
		want := map[bool]string{true: "up", false: "down"}[name == "up"]
		cases = append(cases, kase{name: "external/" + name, address: good, port: 80, lines: lines("checktype=external", `checkcommand="`+command+`"`), want: want})
	}
	return cases
}

func (s service) cases() []kase {
	name := s.name
	if s.protocol != "" {
		name += "-" + s.protocol
	}
	var cases []kase
	add := func(form, address, want string, form2 []string) *kase {
		cases = append(cases, kase{
			name: name + "/" + form, address: address, port: s.port, protocol: s.protocol,
			lines: append([]string{"service=" + s.name}, form2...), want: want,
		})
		return &cases[len(cases)-1]
	}
	usual := good
	if s.tls {
		usual = trusted
	}
	add("up", usual, "up", s.lines)
	for form, more := range s.others {
		add("up-"+form, usual, "up", more)
	}
	for form, more := range s.wrong {
		add("wrong-"+form, usual, "down", more)
	}
	add("refused", refused, "down", s.lines)
	add("ipv6", goodSix, "up", s.lines)
	add("silent", silent, "down", s.lines)
	add("slow", slow, "up", s.lines)
	if s.tls {
		for certificate, address := range tlsAddresses {
			add("tls-"+certificate, address, "up", s.lines).tls = certificate
		}
	}
	return cases
}

// verifyingWant is our verdict where certificates are verified.
func verifyingWant(c kase) string {
	if c.tls == "trusted" {
		return "up"
	}
	return "down"
}

// difference is a set of cases in which the original's verdict is another one
// than ours.
type difference struct {
	cases    string // a pattern of path.Match
	original string
	reason   string // docs/migration.md
}

const (
	unverified = "TLS certificates: verified by some versions of its modules, not by ours"
	addresses6 = "IPv6: its modules cannot"
	limitless  = "time limit: none after the connection stands"
)

var differences = []difference{
	{"https/tls-[eu]*", "down", unverified},
	{"pops/tls-[eu]*", "down", unverified},
	{"imaps/tls-[eu]*", "down", unverified},
	{"pop/ipv6", "down", addresses6},
	{"imap/ipv6", "down", addresses6},
	{"pgsql/ipv6", "down", addresses6},
	{"radius-udp/ipv6", "down", addresses6},
	{"ping/ipv6", "down", addresses6},
	{"pop/silent", "hangs", limitless},
	{"mysql/silent", "hangs", limitless},
	{"pgsql/silent", "hangs", limitless},
}

func differenceOf(name string) *difference {
	for i, d := range differences {
		if ok, err := path.Match(d.cases, name); err == nil && ok {
			return &differences[i]
		}
	}
	return nil
}

// originalWant is the original's verdict.
func originalWant(c kase) string {
	if d := differenceOf(c.name); d != nil {
		return d.original
	}
	return c.want
}

// config is the ldirectord.cf with a virtual service for each case. Its
// addresses are of no importance, as nothing is put into a table.
func config(cases []kase) string {
	var b strings.Builder
	fmt.Fprintf(&b, "checktimeout=%d\nnegotiatetimeout=%d\n", limit, limit)
	for i, c := range cases {
		if strings.Contains(c.address, ":") {
			fmt.Fprintf(&b, "virtual6=[fd00:1::%x]:%d\n\treal6=[%s]:%d gate\n", i+1, c.port, c.address, c.port)
		} else {
			fmt.Fprintf(&b, "virtual=127.100.%d.%d:%d\n\treal=%s:%d gate\n", i/200, i%200+1, c.port, c.address, c.port)
		}
		if c.protocol != "" {
			fmt.Fprintf(&b, "\tprotocol=%s\n", c.protocol)
		}
		for _, line := range c.lines {
			fmt.Fprintf(&b, "\t%s\n", line)
		}
	}
	return b.String()
}
