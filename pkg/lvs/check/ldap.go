package check

import (
	"context"
	"errors"
	"fmt"
	"strings"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"

	"lvsha/pkg/lvs/pattern"
)

// ldapCheck is service=ldap and ldaps (RFC 4511): up is a server that lets the
// login in, or anybody without one, and returns exactly one entry for request,
// whose name matches receive.
type ldapCheck struct {
	target  Target
	dial    Dial
	receive pattern.Pattern
	verify  Verify
}

// maxMessage bounds what a server may make us allocate.
const maxMessage = 16 << 20

func init() { ber.MaxPacketLengthBytes = maxMessage }

func newLDAP(t Target, env Env) (Check, error) {
	receive, err := pattern.Compile(t.Receive)
	if err != nil {
		return nil, fmt.Errorf("check %s: %w", t.Service, err)
	}
	return &ldapCheck{target: t, dial: env.dial(), receive: receive, verify: env.Verify}, nil
}

func (c *ldapCheck) Run(ctx context.Context) Result {
	if c.target.Port == 0 {
		return down("", errNoPort)
	}
	ctx, cancel := within(ctx, c.target.Timeout)
	defer cancel()
	text, err := c.find(ctx)
	if err != nil {
		if expired(ctx) {
			// The library words the end of the connection in its own way.
			err = errTimeout
		}
		return c.target.failed(text, err)
	}
	return Result{Up: true, Text: "Success"}
}

// find returns the original's words for what went wrong.
func (c *ldapCheck) find(ctx context.Context) (text string, err error) {
	conn, done, err := open(ctx, c.dial, "tcp", c.target.hostPort())
	if err != nil {
		return "Connection failed", err
	}
	defer done()
	secure := c.target.Service == "ldaps"
	if secure {
		if conn, err = c.verify.secure(ctx, conn, c.target.Addr.String()); err != nil {
			return "Connection failed", err
		}
	}
	l := ldap.NewConn(conn, secure)
	l.Start()
	defer l.Close()
	bind := &ldap.SimpleBindRequest{AllowEmptyPassword: true}
	if c.target.Login != "" && c.target.Passwd != "" {
		bind.Username, bind.Password = c.target.Login, string(c.target.Passwd)
	}
	if _, err := l.SimpleBind(bind); err != nil {
		if expired(ctx) {
			return "No answer received", err
		}
		return "Bind failed", fmt.Errorf("bind: %w", err)
	}
	return c.searchOne(l)
}

func (c *ldapCheck) searchOne(l *ldap.Conn) (text string, err error) {
	base := strings.TrimPrefix(c.target.Request, "/")
	found, err := l.Search(ldap.NewSearchRequest(base, ldap.ScopeBaseObject, ldap.DerefFindingBaseObj, 0, 0, false,
		"(objectClass=*)", nil, nil))
	switch {
	case err != nil:
		return "No answer received", fmt.Errorf("search %q: %w", base, err)
	case len(found.Entries) != 1:
		return "No answer received", fmt.Errorf("search %q: %d entries, wanted one", base, len(found.Entries))
	}
	dn := found.Entries[0].DN
	matches, err := c.receive.Match([]byte(dn))
	if err == nil && !matches {
		err = errors.New("search: the entry " + dn + " has no match for " + c.receive.String())
	}
	return "Response mismatch", err
}
