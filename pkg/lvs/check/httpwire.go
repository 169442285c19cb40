package check

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
)

// answer is what an HTTP server said.
type answer struct {
	status int
	line   string // "200 OK"
	header header
	body   []byte
}

// maxBody is how much of a body is read and searched.
const maxBody = 16 << 20

// maxHeader bounds the lines before the body.
const maxHeader = 1 << 20

var errNoData = errors.New("the server closed the connection without sending any data")

// connectError is a connection that did not come about, or not a secure one.
type connectError struct {
	step string
	err  error
}

func (e *connectError) Error() string { return e.step + e.err.Error() }
func (e *connectError) Unwrap() error { return e.err }

// readers are small, as most answers are and thousands of checks may wait for one at
// a time; a longer body is read past them.
var readers = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, 1024) }}

// fetch makes one request on a connection of its own.
func (c *httpCheck) fetch(ctx context.Context, h hop, share *bodyShare) (answer, error) {
	conn, done, err := open(ctx, c.dial, "tcp", h.address)
	if err != nil {
		return answer{}, &connectError{"connect: ", cause(err)}
	}
	defer done()
	stream := conn
	if h.tls {
		if stream, err = c.verify.secure(ctx, conn, h.server); err != nil {
			return answer{}, &connectError{"", err}
		}
	}
	if _, err := stream.Write(c.request(h)); err != nil && isTimeout(err) {
		return answer{}, errTimeout
	}
	// A server may answer and close before it has read the request.
	r := readers.Get().(*bufio.Reader)
	share.release() // of the page before a redirect
	r.Reset(&budgetConn{Conn: stream, ctx: ctx, share: share})
	defer func() { r.Reset(nil); readers.Put(r) }()
	a, err := readAnswer(r, c.target.Method)
	// The end of the context closes the connection, which looks like its end.
	if ctx.Err() != nil {
		return answer{}, errTimeout
	}
	return a, err
}

func (c *httpCheck) request(h hop) []byte {
	text := make([]byte, 0, 512)
	for _, part := range [...]string{
		c.target.Method, " ", h.target, " HTTP/1.1\r\nHost: ", h.hostHeader, "\r\nUser-Agent: ldirectord\r\nConnection: close\r\n",
	} {
		text = append(text, part...)
	}
	if h.authorize != "" {
		text = append(text, "Authorization: "+h.authorize+"\r\n"...)
	}
	return append(text, "\r\n"...)
}

// readAnswer reads an answer as tolerantly as the original: without a status
// line everything is the body, and a body that ends early is judged by what
// came. Only the deadline is an error then.
func readAnswer(r *bufio.Reader, method string) (answer, error) {
	for {
		line, err := readLine(r)
		if len(line) == 0 && err != nil {
			if isTimeout(err) {
				return answer{}, errTimeout
			}
			return answer{}, errNoData
		}
		a, ok := parseStatus(line)
		if !ok {
			body, err := readBody(io.MultiReader(bytes.NewReader(bytes.Clone(line)), r), maxBody)
			return answer{status: 200, line: "200 Assumed OK", body: body}, err
		}
		if a.header, err = readHeader(r); err != nil {
			return answer{}, err
		}
		if a.status >= 100 && a.status < 200 {
			continue
		}
		if method == "HEAD" || a.status == 204 || a.status == 304 {
			return a, nil
		}
		switch length, err := strconv.ParseInt(a.header.length, 10, 64); {
		case strings.Contains(strings.ToLower(a.header.encoding), "chunked"):
			a.body, err = readBody(&chunkReader{r: r}, maxBody)
			return a, err
		case err == nil && length >= 0:
			a.body, err = readBody(r, min(length, maxBody))
			return a, err
		}
		a.body, err = readBody(r, maxBody)
		return a, err
	}
}

// firstRead is the room that io.ReadAll begins with.
const firstRead = 512

