package check

import (
	"context"
	"crypto/hmac"
	"crypto/md5"
	"errors"
	"fmt"
	"net"

	"layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2869"
)

// radiusCheck is service=radius (RFC 2865): up is a server that accepts the
// login and knows the secret.
type radiusCheck struct {
	target Target
	dial   Dial
}

func newRADIUS(t Target, env Env) (Check, error) { return &radiusCheck{t, env.dial()}, nil }

func (c *radiusCheck) Run(ctx context.Context) Result {
	if c.target.Port == 0 {
		return down("", errNoPort)
	}
	ctx, cancel := within(ctx, c.target.Timeout)
	defer cancel()
	if err := c.login(ctx); err != nil {
		return c.target.failed("", err)
	}
	return Result{Up: true}
}

func (c *radiusCheck) login(ctx context.Context) error {
	// RADIUS is UDP, whatever protocol the virtual service has.
	conn, done, err := open(ctx, c.dial, "udp", c.target.hostPort())
	if err != nil {
		return err
	}
	defer done()
	request, err := c.request(conn.LocalAddr())
	if err != nil {
		return err
	}
	buffer := make([]byte, radius.MaxPacketLength)
	for try := 1; ; try++ {
		if _, err := conn.Write(request); err != nil {
			return err
		}
		if err := waitUntil(ctx, conn, try, c.target.Timeout); err != nil {
			return err
		}
		n, err := conn.Read(buffer)
		if err == nil {
			return c.judge(request, buffer[:n])
		}
		if !isTimeout(err) || try == tries || ctx.Err() != nil {
			return err
		}
	}
}

// request asks for access. Servers that are safe against CVE-2024-3596 want it
// signed, others do not mind.
func (c *radiusCheck) request(local net.Addr) ([]byte, error) {
	p := radius.New(radius.CodeAccessRequest, []byte(c.target.Secret))
	err := errors.Join(
		rfc2869.MessageAuthenticator_Set(p, make([]byte, md5.Size)),
		rfc2865.UserName_SetString(p, c.target.Login),
		rfc2865.UserPassword_SetString(p, string(c.target.Passwd)),
		nasAddress(p, local),
	)
	if err != nil {
		return nil, fmt.Errorf("request: %w", err)
	}
	return signed(p)
}

// signed encodes a packet with its Message-Authenticator (RFC 3579, 3.2).
func signed(p *radius.Packet) ([]byte, error) {
	unsigned, err := p.MarshalBinary()
	if err != nil {
		return nil, fmt.Errorf("request: %w", err)
	}
	if err := rfc2869.MessageAuthenticator_Set(p, authenticator(unsigned, p.Secret)); err != nil {
		return nil, fmt.Errorf("request: %w", err)
	}
	return p.MarshalBinary()
}

func authenticator(packet, secret []byte) []byte {
	mac := hmac.New(md5.New, secret)
	mac.Write(packet)
	return mac.Sum(nil)
}

// nasAddress says who asks: NAS-IP-Address or NAS-IPv6-Address (RFC 3162).
func nasAddress(p *radius.Packet, local net.Addr) error {
	udp, ok := local.(*net.UDPAddr)
	if !ok {
		return nil
	}
	if v4 := udp.IP.To4(); v4 != nil {
		return rfc2865.NASIPAddress_Set(p, v4)
	}
	const nasIPv6Address = 95
	p.Add(nasIPv6Address, radius.Attribute(udp.IP.To16()))
	return nil
}

// judge takes the first datagram: anything but an authentic acceptance is down.
func (c *radiusCheck) judge(request, answer []byte) error {
	secret := []byte(c.target.Secret)
	reply, err := radius.Parse(answer, secret)
	if err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	answer = answer[:min(len(answer), int(answer[2])<<8|int(answer[3]))]
	switch {
	case !radius.IsAuthenticResponse(answer, request, secret):
		return errors.New("the answer is not authentic: is secret right?")
	case !authenticated(reply, request):
		return errors.New("the answer has a wrong Message-Authenticator")
	case reply.Code != radius.CodeAccessAccept:
		return fmt.Errorf("answer %v, wanted %v", reply.Code, radius.CodeAccessAccept)
	}
	return nil
}

// authenticated verifies the Message-Authenticator of an answer that has one.
func authenticated(reply *radius.Packet, request []byte) bool {
	got, err := rfc2869.MessageAuthenticator_Lookup(reply)
	if err != nil {
		return true // there is none
	}
	blank := *reply
	blank.Attributes = append(radius.Attributes(nil), reply.Attributes...)
	for i, a := range blank.Attributes {
		if a.Type == rfc2869.MessageAuthenticator_Type {
			blank.Attributes[i] = &radius.AVP{Type: a.Type, Attribute: make([]byte, md5.Size)}
		}
	}
	copy(blank.Authenticator[:], request[4:20])
	packet, err := blank.MarshalBinary()
	return err == nil && hmac.Equal(got, authenticator(packet, reply.Secret))
}
