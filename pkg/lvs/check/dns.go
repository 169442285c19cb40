package check

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"lvsha/pkg/lvs/pattern"
)

// dnsCheck is service=dns (RFC 1035): up is a server in whose answer an address
// or a name matches receive. An empty receive matches nothing, as with the
// original; Doubt warns of it.
type dnsCheck struct {
	target  Target
	dial    Dial
	receive pattern.Pattern
	search  func() []string
	name    string
	kind    dnsmessage.Type
}

func newDNS(t Target, env Env) (Check, error) {
	receive, err := pattern.Compile(t.Receive)
	if err != nil {
		return nil, fmt.Errorf("check %s: %w", t.Service, err)
	}
	c := &dnsCheck{target: t, dial: env.dial(), receive: receive, search: env.search()}
	c.name, c.kind = strings.TrimPrefix(t.Request, "/"), dnsmessage.TypeA
	if addr, err := netip.ParseAddr(c.name); err == nil {
		c.name, c.kind = reverseName(addr), dnsmessage.TypePTR
	}
	return c, nil
}

// reverseName is the name that carries an address's PTR record.
func reverseName(addr netip.Addr) string {
	var name strings.Builder
	bytes := addr.AsSlice()
	for i := len(bytes) - 1; i >= 0; i-- {
		if addr.Is4() {
			fmt.Fprintf(&name, "%d.", bytes[i])
		} else {
			fmt.Fprintf(&name, "%x.%x.", bytes[i]&15, bytes[i]>>4)
		}
	}
	if addr.Is4() {
		return name.String() + "in-addr.arpa."
	}
	return name.String() + "ip6.arpa."
}

// names are those to ask for in turn: a name without a dot is looked for in the
// machine's search domains, and bare only if there are none.
func (c *dnsCheck) names() []string {
	if c.name != "" && !strings.Contains(c.name, ".") {
		var names []string
		for _, domain := range c.search() {
			names = append(names, c.name+"."+strings.Trim(domain, ".")+".")
		}
		if names != nil {
			return names
		}
	}
	return []string{strings.TrimSuffix(c.name, ".") + "."}
}

func (c *dnsCheck) Run(ctx context.Context) Result {
	if c.target.Port == 0 {
		return down("", errNoPort)
	}
	ctx, cancel := within(ctx, c.target.Timeout)
	defer cancel()
	var err error
	for _, name := range c.names() {
		var answers []string
		if answers, err = c.lookup(ctx, name); err != nil {
			var refused *rcodeError
			if errors.As(err, &refused) {
				continue
			}
			text := "No answer received"
			if isTimeout(err) {
				text = "Connection timed out"
			}
			return c.target.failed(text, err)
		}
		return c.judge(answers)
	}
	return c.target.failed("No answer: "+err.Error(), err)
}

func (c *dnsCheck) judge(answers []string) Result {
	for _, answer := range answers {
		if c.receive.Empty() {
			break
		}
		found, err := c.receive.Match([]byte(answer))
		if err != nil {
			return c.target.failed("Response mismatch", err)
		}
		if found {
			return Result{Up: true, Text: "Success"}
		}
	}
	return c.target.failed("Response mismatch", fmt.Errorf("answer %q has no match for %q", answers, c.receive))
}

// rcodeError is an answer without records.
type rcodeError struct{ code dnsmessage.RCode }

func (e *rcodeError) Error() string {
	switch e.code {
	case dnsmessage.RCodeSuccess:
		return "no records"
	case dnsmessage.RCodeNameError:
		return "NXDOMAIN"
	case dnsmessage.RCodeServerFailure:
		return "SERVFAIL"
	case dnsmessage.RCodeRefused:
		return "REFUSED"
	}
	return e.code.String()
}

// lookup asks over the transport of the virtual service, and over TCP what does
// not fit into a datagram.
func (c *dnsCheck) lookup(ctx context.Context, name string) ([]string, error) {
	id := uint16(rand.Uint32())
	question, err := dnsQuestion(id, name, c.kind)
	if err != nil {
		return nil, err
	}
	transport := network(c.target)
	reply, err := c.exchange(ctx, transport, id, question)
	if err == nil && reply.truncated && transport == "udp" {
		reply, err = c.exchange(ctx, "tcp", id, question)
	}
	switch {
	case err != nil:
		return nil, err
	case reply.code != dnsmessage.RCodeSuccess || reply.records == 0:
		return nil, &rcodeError{reply.code}
	}
	return reply.values, nil
}

func dnsQuestion(id uint16, name string, kind dnsmessage.Type) ([]byte, error) {
	n, err := dnsmessage.NewName(name)
	if err != nil {
		return nil, fmt.Errorf("name %q: %w", name, err)
	}
	m := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: id, RecursionDesired: true},
		Questions: []dnsmessage.Question{{Name: n, Type: kind, Class: dnsmessage.ClassINET}},
	}
	packed, err := m.Pack()
	if err != nil {
		return nil, fmt.Errorf("name %q: %w", name, err)
	}
	return packed, nil
}

func (c *dnsCheck) exchange(ctx context.Context, transport string, id uint16, question []byte) (dnsReply, error) {
	conn, done, err := open(ctx, c.dial, transport, c.target.hostPort())
	if err != nil {
		return dnsReply{}, err
	}
	defer done()
	if transport == "tcp" {
		framed := append(binary.BigEndian.AppendUint16(nil, uint16(len(question))), question...)
		if _, err := conn.Write(framed); err != nil {
			return dnsReply{}, err
		}
		var size [2]byte
		if _, err := io.ReadFull(conn, size[:]); err != nil {
			return dnsReply{}, err
		}
		answer := make([]byte, binary.BigEndian.Uint16(size[:]))
		if _, err := io.ReadFull(conn, answer); err != nil {
			return dnsReply{}, err
		}
		return parseDNS(id, answer)
	}
	return c.datagrams(ctx, conn, id, question)
}

// tries is how often a question is sent as a datagram, which may get lost, in
// the time of the check.
const tries = 3

func (c *dnsCheck) datagrams(ctx context.Context, conn net.Conn, id uint16, question []byte) (dnsReply, error) {
	buffer := make([]byte, 64<<10)
	for try := 1; ; try++ {
		if _, err := conn.Write(question); err != nil {
			return dnsReply{}, err
		}
		if err := waitUntil(ctx, conn, try, c.target.Timeout); err != nil {
			return dnsReply{}, err
		}
		for {
			n, err := conn.Read(buffer)
			if err != nil {
				if isTimeout(err) && try < tries && ctx.Err() == nil {
					break
				}
				return dnsReply{}, err
			}
			reply, err := parseDNS(id, buffer[:n])
			if errors.Is(err, errOtherID) {
				continue // late, or forged
			}
			return reply, err
		}
	}
}

// waitUntil gives a try its share of the time; the last has all that is left.
func waitUntil(ctx context.Context, conn net.Conn, try int, limit time.Duration) error {
	deadline, ok := ctx.Deadline()
	if share := time.Now().Add(limit / tries); try < tries && (!ok || share.Before(deadline)) {
		deadline = share
	}
	return conn.SetReadDeadline(deadline)
}
