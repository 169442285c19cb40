package check_test

import (
	"io"
	"strings"
	"testing"

	"lvsha/pkg/lvs/check"
)

func TestRecordedSMTP(t *testing.T) {
	t.Parallel()
	conversation{file: "testdata/check-smtp.txt"}.run(t)
}

func TestRecordedNNTP(t *testing.T) {
	t.Parallel()
	conversation{file: "testdata/check-nntp.txt"}.run(t)
}

func TestRecordedPOP(t *testing.T) {
	t.Parallel()
	conversation{file: "testdata/check-pop.txt", differs: map[string]differ{
		"pop-login-bad": {why: "a login is tried once ([fix], checks 4.4)", request: true, bytes: []string{"S: +OK hi\nC: CAPA\nS: +OK\nS: USER\nS: .\nC: USER test\nS: +OK\nC: PASS wrong\nS: -ERR bad"}},
	}}.run(t)
	const why = "certificates are not verified ([fix], checks 2.5)"
	login := []string{"S: +OK hi\nC: CAPA\nS: -ERR no\nC: USER test\nS: +OK\nC: PASS secret\nS: +OK\nC: STAT\nS: +OK 0 0\nC: QUIT\nS: +OK"}
	conversation{file: "testdata/check-pops.txt", differs: map[string]differ{
		"pops-login-self": {why: why, verdict: true, request: true, bytes: login},
		"pops-login-ca":   {why: why, verdict: true, request: true, bytes: login},
	}}.run(t)
}

func TestRecordedIMAP(t *testing.T) {
	t.Parallel()
	const nologin = "S: * OK hi\nC: 0 LOGOUT\nS: * BYE\nS: 0 OK"
	const login = "S: * OK hi\nC: 0 LOGIN \"test\" \"secret\"\nS: 0 OK in\nC: 1 LOGOUT\nS: * BYE\nS: 1 OK"
	const why = "no EXPUNGE, the login quoted ([fix], checks 4.5)"
	conversation{file: "testdata/check-imap.txt", adapt: func(c *recorded) {
		// The original ignores checkport and the server's own port ([fix], checks 2.1).
		if len(c.exchanges) > 0 && strings.Contains(c.exchanges[0].server, " 143\r\n") {
			c.exchanges[0].address = "127.0.1.1:1430"
		}
	}, differs: map[string]differ{
		"imap-port1430":     {why: why, request: true, bytes: []string{nologin}},
		"imap-checkport":    {why: why, request: true, bytes: []string{nologin}},
		"imap-login-silent": {why: why, request: true, bytes: []string{"S: * OK hi\nC: 0 LOGIN \"a\" \"b\""}},
		"imap-nologin":      {why: why, request: true, bytes: []string{nologin}},
		"imap-preauth":      {why: why, request: true, bytes: []string{strings.Replace(nologin, "OK hi", "PREAUTH hi", 1)}},
		"imap-login":        {why: why, request: true, bytes: []string{login}},
		"imap-login-esc":    {why: why, request: true, bytes: []string{`S: * OK hi` + "\n" + `C: 0 LOGIN "te st" "a\\\"b"` + "\nS: 0 NO bad"}},
		"imap-login-bad":    {why: why, request: true, bytes: []string{"S: * OK hi\nC: 0 LOGIN \"test\" \"wrong\"\nS: 0 NO bad"}},
	}}.run(t)
	const untrusted = "certificates are not verified ([fix], checks 2.5)"
	conversation{file: "testdata/check-imaps.txt", differs: map[string]differ{
		"imaps-self":  {why: untrusted, verdict: true, request: true, bytes: []string{nologin}},
		"imaps-v6":    {why: untrusted, verdict: true, request: true, bytes: []string{nologin}},
		"imaps-ca":    {why: untrusted, verdict: true, request: true, bytes: []string{login}},
		"imaps-ca-ip": {why: why, request: true, bytes: []string{login}},
	}}.run(t)
}

// TestPasswordsAreNotRepeated has a server that quotes what it was sent.
func TestPasswordsAreNotRepeated(t *testing.T) {
	t.Parallel()
	l, addr := listen(t)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = conn.Write([]byte("+OK hi\r\n-ERR no CAPA\r\n+OK\r\n-ERR hunter2 is wrong\r\n"))
		_, _ = io.Copy(io.Discard, conn)
	}()
	target := check.Target{Service: "pop", Addr: addr.Addr(), Port: addr.Port(), Login: "u", Passwd: "hunter2"}
	r := run(t, target)
	if r.Up || !strings.Contains(r.Err.Error(), "<secret> is wrong") || strings.Contains(r.Err.Error(), "hunter2") {
		t.Errorf("%+v", r)
	}
}
