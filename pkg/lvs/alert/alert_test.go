package alert

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"lvsha/pkg/system/logging"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// lines keeps what is logged.
type lines struct {
	mu   sync.Mutex
	text []string
}

func (l *lines) Log(_ logging.Level, text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, text)
}

func (l *lines) all() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.text, "\n")
}

var mail = Mail{
	To: "admin@example.com", From: "ld@example.com", SMTP: "mail.example.com", Phase: "running", Service: "Web", Comment: "ask Ops first",
	Message: "Deleted real server: 10.1.0.11:80 (10.9.0.1:80)",
}

func TestText(t *testing.T) {
	t.Parallel()
	// As the original sent it to a server that recorded it.
	want := "From: ld@example.com\nTo: admin@example.com\nSubject: [Web] Deleted real server: 10.1.0.11:80 (10.9.0.1:80)\n\n" +
		"ldirectord host: lb1\nLog-Message: [Web] Deleted real server: 10.1.0.11:80 (10.9.0.1:80)\nDaemon-Status: running\n\n" +
		"Service name: Web\nComment: ask Ops first\n\n"
	if got := mail.Text("lb1", mail.From); got != want {
		t.Errorf("text:\n%s\nwant:\n%s", got, want)
	}
	plain := mail
	plain.Service, plain.Comment = "", ""
	want = "To: admin@example.com\nSubject: " + mail.Message + "\n\nldirectord host: lb1\nLog-Message: " + mail.Message + "\nDaemon-Status: running\n"
	if got := plain.Text("lb1", ""); got != want {
		t.Errorf("text:\n%s\nwant:\n%s", got, want)
	}
}

// server answers one SMTP dialogue and returns what the client said.
func server(conn net.Conn, answer func(line string) string) string {
	defer conn.Close()
	var said strings.Builder
	r := bufio.NewReader(conn)
	_, _ = fmt.Fprint(conn, "220 ready\r\n")
	data := false
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return said.String()
		}
		line = strings.TrimSuffix(line, "\r\n")
		said.WriteString(line + "\n")
		switch {
		case data && line == ".":
			data = false
			_, _ = fmt.Fprint(conn, "250 queued\r\n")
		case data:
		case line == "DATA":
			data = true
			_, _ = fmt.Fprint(conn, "354 go on\r\n")
		case line == "QUIT":
			_, _ = fmt.Fprint(conn, "221 bye\r\n")
			return said.String()
		default:
			_, _ = fmt.Fprint(conn, answer(line)+"\r\n")
		}
	}
}

// newTestMailer speaks to a server that answers so.
func newTestMailer(log logging.Sink, answer func(string) string) (*Mailer, <-chan string) {
	said := make(chan string, 10)
	m := NewMailer(log)
	m.host, m.sender = "lb1", "root@lb1"
	m.dial = func(_ context.Context, _, address string) (net.Conn, error) {
		if address != "mail.example.com:25" {
			return nil, fmt.Errorf("address %s", address)
		}
		near, far := net.Pipe()
		go func() { said <- server(far, answer) }()
		return near, nil
	}
	return m, said
}

// TestRecipientsAreSentOneByOne is the original's defect: a list was sent as one
// recipient, which servers refuse.
func TestRecipientsAreSentOneByOne(t *testing.T) {
	t.Parallel()
	log := &lines{}
	m, said := newTestMailer(log, func(line string) string {
		switch {
		case strings.Contains(line, ","):
			return "501 bad address"
		case strings.HasPrefix(line, "EHLO"):
			return "502 what?"
		case strings.Contains(line, "gone"):
			return "550 no such user"
		}
		return "250 ok"
	})
	list := mail
	list.To = "a@example.com, gone@example.com,b@example.com"
	m.Send(list)
	got := <-said
	m.Close(10 * time.Second)
	want := "EHLO lb1\nHELO lb1\nMAIL FROM:<root@lb1>\nRCPT TO:<a@example.com>\nRCPT TO:<gone@example.com>\nRCPT TO:<b@example.com>\nDATA\n" +
		list.Text("lb1", list.From) + ".\nQUIT\n"
	if got != want {
		t.Errorf("dialogue:\n%s\nwant:\n%s", got, want)
	}
	if l := log.all(); !strings.Contains(l, "emailalert: "+mail.Message) || !strings.Contains(l, "gone@example.com: 550") {
		t.Errorf("log:\n%s", l)
	}
}

// TestAHangingServerHoldsNothingUp is the original's defect: the daemon stood
// still for two minutes.
func TestAHangingServerHoldsNothingUp(t *testing.T) {
	t.Parallel()
	log := &lines{}
	m := NewMailer(log)
	dialled := make(chan struct{})
	m.dial = func(context.Context, string, string) (net.Conn, error) {
		near, _ := net.Pipe()
		close(dialled)
		return near, nil
	}
	m.Send(mail)
	<-dialled
	m.Close(time.Millisecond)
	if l := log.all(); !strings.Contains(l, "failed to send SMTP email message: smtp mail.example.com") {
		t.Errorf("log:\n%s", l)
	}
}

func TestLocalMailer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	program := filepath.Join(dir, "sendmail")
	if err := os.WriteFile(program, []byte("#!/bin/sh\nexec >"+dir+"/mail\necho \"$@\"\ncat\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	log := &lines{}
	m := NewMailer(log)
	m.host, m.sendmails = "lb1", []string{dir + "/nosuch", program}
	local := mail
	local.SMTP, local.To = "", "a@example.com, b@example.com"
	m.Send(local)
	m.Close(20 * time.Second)
	got, err := os.ReadFile(dir + "/mail")
	if want := "-oi -- a@example.com b@example.com\n" + local.Text("lb1", local.From); err != nil || string(got) != want {
		t.Errorf("mail:\n%s\nwant:\n%s\n%v, %s", got, want, err, log.all())
	}
}

func TestReminders(t *testing.T) {
	t.Parallel()
	var r Reminders
	begin := time.Unix(1000, 0)
	at := func(s int) time.Time { return begin.Add(time.Duration(s) * time.Second) }
	r.Set("a", Mail{Message: "a"}, 5*time.Second, at(0))
	r.Set("b", Mail{Message: "b"}, 7*time.Second, at(0))
	for _, test := range []struct {
		second int
		want   string
	}{{4, "[]"}, {5, "[a]"}, {6, "[]"}, {10, "[a b]"}, {14, "[]"}} {
		var got []string
		for _, m := range r.Due(at(test.second)) {
			got = append(got, m.Mail.Message)
		}
		if fmt.Sprint(got) != test.want {
			t.Errorf("second %d: %v, want %s", test.second, got, test.want)
		}
	}
	if next, ok := r.Next(); !ok || next != at(15) {
		t.Errorf("next is %v, %v", next, ok)
	}
	r.Forget("a")
	r.Keep(func(string) bool { return false })
	if _, ok := r.Next(); ok {
		t.Error("something is left")
	}
}
