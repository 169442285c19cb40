package status_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"lvsha/pkg/system/status"
)

func TestAnswers(t *testing.T) {
	d := start(t)
	for _, c := range []struct {
		path, kind, body string
		code             int
	}{
		{"/", "text/html", "<title>test</title>", 200},
		{"/index.html", "text/html", "<title>test</title>", 200},
		{"/status.css", "text/css", ".state.bad", 200},
		{"/status.js", "text/javascript", "export function follow", 200},
		{"/status.json", "application/json", `{"name":"alpha"}`, 200},
		{"/metrics", "text/plain; version=0.0.4", `test_up{name="alpha"} 1`, 200},
		{"/healthz", "text/plain", "ok", 200},
		{"/secret.txt", "text/plain", "There is /,", 404},
		{"/page/index.html", "text/plain", "There is /,", 404},
		{"/../../../etc/passwd", "text/plain", "There is /,", 404},
	} {
		answer, body := get(t, d.base+c.path)
		if answer.StatusCode != c.code || !strings.HasPrefix(answer.Header.Get("Content-Type"), c.kind) || !strings.Contains(body, c.body) {
			t.Errorf("%s: %s, %s:\n%s", c.path, answer.Status, answer.Header.Get("Content-Type"), body)
		}
	}
}

// Every answer has them, a refusal too.
func TestHeadersAreStrict(t *testing.T) {
	d := start(t)
	for _, path := range []string{"/", "/status.json", "/metrics", "/healthz", "/nothing"} {
		answer, _ := get(t, d.base+path)
		for name, want := range map[string]string{
			"Content-Security-Policy":      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
			"X-Content-Type-Options":       "nosniff",
			"Referrer-Policy":              "no-referrer",
			"Cache-Control":                "no-store",
			"Access-Control-Allow-Origin":  "",
			"Cross-Origin-Resource-Policy": "same-origin",
		} {
			if got := answer.Header.Get(name); got != want {
				t.Errorf("%s: %s: %s", path, name, got)
			}
		}
	}
}

func TestOnlyReading(t *testing.T) {
	d := start(t)
	for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"} {
		answer, _ := get(t, d.base+"/status.json", func(r *http.Request) { r.Method = method })
		if answer.StatusCode != http.StatusMethodNotAllowed || answer.Header.Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: %s", method, answer.Status)
		}
	}
	answer, body := get(t, d.base+"/status.json", func(r *http.Request) { r.Method = http.MethodHead })
	if answer.StatusCode != 200 || body != "" || answer.ContentLength != int64(len(`{"name":"alpha"}`)+1) {
		t.Errorf("HEAD: %s, %d bytes: %q", answer.Status, answer.ContentLength, body)
	}
	answer, _ = get(t, d.base+"/status.json", func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader("x")) })
	if answer.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a body: %s", answer.Status)
	}
	if n := d.asked.Load(); n != 1 {
		t.Errorf("the daemon was asked %d times, once by HEAD", n)
	}
}

// A page of a stranger may have its name resolve to 127.0.0.1.
func TestRebindingIsRefused(t *testing.T) {
	d := start(t)
	for host, code := range map[string]int{
		"localhost": 200, "localhost:9180": 200, "LOCALHOST": 200, "127.0.0.1:80": 200, "127.8.8.8": 200, "[::1]:9180": 200, "[::ffff:127.0.0.1]": 200,
		"evil.example": 421, "evil.example:9180": 421, "127.0.0.1.evil.example": 421, "192.0.2.1": 421, "localhost.evil.example": 421, "0.0.0.0": 421,
	} {
		if answer, _ := get(t, d.base+"/status.json", func(r *http.Request) { r.Host = host }); answer.StatusCode != code {
			t.Errorf("Host: %s: %s", host, answer.Status)
		}
	}
	conn := dial(t, d.base, "GET /healthz HTTP/1.0\r\n\r\n")
	if answer, _ := io.ReadAll(conn); !strings.Contains(string(answer), "200 OK") {
		t.Errorf("a client without Host: %s", answer)
	}
}

