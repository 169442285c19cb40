package check

import (
	"bufio"
	"bytes"
	"net"
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
		if ok != (port != 0) {
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
		next, ok := hop{address: "h:80", target: "/a/b"}.redirect(answer{status: 302, header: header{location: url}})
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
		// What is below 100 is no status of HTTP, and down as any other that is not of the 200s.
		if err == nil && (a.status >= 100 && a.status < 200 || a.status > 999 || len(a.body) > len(said)) {
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

// packets is a raw socket without a network: requests go out at one end, answers
// come in at the other.
type packets struct {
	net.PacketConn
	sent   chan sent
	coming chan sent
	closed chan struct{}
}

type sent struct {
	packet []byte
	addr   net.Addr
}

func (p *packets) WriteTo(packet []byte, to net.Addr) (int, error) {
	p.sent <- sent{bytes.Clone(packet), to}
	return len(packet), nil
}

func (p *packets) ReadFrom(b []byte) (int, net.Addr, error) {
	select {
	case s := <-p.coming:
		return copy(b, s.packet), s.addr, nil
	case <-p.closed:
		return 0, nil, net.ErrClosed
	}
}

func (p *packets) Close() error { close(p.closed); return nil }

// TestPingsShareASocket has two pings under way, whose answers come in the other
// order and among what is no answer to them.
func TestPingsShareASocket(t *testing.T) {
	t.Parallel()
	var opened []*packets
	s := &pingSocket{reply: 0, listen: func(string, string) (net.PacketConn, error) {
		p := &packets{sent: make(chan sent, 2), coming: make(chan sent), closed: make(chan struct{})}
		opened = append(opened, p)
		return p, nil
	}}
	for range 2 {
		if err := s.enter(); err != nil {
			t.Fatal(err)
		}
	}
	one := echo{netip.MustParseAddr("192.0.2.1"), 7, 1}
	two := echo{netip.MustParseAddr("192.0.2.2"), 7, 1}
	first, err1 := s.send(one, []byte("one"))
	second, err2 := s.send(two, []byte("two"))
	if err1 != nil || err2 != nil || len(opened) != 1 {
		t.Fatalf("%v, %v, %d sockets", err1, err2, len(opened))
	}
	answer := func(kind byte, addr string, id, seq byte) {
		opened[0].coming <- sent{[]byte{kind, 0, 0, 0, 0, id, 0, seq}, &net.IPAddr{IP: net.ParseIP(addr)}}
	}
	isOpen := func(c <-chan struct{}) bool {
		select {
		case <-c:
			return false
		default:
			return true
		}
	}
	answer(8, "192.0.2.1", 7, 1) // a request
	answer(0, "192.0.2.1", 8, 1) // to somebody else
	answer(0, "192.0.2.1", 7, 2) // to another attempt
	answer(0, "192.0.2.3", 7, 1) // from somebody else
	opened[0].coming <- sent{[]byte{0, 0}, &net.IPAddr{IP: net.ParseIP("192.0.2.1")}}
	answer(0, "192.0.2.2", 7, 1)
	<-second
	if !isOpen(first) {
		t.Error("the first ping has got another one's answer")
	}
	answer(0, "192.0.2.1", 7, 1)
	<-first
	s.leave()
	if !isOpen(opened[0].closed) {
		t.Error("the socket was closed under its user")
	}
	s.leave()
	if isOpen(opened[0].closed) {
		t.Error("the socket stays open")
	}
	if err := s.enter(); err != nil || len(opened) != 2 {
		t.Errorf("opened again: %v, %d sockets", err, len(opened))
	}
	s.leave()
}
