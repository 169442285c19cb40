package status_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"go.uber.org/goleak"

	"lvsha/pkg/system/logging"
	"lvsha/pkg/system/status"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// limit bounds a failure; it measures nothing.
const limit = 30 * time.Second

// view is the snapshot of a daemon.
type view struct {
	Name string `json:"name"`
	Sick string `json:"sick,omitempty"`
	trap bool
}

func (v *view) Healthy() error {
	if v.Sick != "" {
		return errors.New(v.Sick)
	}
	return nil
}

func (v *view) Metrics(m *status.Metrics) {
	if v.trap {
		panic("trap")
	}
	m.Gauge("test_up", "Whether it is up.", "name").Set(1, v.Name)
}

// journal hands over the lines that are logged.
type journal chan string

func (j journal) Log(level logging.Level, text string) {
	select {
	case j <- level.String() + ": " + text:
	default:
	}
}

// says waits for a line with a text.
func (j journal) says(t *testing.T, text string) string {
	t.Helper()
	deadline := time.After(limit)
	for {
		select {
		case line := <-j:
			if strings.Contains(line, text) {
				return line
			}
		case <-deadline:
			t.Fatalf("nobody logs %q", text)
		}
	}
}

// daemon is a daemon whose loop answers with view, or not at all.
type daemon struct {
	*status.Server
	log   journal
	base  string // URL of the first address
	asked atomic.Int64

	mu    sync.Mutex
	view  view
	stuck bool
}

func (d *daemon) set(v view, stuck bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.view, d.stuck = v, stuck
}

func (d *daemon) ask(ctx context.Context) (status.Snapshot, error) {
	d.asked.Add(1)
	d.mu.Lock()
	v, stuck := d.view, d.stuck
	d.mu.Unlock()
	if stuck {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return &v, nil
}

// anyPort is an address of this host that is free.
var anyPort = status.Address{Network: "tcp", Addr: "127.0.0.1:0"}

// start starts a server that shares no answer for longer than a moment.
func start(t *testing.T, change ...func(*status.Options)) *daemon {
	t.Helper()
	d := &daemon{log: make(journal, 100), view: view{Name: "alpha"}}
	o := status.Options{
		Addresses: []status.Address{anyPort}, Ask: d.ask, Log: d.log, MaxAge: time.Nanosecond, Retry: 10 * time.Millisecond,
		Page: fstest.MapFS{
			"page/index.html": {Data: []byte("<!doctype html><title>test</title>")},
			"page/secret.txt": {Data: []byte("not for the page")},
		},
	}
	for _, c := range change {
		c(&o)
	}
	d.Server = status.Start(o)
	t.Cleanup(d.Close)
	_, at, _ := strings.Cut(d.log.says(t, "listening on "), "listening on ")
	d.base = strings.TrimSuffix(at, "/")
	return d
}

// client has no connection that lasts.
var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: limit}

// get asks for a path.
func get(t *testing.T, url string, change ...func(*http.Request)) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range change {
		c(r)
	}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, string(body)
}

// dial connects to the server and sends a text.
func dial(t *testing.T, base, text string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	return conn
}
