package check_test

import (
	"bytes"
	"strings"
	"testing"
)

func TestRecordedDNS(t *testing.T) {
	t.Parallel()
	conversation{
		file: "testdata/check-dns.txt",
		// The identifier is random; it stands behind the length over TCP.
		same: func(got, recorded string) bool {
			at := len(recorded) - len(strings.TrimPrefix(recorded, "\x00\x21"))
			return len(got) == len(recorded) && len(got) > at+2 && got[:at] == recorded[:at] && got[at+2:] == recorded[at+2:]
		},
		answer: func(_ exchange, request, recorded []byte) []byte {
			at := len(request) - len(bytes.TrimPrefix(request, []byte("\x00\x21")))
			reply := bytes.Clone(recorded)
			copy(reply[at:at+2], request[at:at+2])
			return reply
		},
		search: func(c recorded) []string {
			if strings.HasPrefix(c.name, "dns-search") {
				return []string{"a.test", "b.test"}
			}
			return nil
		},
	}.run(t)
}
