package check_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"lvsha/pkg/lvs/check"
)

// TestPgSQLIgnoresTheEnvironment has variables of libpq that would break the
// check: it must come as far as the connection.
func TestPgSQLIgnoresTheEnvironment(t *testing.T) {
	for name, value := range map[string]string{
		"PGHOST": "/nowhere", "PGPORT": "x", "PGSSLMODE": "verify-full", "PGSSLROOTCERT": "/nowhere", "PGSSLCERT": "/nowhere",
		"PGREQUIREAUTH": "md5", "PGCONNECT_TIMEOUT": "x", "PGMINPROTOCOLVERSION": "9", "PGSSLNEGOTIATION": "bogus",
	} {
		t.Setenv(name, value)
	}
	l, addr := listen(t)
	_ = l.Close()
	target := check.Target{Service: "pgsql", Addr: netip.MustParseAddr("127.0.0.1"), Port: addr.Port(), Timeout: 10 * time.Second,
		Login: "u", Passwd: "hunter2", Request: "/SELECT 1"}
	if r := run(t, target); r.Up || !strings.Contains(r.Err.Error(), "connection refused") {
		t.Errorf("%+v", r)
	}
}