// On an address that others reach any name will do, and so on a UNIX socket.
func TestNamesElsewhere(t *testing.T) {
	evil := func(r *http.Request) { r.Host = "lvsm.example:9180" }
	d := start(t, func(o *status.Options) { o.Addresses = []status.Address{{Network: "tcp", Addr: "0.0.0.0:0"}} })
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(d.base, "http://"))
	if answer, _ := get(t, "http://127.0.0.1:"+port+"/healthz", evil); answer.StatusCode != 200 {
		t.Errorf("0.0.0.0: %s", answer.Status)
	}
	l, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skip("no IPv6 here")
	}
	_ = l.Close()
	d = start(t, func(o *status.Options) { o.Addresses = []status.Address{{Network: "tcp", Addr: "[::1]:0"}} })
	if answer, _ := get(t, d.base+"/healthz"); answer.StatusCode != 200 {
		t.Errorf("::1: %s", answer.Status)
	}
	if answer, _ := get(t, d.base+"/healthz", evil); answer.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("::1 by another name: %s", answer.Status)
	}
}

func TestHealth(t *testing.T) {
	d := start(t)
	d.set(view{Name: "alpha", Sick: "no link is up"}, false)
	answer, body := get(t, d.base+"/healthz")
	if answer.StatusCode != http.StatusServiceUnavailable || body != "no link is up\n" {
		t.Errorf("healthz: %s %q", answer.Status, body)
	}
	if answer, _ := get(t, d.base+"/status.json"); answer.StatusCode != 200 {
		t.Errorf("status.json: %s", answer.Status)
	}
}

// A loop that hangs gives 503 until it goes on.
func TestStuckLoop(t *testing.T) {
	d := start(t, func(o *status.Options) { o.Limit = 20 * time.Millisecond })
	d.set(view{}, true)
	for _, path := range []string{"/healthz", "/status.json", "/metrics"} {
		answer, body := get(t, d.base+path)
		if answer.StatusCode != http.StatusServiceUnavailable || !strings.Contains(body, "the daemon does not answer within 20ms") {
			t.Errorf("%s: %s %q", path, answer.Status, body)
		}
	}
	if answer, _ := get(t, d.base+"/"); answer.StatusCode != 200 {
		t.Errorf("the page: %s", answer.Status)
	}
	d.set(view{Name: "alpha"}, false)
	if answer, _ := get(t, d.base+"/healthz"); answer.StatusCode != 200 {
		t.Errorf("after that: %s", answer.Status)
	}
}

// However many ask, the daemon is asked once; and one who has left does not take
// the answer from the others.
func TestOneQuestionForAll(t *testing.T) {
	d := start(t, func(o *status.Options) { o.MaxAge, o.Limit = time.Hour, 200*time.Millisecond })
	var all sync.WaitGroup
	for range 30 {
		all.Add(1)
		go func() {
			defer all.Done()
			get(t, d.base+"/status.json")
			get(t, d.base+"/metrics")
		}()
	}
	all.Wait()
	if n := d.asked.Load(); n != 1 {
		t.Errorf("the daemon was asked %d times", n)
	}
}

// Many more clients that hang than there is room for.
func TestHangingClients(t *testing.T) {
	d := start(t)
	for range 200 {
		dial(t, d.base, "GET /status.json HTTP/1.1\r\nHo")
	}
	if answer, _ := get(t, d.base+"/status.json"); answer.StatusCode != 200 {
		t.Errorf("an honest client: %s", answer.Status)
	}
}

func TestLongHeader(t *testing.T) {
	d := start(t)
	conn := dial(t, d.base, "GET / HTTP/1.1\r\nHost: localhost\r\nX: ")
	_ = conn.SetDeadline(time.Now().Add(limit))
	go func() { _, _ = io.WriteString(conn, strings.Repeat("x", 1<<20)) }()
	if answer, _ := io.ReadAll(conn); len(answer) > 0 && !strings.Contains(string(answer), " 431 ") {
		t.Errorf("%s", answer)
	}
}

func TestPanicIsAnAnswer(t *testing.T) {
	d := start(t)
	d.set(view{trap: true}, false)
	for range 2 {
		if answer, _ := get(t, d.base+"/metrics"); answer.StatusCode != http.StatusInternalServerError {
			t.Errorf("metrics: %s", answer.Status)
		}
	}
	d.log.says(t, "panic: trap")
	if answer, _ := get(t, d.base+"/status.json"); answer.StatusCode != 200 {
		t.Errorf("status.json: %s", answer.Status)
	}
}

