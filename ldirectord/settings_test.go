package main

import (
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lvsha/pkg/lvs/check"
	"lvsha/pkg/system/logging"
)

// lines is a log that keeps what it is told.
type lines []string

func (l *lines) Log(_ logging.Level, text string) { *l = append(*l, text) }

func TestVerifySettings(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	ca := write("ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	empty := write("empty.pem", "")
	tests := []struct {
		name, text string
		level      check.VerifyLevel
		roots      bool
		warning    string
	}{
		{"nothing", "", check.VerifyNone, false, ""},
		{"no", "TLS_VERIFY=no\nTLS_CA=/nowhere\n", check.VerifyNone, false, ""},
		{"chain", "TLS_VERIFY=chain\n", check.VerifyChain, false, ""},
		{"name", "TLS_VERIFY=name\nTLS_CA=" + ca + "\n", check.VerifyName, true, ""},
		{"misspelt", "TLS_VERIFY=yes\n", check.VerifyNone, false, `TLS_VERIFY="yes" is none of no, chain and name`},
		{"no such file", "TLS_VERIFY=chain\nTLS_CA=/nowhere/ca.pem\n", check.VerifyNone, false, "/nowhere/ca.pem"},
		{"no certificate", "TLS_VERIFY=chain\nTLS_CA=" + empty + "\n", check.VerifyNone, false, "has no certificate"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var log lines
			v := readVerify(write("sysconfig", test.text), &log)
			if v.Level != test.level || (v.Roots != nil) != test.roots {
				t.Errorf("%+v", v)
			}
			if got := strings.Join(log, "\n"); (got == "") != (test.warning == "") || !strings.Contains(got, test.warning) {
				t.Errorf("log %q, wanted %q", got, test.warning)
			}
		})
	}
}
