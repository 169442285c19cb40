package check

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"lvsha/pkg/lvs/config"
	"lvsha/pkg/lvs/pattern"
)

// newSimpleTCP is service=simpletcp: the request goes out, a line of the answer
// must match receive; with an empty receive any does.
func newSimpleTCP(t Target, env Env) (Check, error) {
	receive, err := pattern.Compile(t.Receive)
	if err != nil {
		return nil, fmt.Errorf("check %s: %w", t.Service, err)
	}
	d := &dialogue{target: t, dial: env.dial(), network: network(t)}
	d.talk = func(_ context.Context, p *peer) error { return talkSimple(t, receive, p) }
	return d, nil
}

// network is the transport of the virtual service.
func network(t Target) string {
	if t.Protocol == config.UDP {
		return "udp"
	}
	return "tcp"
}

func talkSimple(t Target, receive pattern.Pattern, p *peer) error {
	request := strings.ReplaceAll(strings.TrimPrefix(t.Request, "/"), `\n`, "\n")
	if request != "" {
		if _, err := io.WriteString(p.Conn, request); err != nil {
			return err
		}
	}
	if half, ok := p.Conn.(interface{ CloseWrite() error }); ok {
		if err := half.CloseWrite(); err != nil {
			return err
		}
	}
	if network(t) == "udp" {
		return simpleDatagrams(receive, p.Conn)
	}
	return simpleLines(receive, p.Conn)
}

// maxLine is how long a line of the answer may be.
const maxLine = 1 << 20

// simpleLines judges every line, with its line feed, by itself. A last one
// without line feed counts when the server has closed.
func simpleLines(receive pattern.Pattern, conn net.Conn) error {
	reader := bufio.NewReader(conn)
	lines := 0
	for {
		line, err := limitedLine(reader)
		if len(line) > 0 && (err == nil || errors.Is(err, io.EOF)) {
			lines++
			if found, matchErr := receive.Match(line); found || matchErr != nil {
				return matchErr
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return fmt.Errorf("no match for %q in %d lines", receive, lines)
		case err != nil:
			return err
		}
	}
}

// limitedLine reads up to a line feed, at most maxLine bytes.
func limitedLine(reader *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := reader.ReadSlice('\n')
		line = append(line, part...)
		if !errors.Is(err, bufio.ErrBufferFull) || len(line) >= maxLine {
			return line, err
		}
	}
}

// simpleDatagrams judges every line of every datagram: a datagram is complete,
// with a line feed or without.
func simpleDatagrams(receive pattern.Pattern, conn net.Conn) error {
	buffer := make([]byte, 64<<10)
	for {
		n, err := conn.Read(buffer)
		if err != nil {
			return err
		}
		for _, line := range strings.SplitAfter(string(buffer[:n]), "\n") {
			if line == "" {
				continue
			}
			if found, err := receive.Match([]byte(line)); found || err != nil {
				return err
			}
		}
	}
}
