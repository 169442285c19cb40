package check

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"lvsha/pkg/lvs/config"
	"lvsha/pkg/lvs/pattern"
)

// httpCheck is service=http, https and http_proxy: up is an answer of the 200s
// whose body matches receive.
type httpCheck struct {
	target  Target
	dial    Dial
	receive pattern.Pattern
	verify  Verify
	first   hop
	invalid string // the original's answer to a request that cannot be sent
}

// hop is one request: where it goes and what it says.
type hop struct {
	tls        bool
	server     string // host name or address without brackets, for TLS
	address    string // HOST:PORT to connect to
	target     string // of the request line
	hostHeader string
	authorize  string // the value of Authorization, if any
}

// maxRedirects is how many the original follows.
const maxRedirects = 7

// absoluteURL returns the URL in a real server's own request, if it has one of
// the service's scheme; it replaces address, port and path.
func absoluteURL(v *config.Virtual, r config.Real) string {
	if !strings.HasPrefix(v.Service, "http") || !r.HasReceive {
		return ""
	}
	scheme := v.Service
	if scheme == "http_proxy" {
		scheme = "http"
	}
	if url := strings.TrimPrefix(r.Request, "/"); strings.HasPrefix(url, scheme+"://") {
		return url
	}
	return ""
}

func newHTTP(t Target, env Env) (Check, error) {
	receive, err := pattern.Compile(t.Receive)
	if err != nil {
		return nil, fmt.Errorf("check %s: %w", t.Service, err)
	}
	c := &httpCheck{target: t, dial: env.dial(), receive: receive, verify: env.Verify}
	if t.Service == "http_proxy" {
		c.first, c.invalid = proxyHop(t)
		return c, nil
	}
	c.first = hop{
		tls: t.Service == "https", server: t.Addr.String(), address: t.hostPort(), target: escapePath(t.Request),
		hostHeader: Bracket(t.Addr),
	}
	if t.URL != "" {
		h, err := parseURL(t.URL)
		if err != nil {
			c.invalid = "400 " + err.Error()
		}
		h.hostHeader = c.first.hostHeader
		c.first = h
	}
	if t.HasVirtualHost {
		c.first.hostHeader = t.VirtualHost
		if name := hostOf(t.VirtualHost); env.Verify.Level == VerifyName && name != "" {
			// Only a server that hears the name can show the certificate for it.
			c.first.server = name
		}
	}
	return c, nil
}

// proxyHop sends an absolute URL to the real server.
func proxyHop(t Target) (h hop, invalid string) {
	url := t.URL
	if url == "" {
		url = strings.TrimPrefix(t.Request, "/")
	}
	switch {
	case url == "":
		return hop{}, "400 URL missing"
	case !strings.HasPrefix(url, "http://"):
		return hop{}, "400 URL must be absolute"
	}
	h, err := parseURL(url)
	if err != nil {
		return hop{}, "400 " + err.Error()
	}
	h.server, h.address, h.target = t.Addr.String(), t.hostPort(), escapePath(url)
	return h, ""
}

func (c *httpCheck) Run(ctx context.Context) Result { return c.runSince(ctx, time.Now()) }

func (c *httpCheck) runSince(ctx context.Context, began time.Time) Result {
	if c.invalid != "" {
		return down(c.invalid, fmt.Errorf("check %s: %s", c.target.Service, c.invalid))
	}
	if c.target.Port == 0 && c.target.URL == "" {
		return down("", errNoPort)
	}
	ctx, cancel := context.WithDeadline(ctx, began.Add(c.target.Timeout))
	defer cancel()
	share := &bodyShare{}
	defer share.release()
	h := c.first
	for redirects := 0; ; redirects++ {
		answer, err := c.fetch(ctx, h, share)
		if err != nil {
			return c.failed(h, err)
		}
		next, ok := h.redirect(answer)
		if !ok || redirects == maxRedirects {
			return c.judge(h, answer)
		}
		h = next
	}
}

// failed words an exchange without an answer as the original does.
func (c *httpCheck) failed(h hop, err error) Result {
	text := "500 " + err.Error()
	var refused *connectError
	switch {
	case errors.Is(err, errTimeout):
		text = "500 Timeout Alarm"
	case errors.Is(err, errNoData):
		text = "500 Server closed connection without sending any data back"
	case errors.As(err, &refused):
		text = fmt.Sprintf("500 Can't connect to %s (%s)", h.address, capital(refused.err.Error()))
	}
	return down(text, fmt.Errorf("check %s %s: %w", c.target.Service, h.address, err))
}

func capital(text string) string {
	if text == "" {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// shownBody is how much of a page that does not match is shown.
const shownBody = 200

func (c *httpCheck) judge(h hop, a answer) Result {
	if a.status < 200 || a.status > 299 {
		return down(a.line, fmt.Errorf("check %s %s: answer %q, wanted 2xx", c.target.Service, h.address, a.line))
	}
	found, err := c.receive.Match(a.body)
	if err != nil {
		return down(a.line, fmt.Errorf("check %s %s: %w", c.target.Service, h.address, err))
	}
	if !found {
		return down(string(a.body[:min(len(a.body), shownBody)]),
			fmt.Errorf("check %s %s: body has no match for %q in %d bytes", c.target.Service, h.address, c.receive, len(a.body)))
	}
	return Result{Up: true, Text: a.line}
}
