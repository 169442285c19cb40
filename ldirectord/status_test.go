package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lvsha/pkg/lvs/view"
	"lvsha/pkg/system/schematest"
)

const twoServers = "checkinterval=1\nvirtual=10.9.0.1:80\n\tchecktype=connect\n\treal=10.1.0.1:80 masq\n\treal=10.1.0.2:80 masq 3\n"

// TestStatusOfARunningDaemon: text and document come from the daemon by way of
// its socket; the document is as docs/ has it.
func TestStatusOfARunningDaemon(t *testing.T) {
	t.Parallel()
	i := startInstance(t, twoServers)
	status, out, errs := i.run("status", "--json")
	if status != 0 || errs != "" {
		t.Fatalf("status %d, %s", status, errs)
	}
	schemaHolds(t, []byte(out))
	var s view.Status
	if err := json.Unmarshal([]byte(out), &s); err != nil {
		t.Fatal(err)
	}
	r := s.Virtuals[0].Reals[1]
	if !s.Running || s.Instance != "t.cf" || r.State != "up" || r.Check.Passed == 0 || r.Weight.Kernel == nil || *r.Weight.Kernel != 3 {
		t.Errorf("%s", out)
	}
	status, out, errs = i.run("status", "--verbose")
	if head := "ldirectord " + version + " for DIR/t.cf runs with pid "; status != 0 || errs != "" || !strings.HasPrefix(strings.Join(strings.Fields(out), " "), head) ||
		!strings.Contains(out, "\n  10.1.0.2:80             up       ") {
		t.Errorf("status %d\n%s%s", status, out, errs)
	}
}

