package check

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
)

// newSIP is service=sip: up is a server whose final answer to OPTIONS is of
// the 200s (RFC 3261).
func newSIP(t Target, env Env) (Check, error) {
	d := &dialogue{target: t, dial: env.dial(), network: network(t)}
	d.talk = func(_ context.Context, p *peer) error { return talkSIP(t, p) }
	return d, nil
}

// sipOptions is the request; it goes out in one write, for it may be a datagram.
func sipOptions(login, transport, local string) string {
	lines := []string{
		"OPTIONS sip:" + login + " SIP/2.0",
		fmt.Sprintf("Via: SIP/2.0/%s %s;branch=z9hG4bK%016x", strings.ToUpper(transport), local, rand.Uint64()),
		"Max-Forwards: 70",
		"To: <sip:" + login + ">",
		"From: <sip:" + login + ">;tag=1928301774",
		fmt.Sprintf("Call-ID: %016x", rand.Uint64()),
		"CSeq: 63104 OPTIONS",
		"Contact: <sip:" + login + ">",
		"Accept: application/sdp",
		"Content-Length: 0",
	}
	return strings.Join(lines, "\r\n") + "\r\n\r\n"
}

func talkSIP(t Target, p *peer) error {
	if _, err := p.Write([]byte(sipOptions(t.Login, network(t), p.LocalAddr().String()))); err != nil {
		return err
	}
	for {
		status, err := p.ReadLine()
		if err != nil {
			return err
		}
		if err := p.skipHeader(); err != nil {
			return err
		}
		switch {
		case strings.HasPrefix(status, "SIP/2.0 1"):
			continue // provisional
		case strings.HasPrefix(status, "SIP/2.0 2"):
			return nil
		}
		return unwanted("OPTIONS", status, "2xx")
	}
}

// skipHeader reads to the empty line that ends a message without a body.
func (p *peer) skipHeader() error {
	for {
		line, err := p.ReadLine()
		if err != nil || line == "" {
			return err
		}
	}
}
