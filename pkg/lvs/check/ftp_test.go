package check_test

import (
	"strings"
	"testing"
)

// passive makes the recording of an active transfer into one of a passive one:
// PORT and its answer go, and the server names the port on which the second
// connection is played. The address that it names is nobody's.
func passive(c *recorded) {
	if len(c.exchanges) == 0 {
		return
	}
	x := &c.exchanges[0]
	var steps []step
	passives := 0
	for i := 0; i < len(x.steps); i++ {
		s := x.steps[i]
		switch {
		case s.fromClient && (strings.HasPrefix(s.data, "PORT ") || s.data == "PASV\r\n" && passives > 0):
			i++ // and the answer
			continue
		case s.data == "PASV\r\n":
			passives++
		case strings.HasPrefix(s.data, "227 "):
			s.data = "227 Entering Passive Mode (10,9,9,9,7,208)\r\n"
		}
		steps = append(steps, s)
	}
	x.steps, x.client = steps, clientOf(steps)
	c.exchanges = append(c.exchanges[:1], exchange{network: "tcp", address: "127.0.1.1:2000", steps: []step{{data: "just a test file\n"}}})
}

func TestRecordedFTP(t *testing.T) {
	t.Parallel()
	const ends = "a refused login or EPSV ends the check"
	const implicit = "the password has its default also if the service comes from the port ([fix], checks 2.2)"
	conversation{file: "testdata/check-ftp.txt", adapt: passive, differs: map[string]differ{
		"ftp-v6":          {why: ends, request: true},
		"ftp-v6b":         {why: ends, request: true},
		"ftp-login-only":  {why: ends, request: true},
		"ftp-nofile-recv": {why: "no QUIT after a failure", request: true},
		"ftp-implicit": {why: implicit, request: true, bytes: []string{"S: 220 ready\nC: USER anonymous\nS: 331 pw\nC: PASS ldirectord@ldhost\nS: 230 in\nC: CWD /\nS: 250 ok\n" +
			"C: TYPE I\nS: 200 ok\nC: PASV\nS: 227 ok (10,9,9,9,7,208)\nC: RETR /welcome.msg\nS: 150 go\nS: 226 done\nC: QUIT\nS: 221 bye"}},
	}}.run(t)
}
