package check

import (
	"bufio"
	"bytes"
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// FuzzDNSAnswer reads anything as the answer to a question; what is an answer
// has no more values than records.
func FuzzDNSAnswer(f *testing.F) {
	name := dnsmessage.MustNewName("www.example.org.")
	head := dnsmessage.ResourceHeader{Name: name, Class: dnsmessage.ClassINET}
	for _, body := range []dnsmessage.ResourceBody{
		&dnsmessage.AResource{A: [4]byte{192, 0, 2, 1}}, &dnsmessage.PTRResource{PTR: name}, &dnsmessage.AAAAResource{}, &dnsmessage.CNAMEResource{CNAME: name},
	} {
		m := dnsmessage.Message{
			Header:    dnsmessage.Header{ID: 7, Response: true},
			Questions: []dnsmessage.Question{{Name: name, Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET}},
			Answers:   []dnsmessage.Resource{{Header: head, Body: body}},
		}
		packed, err := m.Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(packed)
	}
	f.Add([]byte{0, 7, 0x80, 3, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, message []byte) {
		reply, err := parseDNS(7, message)
		if err == nil && len(reply.values) > reply.records {
			t.Errorf("%d values of %d records", len(reply.values), reply.records)
		}
	})
}

// FuzzFTPReply reads anything as a server's answer to PASV or EPSV.
func FuzzFTPReply(f *testing.F) {
	f.Add(227, "Entering Passive Mode (192,0,2,1,156,85).")
	f.Add(227, "192,0,2,1,0,0")
	f.Add(229, "Entering Extended Passive Mode (|||40021|)")
	f.Add(229, "(|||99999|)")
	f.Fuzz(func(t *testing.T, code int, reply string) {
		port, ok := passivePort(code, reply)
		if ok != (port != 0) && (ok || code != 229) {
			t.Errorf("%d %q: port %d, %v", code, reply, port, ok)
		}
	})
}

func TestPassivePort(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		code  int
		reply string
		want  uint16
	}{
		{227, "Entering Passive Mode (192,0,2,1,156,85).", 40021},
		{227, "=192,0,2,1,156,85", 40021},
		{227, "(192,0,2,1,256,1)", 0},
		{227, "(192,0,2,1,0,0)", 0},
		{227, "no port", 0},
		{229, "Extended (|||40021|)", 40021},
		{229, "Extended (!!!40021!)", 40021},
		{229, "Extended (|!|40021|)", 0},
		{229, "Extended (|||65536|)", 0},
		{229, "(192,0,2,1,156,85)", 0},
	} {
		port, ok := passivePort(test.code, test.reply)
		if ok != (test.want != 0) || ok && port != test.want {
			t.Errorf("%d %q: port %d, %v, wanted %d", test.code, test.reply, port, ok, test.want)
		}
	}
}

// FuzzURL reads anything as the URL of a request or of a redirection. What goes
// into a request line must not end it.
func FuzzURL(f *testing.F) {
	f.Add("http://www.example.com/a?b#c")
	f.Add("https://user:word@[2001:db8::1]:8443/../x")
	f.Add("http://h")
	f.Fuzz(func(t *testing.T, url string) {
		h, err := parseURL(url)
		if err == nil && (strings.ContainsAny(h.target+h.hostHeader, " \r\n") || h.address == "") {
			t.Errorf("%q: %+v", url, h)
		}
		next, ok := hop{address: "h:80", target: "/a/b"}.redirect(answer{status: 302, header: map[string]string{"location": url}})
		if ok && strings.ContainsAny(next.target, " \r\n") {
			t.Errorf("redirection to %q: %+v", url, next)
		}
	})
}

// FuzzPOPGreeting reads anything as a greeting and as capabilities.
func FuzzPOPGreeting(f *testing.F) {
	f.Add("+OK <1896.697170952@dbc.mtview.ca.us>")
	f.Add("+OK > <")
	f.Fuzz(func(t *testing.T, greeting string) {
		if stamp := apopStamp(greeting); stamp != "" && (!strings.Contains(greeting, stamp) || !strings.Contains(stamp, "@")) {
			t.Errorf("%q: stamp %q", greeting, stamp)
		}
	})
}

// FuzzHTTPAnswerParser reads anything as an answer.
func FuzzHTTPAnswerParser(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"))
	f.Add([]byte("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204\r\n\r\n"))
	f.Add([]byte("hello"))
	f.Fuzz(func(t *testing.T, said []byte) {
		a, err := readAnswer(bufio.NewReader(bytes.NewReader(said)), "GET")
		if err == nil && (a.status < 200 || a.status > 999 || len(a.body) > len(said)) {
			t.Errorf("%q: %+v", said, a)
		}
	})
}

func TestReverseName(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"192.0.2.1":   "1.2.0.192.in-addr.arpa.",
		"2001:db8::1": "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.",
	} {
		if got := reverseName(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: %s", address, got)
		}
	}
}