// TestStatusWithoutADaemon: it says so and shows the kernel's table alone.
func TestStatusWithoutADaemon(t *testing.T) {
	t.Parallel()
	a, stdout, stderr := command(t, t.TempDir(), "status", "bogus=1\n")
	a.options.verbose = true
	if status := a.statusCommand(); status != 3 || !strings.Contains(stdout.String(), "/t.cf; the kernel's table alone:\n") {
		t.Errorf("status %d, %q, %q", status, stdout, stderr)
	}
	stdout.Reset()
	a.options.json = true
	if status := a.statusCommand(); status != 3 || !strings.Contains(stdout.String(), `"running": false`) {
		t.Errorf("status %d, %q, %q", status, stdout, stderr)
	}
	// A daemon without a socket, as the original.
	if err := os.WriteFile(a.pidFile(), []byte(itoa(fakeDaemon(t, a.instance))+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	stdout.Reset()
	if status := a.statusCommand(); status != 1 || !strings.Contains(stderr.String(), "does not answer: nobody listens on its socket") || !strings.Contains(stdout.String(), `"reason": "`) {
		t.Errorf("status %d, %q, %q", status, stdout, stderr)
	}
}

// dialControl is a client that says nothing.
func dialControl(t *testing.T, path string) net.Conn {
	t.Helper()
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// TestClientsThatHang delay no check, no other client and not the end; of too
// many one is let go.
func TestClientsThatHang(t *testing.T) {
	t.Parallel()
	var ranges strings.Builder
	for n := range 4 {
		fmt.Fprintf(&ranges, "\treal=10.2.%d.1->10.2.%d.250:80 masq\n", n, n)
	}
	i := startInstance(t, twoServers+ranges.String())
	a, _, _ := i.app("status")
	for range controlClients / 2 {
		dialControl(t, a.socket())
	}
	for range controlClients/2 - 1 {
		// It asks and does not read the answer, which is larger than the socket's
		// buffers.
		_, _ = io.WriteString(dialControl(t, a.socket()), "status\n")
	}
	i.setDown("10.1.0.1:80", true)
	i.until("the server down", func() bool {
		s, err := askStatus(t.Context(), a.socket())
		return err == nil && s.Virtuals[0].Reals[0].State == "down"
	})
	// On a busy machine those from before may have had their time by now.
	for range controlClients {
		dialControl(t, a.socket())
	}
	refused := dialControl(t, a.socket())
	_ = refused.SetDeadline(time.Now().Add(askLimit / 2))
	if _, err := refused.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("one client more: %v", err)
	}
}

// TestSocketEndsWithItsClients: nobody who hangs holds up the end of the daemon.
func TestSocketEndsWithItsClients(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sock")
	entered := make(chan struct{})
	c, err := listenControl(path, served{statusRequest: func(ctx context.Context, _ string) (int, string) {
		close(entered)
		<-ctx.Done() // a loop that is busy
		return statusFailed, ""
	}})
	if err != nil {
		t.Fatal(err)
	}
	dialControl(t, path)
	_, _ = io.WriteString(dialControl(t, path), "status\n")
	<-entered
	began := time.Now()
	c.close()
	if took := time.Since(began); took > askLimit/2 {
		t.Errorf("it took %v", took)
	}
}

// TestSourceSharesALook: many who ask at once cost the director one look.
func TestSourceSharesALook(t *testing.T) {
	t.Parallel()
	i := startInstance(t, twoServers)
	looks := 0
	inner := i.source.snapshot
	s := &source{turn: make(chan struct{}, 1), changes: i.source.changes, facts: i.source.facts, usage: i.source.usage, host: i.source.host, snapshot: func(ctx context.Context) (*view.State, error) {
		looks++
		return inner(ctx)
	}}
	for range 5 {
		if _, err := s.status(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	s.at = s.at.Add(-shareStatus)
	if _, err := s.status(t.Context()); err != nil {
		t.Fatal(err)
	}
	if looks < 2 || looks > 5 {
		t.Errorf("%d looks", looks)
	}
}

// TestSourceKeepsNobody: who asks while the director is busy waits no longer than
// he wants to.
func TestSourceKeepsNobody(t *testing.T) {
	t.Parallel()
	busy, entered := make(chan struct{}), make(chan struct{})
	s := &source{turn: make(chan struct{}, 1), snapshot: func(context.Context) (*view.State, error) {
		close(entered)
		<-busy
		return nil, context.Canceled
	}}
	first := make(chan error, 1)
	go func() {
		_, err := s.status(context.Background())
		first <- err
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	<-entered
	if _, err := s.status(ctx); err != context.DeadlineExceeded {
		t.Errorf("%v", err)
	}
	close(busy)
	<-first
}

// TestFullStatusOfADaemonThatHangs: it is named with its pid and what to do, in the
// text and in the document.
func TestFullStatusOfADaemonThatHangs(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(ctx context.Context, operand string) (int, string){
		"its loop":   func(context.Context, string) (int, string) { return statusTime, "the director is busy\n" },
		"altogether": func(ending context.Context, _ string) (int, string) { <-ending.Done(); return statusFailed, "" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, _, _ := command(t, t.TempDir(), "status", goodConfig)
			socket, err := listenControl(a.socket(), served{statusRequest: answer})
			if err != nil {
				t.Fatal(err)
			}
			defer socket.close()
			runs(t, a)
			pid, _ := a.running()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			s, status := a.look(ctx)
			if !s.Running || s.PID != pid || status != statusFailed || !strings.Contains(s.Reason, "no answer in time; look at its log") ||
				!strings.Contains(s.Reason, fmt.Sprintf("kill -KILL %d", pid)) {
				t.Errorf("status %d: %+v", status, s)
			}
			document, err := json.Marshal(s)
			if err != nil {
				t.Fatal(err)
			}
			schemaHolds(t, document)
		})
	}
}

// schemaHolds holds a document to the schema in docs/.
func schemaHolds(t *testing.T, document []byte) {
	t.Helper()
	schema, err := os.ReadFile("../docs/status-ldirectord.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range schematest.Problems(schema, document) {
		t.Error(p)
	}
}
