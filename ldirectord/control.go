package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"lvsha/pkg/lvs/config"
	"lvsha/pkg/lvs/director"
	"lvsha/pkg/system/daemon"
)

// The control socket lets reload and start wait for their result and tells the
// status. A client sends a line with the request; the answer is a line with the
// exit status, then the text for the standard error or the document.

// The requests, and the answers to modeRequest.
const (
	reloadRequest   = "reload"
	activateRequest = "activate"
	modeRequest     = "mode"
	statusRequest   = "status"
	followRequest   = "follow" // with the changes of the status before

	modeActive  = "active"
	modeStandby = "standby"
	modeEnding  = "ending"
	modeSilent  = "silent" // no answer
)

const (
	// controlLimit is how long a reload may take before its command gives up.
	controlLimit = 60 * time.Second
	// askLimit is how long a client may take for its line, and a status to come.
	askLimit = 5 * time.Second
	// answerLimit is how long the director may take for a status; who asks is told so
	// before askLimit.
	answerLimit = askLimit - time.Second
	// controlClients bounds the connections. One more is closed at once.
	controlClients = 32
)

// served are the requests that the socket answers, by their first word; operand is
// what follows it.
type served map[string]func(ctx context.Context, operand string) (status int, text string)

// answers are those of a director.
func answers(d *director.Director, further *siblings, s *source) served {
	return served{
		reloadRequest:   func(context.Context, string) (int, string) { return reloadAnswer(d.Reload()) },
		activateRequest: func(context.Context, string) (int, string) { return activateAnswer(d, further) },
		modeRequest:     func(context.Context, string) (int, string) { return modeAnswer(d) },
		statusRequest:   func(ctx context.Context, _ string) (int, string) { return s.answer(ctx) },
		followRequest:   s.follow,
	}
}

type control struct {
	listener net.Listener
	served   served
	ending   context.Context
	end      context.CancelFunc
	workers  sync.WaitGroup

	mu    sync.Mutex
	conns map[net.Conn]bool
}

// listenControl opens the socket for root alone. A socket left behind by a
// daemon that was killed is replaced: the caller holds the instance's lock.
func listenControl(path string, s served) (*control, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	listener, err := daemon.ListenUnix(path, 0o600, -1)
	if err != nil {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	c := &control{listener: listener, served: s, conns: make(map[net.Conn]bool)}
	c.ending, c.end = context.WithCancel(context.Background())
	c.workers.Add(1)
	go c.accept()
	return c, nil
}

func (c *control) accept() {
	defer c.workers.Done()
	for {
		conn, err := c.listener.Accept()
		if err != nil {
			return
		}
		if !c.enter(conn) {
			_ = conn.Close()
			continue
		}
		c.workers.Add(1)
		go func() {
			defer c.workers.Done()
			defer c.leave(conn)
			c.answer(conn)
		}()
	}
}

// enter takes a client in, if there is room and the socket is not ending.
func (c *control) enter(conn net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.conns) >= controlClients || c.ending.Err() != nil {
		return false
	}
	c.conns[conn] = true
	return true
}

func (c *control) leave(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.conns, conn)
	_ = conn.Close()
}

// closeLimit is how long the end of the daemon waits for a client to take its
// answer.
const closeLimit = 200 * time.Millisecond

// close ends the socket. The answer to a reload is still sent, if its client
// takes it; nobody else is waited for.
func (c *control) close() {
	c.mu.Lock()
	c.end()
	for conn := range c.conns {
		_ = conn.SetReadDeadline(time.Now())
		_ = conn.SetWriteDeadline(time.Now().Add(closeLimit))
	}
	c.mu.Unlock()
	_ = c.listener.Close()
	c.workers.Wait()
}

// deadline sets how long a client may take, unless the socket is ending.
func (c *control) deadline(conn net.Conn, limit time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ending.Err() != nil {
		limit = closeLimit
	}
	_ = conn.SetDeadline(time.Now().Add(limit))
}

func (c *control) answer(conn net.Conn) {
	c.deadline(conn, askLimit)
	line, err := bufio.NewReader(io.LimitReader(conn, 64)).ReadString('\n')
	if err != nil {
		return
	}
	word, operand, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
	request := c.served[word]
	if request == nil {
		return
	}
	status, text := request(c.ending, operand)
	c.deadline(conn, askLimit)
	_, _ = fmt.Fprintf(conn, "%d\n%s", status, text)
}

func reloadAnswer(report *config.Report) (status int, text string) {
	if report == nil {
		return statusFailed, "ldirectord is ending\n"
	}
	var b strings.Builder
	for _, f := range report.Findings {
		b.WriteString(f.Format(report.Path, os.Getpid()) + "\n")
	}
	if report.Failed() {
		return statusConfigError, b.String()
	}
	return statusOK, b.String()
}