// A port that another program has is told once and taken when it is free.
func TestPortTaken(t *testing.T) {
	other, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	log := make(journal, 100)
	s := status.Start(status.Options{
		Addresses: []status.Address{{}, {Network: "tcp", Addr: other.Addr().String()}},
		Ask:       func(context.Context) (status.Snapshot, error) { return &view{}, nil },
		Log:       log, Retry: time.Millisecond,
	})
	defer s.Close()
	log.says(t, "address already in use; trying again every 1ms")
	_ = other.Close()
	if line := <-log; !strings.Contains(line, "listening on http://"+other.Addr().String()+"/") {
		t.Errorf("then: %s", line)
	}
	if answer, body := get(t, "http://"+other.Addr().String()+"/healthz"); answer.StatusCode != 200 {
		t.Errorf("%s %s", answer.Status, body)
	}
}

// A socket that a killed daemon left is replaced; what is none is left alone.
func TestSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "status")
	left, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
	if err != nil {
		t.Fatal(err)
	}
	left.SetUnlinkOnClose(false)
	_ = left.Close()
	d := start(t, func(o *status.Options) { o.Addresses = []status.Address{status.Socket(path, os.Getgid())} })
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o660 {
		t.Errorf("%v %v", info, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	body, err := status.Get(ctx, path, "/status.json")
	if err != nil || string(body) != "{\"name\":\"alpha\"}\n" {
		t.Errorf("%q %v", body, err)
	}
	d.set(view{Sick: "ill"}, false)
	if _, err = status.Get(ctx, path, "/healthz"); err == nil || !strings.Contains(err.Error(), ": ill") {
		t.Errorf("healthz: %v", err)
	}
	d.Close()
	if _, err = status.Get(ctx, path, "/status.json"); !errors.Is(err, status.ErrNotRunning) {
		t.Errorf("after the end: %v", err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	log := make(journal, 100)
	s := status.Start(status.Options{Addresses: []status.Address{status.Socket(path, 0)}, Log: log})
	defer s.Close()
	log.says(t, "is there and is no socket")
}

func TestParseListen(t *testing.T) {
	for _, c := range []struct{ text, want, wrong string }{
		{"", "", ""},
		{" ", "", ""},
		{"127.0.0.1:9180", "http://127.0.0.1:9180/", ""},
		{"[::1]:9180", "http://[::1]:9180/", ""},
		{"0.0.0.0:1", "http://0.0.0.0:1/", ""},
		{"[fe80::1%eth0]:9180", "http://[fe80::1%eth0]:9180/", ""},
		{"/run/ld status", "/run/ld status", ""},
		{"127.0.0.1", "", `"127.0.0.1" has no port; write 127.0.0.1:9180`},
		{"::1", "", `"::1" has no port; write [::1]:9180`},
		{"9180", "", `"9180" is no address with a port, as in 127.0.0.1:9180, and no path of a socket`},
		{"yes", "", `"yes" is no address with a port, as in 127.0.0.1:9180, and no path of a socket`},
		{":9180", "", `":9180" has no address; 127.0.0.1:9180 is this host alone, 0.0.0.0:9180 everybody`},
		{"*:9180", "", `"*:9180" has no address; 127.0.0.1:9180 is this host alone, 0.0.0.0:9180 everybody`},
		{"localhost:9180", "", `"localhost:9180" has a name; write 127.0.0.1:9180`},
		{"lvsm:9180", "", `"lvsm:9180" has no IP address before the port`},
		{"127.0.0.1:0", "", `"127.0.0.1:0" has no port between 1 and 65535`},
		{"127.0.0.1:http", "", `"127.0.0.1:http" has no port between 1 and 65535`},
		{"127.0.0.1:65536", "", `"127.0.0.1:65536" has no port between 1 and 65535`},
		{"run/status", "", `"run/status" is no address with a port, as in 127.0.0.1:9180, and no path of a socket`},
	} {
		a, err := status.ParseListen(c.text)
		if err == nil && a.String() != c.want || err != nil && err.Error() != c.wrong || (err == nil) != (c.wrong == "") {
			t.Errorf("%q: %v, %v", c.text, a, err)
		}
	}
	if _, err := status.ParseListen("/" + strings.Repeat("x", 108)); err == nil {
		t.Error("a path of 109 bytes")
	}
}
