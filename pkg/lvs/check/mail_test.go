package check_test

import (
	"context"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"lvsha/pkg/lvs/check"
	"lvsha/pkg/lvs/config"
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

// greets is a server that says everything before it is asked.
func greets(said string) check.Dial {
	return func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		go func() { _, _ = io.WriteString(far, said) }()
		go func() {
			defer far.Close()
			_, _ = io.Copy(io.Discard, far) // until the check closes
		}()
		return near, nil
	}
}

// TestPasswordsAreNotRepeated has servers that quote what they were sent.
func TestPasswordsAreNotRepeated(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, service, passwd, says, want, never string }{
		{"pop", "pop", "hunter2", "+OK hi\r\n-ERR no CAPA\r\n+OK\r\n-ERR hunter2 is wrong\r\n", "<secret> is wrong", "hunter2"},
		{"quoted", "imap", `hunt"er2`, "* OK hi\r\n0 NO LOGIN \"u\" \"hunt\\\"er2\"\r\n", "<secret>", "er2"},
		{"at the end of what is shown", "imap", "hunter2", "* OK hi\r\n0 NO " + strings.Repeat("x", 190) + "hunter2\r\n", "<secr", "hunt"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			target := check.Target{Service: test.service, Addr: netip.MustParseAddr("127.0.0.1"), Port: 1, Login: "u",
				Passwd: config.Secret(test.passwd), Timeout: 10 * time.Second}
			ck, err := check.New(target, check.Env{Dial: greets(test.says)})
			if err != nil {
				t.Fatal(err)
			}
			r := check.Run(t.Context(), ck)
			if r.Up || !strings.Contains(r.Err.Error(), test.want) || strings.Contains(r.Err.Error(), test.never) {
				t.Errorf("%+v", r)
			}
		})
	}
}
