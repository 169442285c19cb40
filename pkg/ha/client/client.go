// Package client is the other side of the client API: how our own tools sign on
// to the daemon, ours or the original, ask it and hear from it.
package client

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"lvsha/pkg/ha/api"
	"lvsha/pkg/ha/message"
)

// ErrUnreachable says that no daemon has the socket open.
var ErrUnreachable = errors.New("hb_api_signon: Can't initiate connection to heartbeat")

// ErrClosed says that the daemon has ended the connection.
var ErrClosed = errors.New("heartbeat has closed the connection")

// RefusedError is why the daemon does not let this program sign on.
type RefusedError struct{ Reason string }

// Error implements error.
func (e *RefusedError) Error() string { return e.Reason }

// BadRequestError is why a question was not answered.
type BadRequestError struct{ Info string }

// Error implements error.
func (e *BadRequestError) Error() string { return e.Info }

// Client is a connection to the daemon. It is not safe for concurrent use.
type Client struct {
	// What the daemon said at the sign-on. Version is "" of a 2.1 daemon.
	Node                string
	Deadtime, Keepalive time.Duration
	Version             string
	Pacemaker           string
	Facility            int

	conn  net.Conn
	in    *bufio.Reader
	id    string
	queue []*message.Message // events that came between an answer and its question
}

// Dial signs on as a named client, or as a casual one that may only ask if the
// name is empty. The deadline holds for everything until SetDeadline; the zero
// time means none. The error is ErrUnreachable, a *RefusedError or that of the
// connection.
func Dial(socket, name string, deadline time.Time) (*Client, error) {
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return nil, ErrUnreachable
	}
	c := &Client{conn: conn, in: bufio.NewReader(conn), id: name}
	if name == "" {
		c.id = strconv.Itoa(os.Getpid())
	}
	if err := c.signon(deadline); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return c, nil
}

func (c *Client) signon(deadline time.Time) error {
	if err := c.conn.SetDeadline(deadline); err != nil {
		return err
	}
	host, err := os.Hostname()
	if err != nil {
		return err
	}
	c.Node = strings.ToLower(host)
	a, err := c.one("signon", "uid", strconv.Itoa(os.Geteuid()), "gid", strconv.Itoa(os.Getegid()))
	var bad *BadRequestError
	if errors.As(err, &bad) {
		return &RefusedError{Reason: bad.Info}
	}
	if err != nil {
		return err
	}
	millis := func(name string) time.Duration {
		n, _ := a.Hex(name)
		return time.Duration(n) * time.Millisecond
	}
	c.Deadtime, c.Keepalive = millis("deadtime"), millis("keepalive")
	c.Node, c.Version, c.Pacemaker = a.Text("node"), a.Text("hbversion"), a.Text("pacemaker")
	c.Facility, err = strconv.Atoi(a.Text("logfacility"))
	if err != nil {
		c.Facility = -1
	}
	return nil
}

// SetDeadline sets until when questions and Receive wait; the zero time means
// for ever.
func (c *Client) SetDeadline(t time.Time) error { return c.conn.SetDeadline(t) }

// Close signs off and ends the connection.
func (c *Client) Close() error {
	err := c.ask("signoff")
	return errors.Join(err, c.conn.Close())
}

// Send sends a message to the clients of the same name on every node, or on the
// one that its field dest names.
func (c *Client) Send(m *message.Message) error {
	body, err := api.Encode(m, false)
	if err != nil {
		return err
	}
	_, err = c.conn.Write(api.Frame(body))
	return err
}

// Receive returns the next message that is no answer. The error is
// os.ErrDeadlineExceeded when the deadline has come between two messages.
func (c *Client) Receive() (*message.Message, error) {
	if len(c.queue) > 0 {
		m := c.queue[0]
		c.queue = c.queue[1:]
		return m, nil
	}
	// A deadline must not cut a frame in two: nothing is taken before there is
	// something.
	if _, err := c.in.Peek(1); err != nil {
		return nil, ended(err)
	}
	return c.read()
}

func (c *Client) read() (*message.Message, error) {
	body, err := api.ReadFrame(c.in)
	if err != nil {
		return nil, ended(err)
	}
	return api.Decode(body)
}

func ended(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrClosed, err)
}

func (c *Client) ask(reqtype string, fields ...string) error {
	m := message.New("hbapi-req").
		Add("reqtype", reqtype).
		Add("dest", c.Node).
		Add("pid", strconv.Itoa(os.Getpid())).
		Add("from_id", c.id)
	for i := 0; i+1 < len(fields); i += 2 {
		m.Add(fields[i], fields[i+1])
	}
	return c.Send(m)
}

// answer waits for the next answer to a question. Everything else waits for
// Receive.
func (c *Client) answer(is func(*message.Message) bool) (*message.Message, error) {
	for {
		m, err := c.read()
		if err != nil {
			return nil, err
		}
		if !is(m) {
			c.queue = append(c.queue, m)
			continue
		}
		if r := m.Text("result"); !strings.EqualFold(r, "ok") && r != "ok/more" {
			return nil, &BadRequestError{Info: m.Text("info")}
		}
		return m, nil
	}
}

func answers(reqtype string) func(*message.Message) bool {
	return func(m *message.Message) bool { return m.Type() == "hbapi-resp" && m.Text("reqtype") == reqtype }
}

// one asks a question with one answer.
func (c *Client) one(reqtype string, fields ...string) (*message.Message, error) {
	if err := c.ask(reqtype, fields...); err != nil {
		return nil, ended(err)
	}
	return c.answer(answers(reqtype))
}

// list asks a question with several answers.
func (c *Client) list(reqtype string, fields ...string) ([]*message.Message, error) {
	if err := c.ask(reqtype, fields...); err != nil {
		return nil, ended(err)
	}
	var out []*message.Message
	for {
		m, err := c.answer(answers(reqtype))
		if err != nil {
			return nil, err
		}
		out = append(out, m)
		if m.Text("result") != "ok/more" {
			return out, nil
		}
	}
}