// readBody reads to the end, or so many bytes.
func readBody(r io.Reader, most int64) (body []byte, err error) {
	if most <= firstRead {
		body = make([]byte, most)
		var n int
		n, err = io.ReadFull(r, body)
		body = body[:n]
	} else {
		body, err = io.ReadAll(io.LimitReader(r, most))
	}
	if err != nil && isTimeout(err) {
		return nil, errTimeout
	}
	return body, nil
}

// readLine reads a line with its end, at most maxHeader bytes of it. It is good
// until the next read.
func readLine(r *bufio.Reader) ([]byte, error) {
	line, err := r.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return line, err
	}
	line = bytes.Clone(line)
	for errors.Is(err, bufio.ErrBufferFull) && len(line) <= maxHeader {
		var part []byte
		part, err = r.ReadSlice('\n')
		line = append(line, part...)
	}
	return line, err
}

// parseStatus reads "HTTP/1.1 200 OK".
func parseStatus(line []byte) (answer, bool) {
	text := string(bytes.TrimRight(line, "\r\n"))
	if !strings.HasPrefix(text, "HTTP/") {
		return answer{}, false
	}
	version, rest, _ := strings.Cut(text[len("HTTP/"):], " ")
	major, minor, dot := strings.Cut(version, ".")
	if !dot || !digits(major) || !digits(minor) {
		return answer{}, false
	}
	code, reason, _ := strings.Cut(strings.TrimLeft(rest, " \t"), " ")
	if len(code) != 3 || !digits(code) {
		return answer{}, false
	}
	status, _ := strconv.Atoi(code)
	reason = strings.Trim(reason, " \t")
	if reason == "" {
		reason = reasons[status]
	}
	return answer{status: status, line: strings.TrimRight(code+" "+reason, " ")}, true
}

// reasons stand in the place of those that a server does not give.
var reasons = map[int]string{
	200: "OK", 204: "No Content", 206: "Partial Content", 301: "Moved Permanently", 302: "Found", 304: "Not Modified",
	400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 500: "Internal Server Error",
	502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout",
}

func digits(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}

// header is the values of the fields of an answer that count.
type header struct{ location, length, encoding string }

// readHeader reads up to the empty line and returns the fields that count. Of one
// that is given twice the first is taken; what is no field is skipped.
func readHeader(r *bufio.Reader) (h header, err error) {
	counting := [...]struct {
		name  string
		value *string
		seen  bool
	}{{name: "location", value: &h.location}, {name: "content-length", value: &h.length}, {name: "transfer-encoding", value: &h.encoding}}
	for total := 0; total < maxHeader; {
		line, err := readLine(r)
		if err != nil && isTimeout(err) {
			return h, errTimeout
		}
		total += len(line)
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			return h, nil
		}
		name, value, ok := bytes.Cut(line, []byte(":"))
		name = bytes.TrimSpace(name)
		for i := range counting {
			if field := &counting[i]; ok && !field.seen && strings.EqualFold(string(name), field.name) {
				*field.value, field.seen = string(bytes.TrimSpace(value)), true
			}
		}
		if err != nil {
			return h, nil
		}
	}
	return h, fmt.Errorf("header of more than %d bytes", maxHeader)
}

// chunkReader takes the chunking off a body. What is no chunk ends it.
type chunkReader struct {
	r    *bufio.Reader
	left int64
	end  bool
}

// Read implements io.Reader.
func (c *chunkReader) Read(p []byte) (int, error) {
	for c.left == 0 {
		if c.end {
			return 0, io.EOF
		}
		line, err := readLine(c.r)
		if err != nil {
			return 0, err
		}
		text := strings.TrimSpace(string(line))
		if text == "" {
			continue // the end of the chunk before
		}
		size, _, _ := strings.Cut(text, ";")
		c.left, err = strconv.ParseInt(strings.TrimSpace(size), 16, 64)
		if err != nil || c.left <= 0 {
			c.left, c.end = 0, true
		}
	}
	n, err := c.r.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	return n, err
}
