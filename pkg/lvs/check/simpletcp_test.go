package check_test

import "testing"

func TestRecordedSimpleTCP(t *testing.T) {
	t.Parallel()
	conversation{file: "testdata/check-simpletcp.txt", differs: map[string]differ{
		"simpletcp-norecv-nl": {why: "an empty receive wants a line, not the last pattern used ([fix], checks 3)", verdict: true},
		"simpletcp-udp-nonl":  {why: "a datagram is complete without line feed ([fix], checks 4.13)", verdict: true},
	}, same: func(got, recorded string) bool {
		// Servers that hold the connection did not read.
		return got == "a" && recorded == ""
	}}.run(t)
}
