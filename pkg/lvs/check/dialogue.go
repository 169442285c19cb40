package check

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strconv"
	"strings"
)

// maxReply is how many bytes a server may say in a dialogue of lines. More is
// not an answer to a health check.
const maxReply = 64 << 10

// peer is a connection to a server that speaks in lines. Its methods fail when
// the check's deadline has passed.
type peer struct {
	net.Conn
	*textproto.Reader
}

func newPeer(conn net.Conn) *peer {
	return &peer{conn, textproto.NewReader(bufio.NewReader(io.LimitReader(conn, maxReply)))}
}

// send writes one line.
func (p *peer) send(line string) error {
	_, err := io.WriteString(p.Conn, line+"\r\n")
	return err
}

// ask sends a line and returns the first line of the answer.
func (p *peer) ask(line string) (string, error) {
	if err := p.send(line); err != nil {
		return "", err
	}
	return p.ReadLine()
}

// dialogue is a check that opens one connection and talks on it; the server is
// up if talk returns nil.
type dialogue struct {
	target  Target
	dial    Dial
	network string
	tls     bool
	verify  Verify
	talk    func(ctx context.Context, p *peer) error
}

// newDialogue is for services over TCP; secure ones begin with a handshake.
func newDialogue(t Target, env Env, secure bool, talk func(Target, *peer) error) Check {
	return &dialogue{target: t, dial: env.dial(), network: "tcp", tls: secure, verify: env.Verify, talk: func(_ context.Context, p *peer) error {
		return talk(t, p)
	}}
}

func (d *dialogue) Run(ctx context.Context) Result {
	if d.target.Port == 0 {
		return down("", errNoPort)
	}
	ctx, cancel := within(ctx, d.target.Timeout)
	defer cancel()
	if err := d.converse(ctx); err != nil {
		return d.target.failed("", err)
	}
	return Result{Up: true}
}

func (d *dialogue) converse(ctx context.Context) error {
	conn, done, err := open(ctx, d.dial, d.network, d.target.hostPort())
	if err != nil {
		return err
	}
	defer done()
	if d.tls {
		if conn, err = d.verify.secure(ctx, conn, d.target.Addr.String()); err != nil {
			return err
		}
	}
	return d.talk(ctx, newPeer(conn))
}

// errEnd says that the server closed the connection before its answer was
// complete.
var errEnd = errors.New("the server closed the connection")

// failed words why a check failed. Servers may quote what they were sent, so
// what is secret is taken out.
func (t Target) failed(text string, err error) Result {
	err = cause(err)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errEnd
	}
	var reply *unwantedReply
	if errors.As(err, &reply) {
		err = &unwantedReply{reply.step, t.withoutSecrets(reply.reply), reply.want}
	} else if text := t.withoutSecrets(err.Error()); text != err.Error() {
		err = errors.New(text)
	}
	return down(text, fmt.Errorf("check %s %s: %w", t.Service, t.hostPort(), err))
}

// withoutSecrets takes out of a text what is secret, also as a quoted string has
// it.
func (t Target) withoutSecrets(text string) string {
	for _, secret := range []string{string(t.Passwd), string(t.Secret)} {
		if secret == "" {
			continue
		}
		for _, form := range []string{secret, imapQuoted(secret), strconv.Quote(secret)} {
			form = strings.TrimSuffix(strings.TrimPrefix(form, `"`), `"`)
			if form != "" {
				text = strings.ReplaceAll(text, form, "<secret>")
			}
		}
	}
	return text
}

// shownReply is how much of a line that was not wanted is shown.
const shownReply = 200

// unwantedReply is an answer that was not wanted. It keeps the whole of it: half of
// a password would not be found.
type unwantedReply struct{ step, reply, want string }

func (e *unwantedReply) Error() string {
	return fmt.Sprintf("%s: answer %q, wanted %s", e.step, e.reply[:min(len(e.reply), shownReply)], e.want)
}

// unwanted says that a server's answer was another one.
func unwanted(step, reply, want string) error { return &unwantedReply{step, reply, want} }

// hasPrefixFold is strings.HasPrefix without regard to case, for ASCII.
func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
