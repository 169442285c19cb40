package check

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"lvsha/pkg/lvs/pattern"
)

// newFTP is service=ftp (RFC 959, RFC 2428): up is a server from which the file
// request can be fetched, in passive mode, and matches receive. With an empty
// receive it is up unasked, as with the original; Doubt warns of it.
func newFTP(t Target, env Env) (Check, error) {
	receive, err := pattern.Compile(t.Receive)
	if err != nil {
		return nil, fmt.Errorf("check %s: %w", t.Service, err)
	}
	if receive.Empty() {
		return always{}, nil
	}
	if strings.ContainsAny(t.Login+string(t.Passwd)+t.Request, "\r\n") {
		return nil, fmt.Errorf("check %s: login, passwd and request must be of one line", t.Service)
	}
	d := &dialogue{target: t, dial: env.dial(), network: "tcp"}
	d.talk = func(ctx context.Context, p *peer) error {
		content, err := ftpFetch(ctx, t, d.dial, p)
		if err != nil {
			return err
		}
		found, err := receive.Match(content)
		if err == nil && !found {
			err = fmt.Errorf("%s has no match for %q in %d bytes", t.Request, receive, len(content))
		}
		return err
	}
	return d, nil
}

func ftpFetch(ctx context.Context, t Target, dial Dial, p *peer) ([]byte, error) {
	if code, reply, err := p.ReadResponse(0); err != nil || code/100 != 2 {
		return nil, ftpError(err, "greeting", code, reply, "2xx")
	}
	code, reply, err := p.ftpAsk("USER " + t.Login)
	if err == nil && code/100 == 3 {
		code, reply, err = p.ftpAsk("PASS " + string(t.Passwd))
	}
	if err != nil || code/100 != 2 {
		return nil, ftpError(err, "login", code, reply, "2xx")
	}
	// Not every server knows these; the file decides.
	for _, line := range []string{"CWD /", "TYPE I"} {
		if _, _, err := p.ftpAsk(line); err != nil {
			return nil, err
		}
	}
	content, err := ftpRetrieve(ctx, t, dial, p)
	if err == nil {
		_, _, _ = p.ftpAsk("QUIT") // the verdict stands
	}
	return content, err
}

// maxFile is how much of a file is read and judged.
const maxFile = 16 << 20

// ftpRetrieve fetches the file over a connection to the server's own address,
// whatever address it names: behind NAT that would be a wrong one.
func ftpRetrieve(ctx context.Context, t Target, dial Dial, p *peer) ([]byte, error) {
	port, err := p.ftpPassive(t.Addr)
	if err != nil {
		return nil, err
	}
	data, done, err := open(ctx, dial, "tcp", netip.AddrPortFrom(t.Addr, port).String())
	if err != nil {
		return nil, err
	}
	defer done()
	code, reply, err := p.ftpAsk("RETR " + t.Request)
	if err != nil || code/100 > 2 {
		return nil, ftpError(err, "RETR "+t.Request, code, reply, "1xx or 2xx")
	}
	content, err := io.ReadAll(io.LimitReader(data, maxFile))
	if err != nil {
		return nil, fmt.Errorf("RETR %s: %w", t.Request, cause(err))
	}
	done()
	if len(content) == maxFile || code/100 == 2 {
		return content, nil // cut off by us, or already confirmed
	}
	if code, reply, err = p.ReadResponse(0); err != nil || code/100 != 2 {
		return nil, ftpError(err, "RETR "+t.Request, code, reply, "2xx")
	}
	return content, nil
}

// ftpPassive asks for the port of a data connection.
func (p *peer) ftpPassive(addr netip.Addr) (uint16, error) {
	command, want := "PASV", 227
	if addr.Is6() && !addr.Is4In6() {
		command, want = "EPSV", 229
	}
	code, reply, err := p.ftpAsk(command)
	if err != nil || code != want {
		return 0, ftpError(err, command, code, reply, strconv.Itoa(want))
	}
	port, ok := passivePort(code, reply)
	if !ok {
		return 0, unwanted(command, reply, "a port")
	}
	return port, nil
}

var (
	pasvReply = regexp.MustCompile(`\d+,\d+,\d+,\d+,(\d+),(\d+)`)
	epsvReply = regexp.MustCompile(`\(([!-~])([!-~])([!-~])(\d+)([!-~])\)`)
)

// passivePort reads the port out of the text of a reply 227 or 229; it is 0 if there
// is none.
func passivePort(code int, reply string) (uint16, bool) {
	if code == 229 {
		m := epsvReply.FindStringSubmatch(reply)
		if m == nil || m[1] != m[2] || m[1] != m[3] || m[1] != m[5] {
			return 0, false
		}
		port, err := strconv.ParseUint(m[4], 10, 16)
		if err != nil {
			return 0, false
		}
		return uint16(port), port > 0
	}
	m := pasvReply.FindStringSubmatch(reply)
	if m == nil {
		return 0, false
	}
	high, err1 := strconv.ParseUint(m[1], 10, 8)
	low, err2 := strconv.ParseUint(m[2], 10, 8)
	if err1 != nil || err2 != nil {
		return 0, false
	}
	port := uint16(high)<<8 | uint16(low)
	return port, port > 0
}

// ftpAsk sends a command and reads its answer, which may have several lines.
func (p *peer) ftpAsk(line string) (code int, reply string, err error) {
	if err := p.send(line); err != nil {
		return 0, "", err
	}
	return p.ReadResponse(0)
}

// ftpError is the connection's error or, without one, that of the answer.
func ftpError(err error, step string, code int, reply, want string) error {
	if err != nil {
		return err
	}
	return unwanted(step, fmt.Sprintf("%d %s", code, reply), want)
}
