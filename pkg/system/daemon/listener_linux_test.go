package daemon

import (
	"net/netip"
	"strings"
	"testing"
)

// TestListening reads tables of a machine with the low byte first, as they were
// found on one.
func TestListening(t *testing.T) {
	t.Parallel()
	const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:23DC 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 111 1 0 100 0 0 10 0
   1: 0100007F:23DD 0200007F:1234 01 00000000:00000000 00:00000000 00000000     0        0 222 1 0 100 0 0 10 0
   2: 00000000000000000000000000000000:23DE 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 333 1 0
   3: B80D0120000000000000000001000000:23DF 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 444 1 0
   4: garbage
`
	for at, want := range map[string]string{
		"127.0.0.1:9180": "socket:[111]", "127.0.0.2:9180": "", "0.0.0.0:9180": "socket:[111]", "127.0.0.1:9181": "",
		"127.0.0.1:9182": "socket:[333]", "[2001:db8::1]:9183": "socket:[444]", "[2001:db8::2]:9183": "",
	} {
		if got := strings.Join(listening(table, netip.MustParseAddrPort(at)), " "); got != want {
			t.Errorf("%s: %q, want %q", at, got, want)
		}
	}
}
