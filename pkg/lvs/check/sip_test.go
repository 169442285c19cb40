package check_test

import (
	"regexp"
	"testing"
)

// sipVariable is what differs between any two requests, and the transport,
// which is UDP over TCP, too, in the recordings ([fix], checks 4.12).
var sipVariable = regexp.MustCompile(`Via: SIP/2.0/(UDP|TCP) (127\.0\.0\.1|\[::1\]):\d+;branch=z9hG4bK\w+\r\n|Call-ID: [0-9a-f]{16}\r\n`)

func TestRecordedSIP(t *testing.T) {
	t.Parallel()
	const success = "every final answer of the 200s is one ([fix], checks 4.12)"
	conversation{
		file: "testdata/check-sip.txt",
		same: func(got, recorded string) bool {
			return sipVariable.ReplaceAllString(got, "") == sipVariable.ReplaceAllString(recorded, "")
		},
		// So that the server of a stream knows where a request ends: ours may be
		// of another length.
		adapt: func(c *recorded) {
			for _, x := range c.exchanges {
				for i := range x.steps {
					if x.steps[i].fromClient {
						x.steps[i].until = "\r\n\r\n"
					}
				}
			}
		},
		differs: map[string]differ{
			"sip-200other":     {why: success, verdict: true},
			"sip-200nonstd":    {why: success, verdict: true},
			"sip-100then200":   {why: success, verdict: true},
			"sip-udp-implicit": {why: "the login has its default ([fix], checks 2.2)", request: true},
		},
	}.run(t)
}
