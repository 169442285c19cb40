package check

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"strings"
)

// escapePath encodes the bytes that cannot stand in a request line and leaves
// everything else, dots and doubled slashes too, as it is written.
func escapePath(path string) string {
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		c := path[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>\\^`{|}", c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

// parseURL reads an absolute URL of http or https.
func parseURL(url string) (hop, error) {
	scheme, rest, ok := strings.Cut(url, "://")
	scheme = strings.ToLower(scheme)
	if !ok || scheme != "http" && scheme != "https" {
		return hop{}, errors.New("URL must be absolute")
	}
	h := hop{tls: scheme == "https"}
	authority := rest
	h.target = "/"
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		authority = rest[:i]
		path, _, _ := strings.Cut(rest[i:], "#")
		if !strings.HasPrefix(path, "/") {
			path = "/" + path
		}
		h.target = escapePath(path)
	}
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		h.authorize = "Basic " + base64.StdEncoding.EncodeToString([]byte(authority[:i]))
		authority = authority[i+1:]
	}
	if authority == "" || strings.ContainsAny(authority, " \t\r\n\x00") {
		return hop{}, errors.New("URL has no host")
	}
	h.hostHeader = authority
	h.server = hostOf(authority)
	port := strings.TrimPrefix(authority[len(authority)-portSize(authority):], ":")
	if port == "" {
		port = map[bool]string{false: "80", true: "443"}[h.tls]
	}
	h.address = net.JoinHostPort(h.server, port)
	return h, nil
}

// portSize is how many bytes of HOST:PORT are the port and its colon.
func portSize(authority string) int {
	if i := strings.LastIndexByte(authority, ':'); i > strings.LastIndexByte(authority, ']') {
		return len(authority) - i
	}
	return 0
}

// hostOf is the host of HOST:PORT, without brackets.
func hostOf(authority string) string {
	return strings.Trim(authority[:len(authority)-portSize(authority)], "[]")
}

// redirect returns the request that a redirection asks for. It forgets the
// virtual host; the new Host is host and port of the new URL as written.
func (h hop) redirect(a answer) (hop, bool) {
	location := a.header.location
	switch a.status {
	case 301, 302, 303, 307, 308:
	default:
		return hop{}, false
	}
	switch {
	case location == "":
		return hop{}, false
	case strings.Contains(location, "://"):
		next, err := parseURL(location)
		return next, err == nil
	case strings.HasPrefix(location, "//"):
		next, err := parseURL(map[bool]string{false: "http:", true: "https:"}[h.tls] + location)
		return next, err == nil
	}
	next := h
	next.hostHeader = h.address
	next.target = escapePath(resolvePath(h.target, location))
	return next, true
}

// resolvePath applies a relative reference to a path, RFC 3986 section 5.3.
func resolvePath(base, reference string) string {
	reference, _, _ = strings.Cut(reference, "#")
	path, _, _ := strings.Cut(base, "?")
	if !strings.HasPrefix(path, "/") {
		// The request line of a proxy request: keep the site.
		if h, err := parseURL(path); err == nil {
			path = h.target
		}
	}
	switch {
	case strings.HasPrefix(reference, "/"):
		path = ""
	case strings.HasPrefix(reference, "?"):
		return path + reference
	default:
		path = path[:strings.LastIndexByte(path, '/')+1]
	}
	target, query, hasQuery := strings.Cut(path+reference, "?")
	var segments []string
	parts := strings.Split(target, "/")
	for i, segment := range parts {
		switch {
		case segment == "..":
			if len(segments) > 1 {
				segments = segments[:len(segments)-1]
			}
			if i == len(parts)-1 {
				segments = append(segments, "")
			}
		case segment == ".":
			if i == len(parts)-1 {
				segments = append(segments, "")
			}
		default:
			segments = append(segments, segment)
		}
	}
	result := strings.Join(segments, "/")
	if hasQuery {
		result += "?" + query
	}
	return result
}
