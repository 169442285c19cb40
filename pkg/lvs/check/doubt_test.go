package check_test

import (
	"strings"
	"testing"

	"lvsha/pkg/lvs/check"
	"lvsha/pkg/lvs/config"
)

func TestDoubt(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		target check.Target
		want   string // empty: nothing to warn of
	}{
		{"pop without login", check.Target{Service: "pop"}, "service=pop without login is always up"},
		{"pops without login", check.Target{Service: "pops"}, "service=pops without login is always up"},
		{"pop", check.Target{Service: "pop", Login: "x"}, ""},
		{"imap without login", check.Target{Service: "imap"}, ""},
		{"ftp without receive", check.Target{Service: "ftp"}, "service=ftp without receive is always up"},
		{"ftp", check.Target{Service: "ftp", Receive: "x"}, ""},
		{"dns without receive", check.Target{Service: "dns"}, "service=dns without receive is always down"},
		{"dns", check.Target{Service: "dns", Receive: "x"}, ""},
		{"mysql without login", check.Target{Service: "mysql", Request: "/SELECT 1"}, "service=mysql without login and request is always down"},
		{"pgsql without request", check.Target{Service: "pgsql", Login: "x", Request: "/"}, "service=pgsql without login and request is always down"},
		{"oracle without anything", check.Target{Service: "oracle"}, "service=oracle without login and request is always down"},
		{"oracle", check.Target{Service: "oracle", Login: "x", Request: "/SELECT 1"}, ""},
		{"proxy without request", check.Target{Service: "http_proxy", Request: "/"}, "no http:// URL"},
		{"proxy with a path", check.Target{Service: "http_proxy", Request: "/index.html"}, "no http:// URL"},
		{"proxy with https", check.Target{Service: "http_proxy", Request: "/https://www.example.com/"}, "no http:// URL"},
		{"proxy", check.Target{Service: "http_proxy", Request: "/http://www.example.com/"}, ""},
		{"proxy, in the real server", check.Target{Service: "http_proxy", Request: "/", URL: "http://www.example.com/"}, ""},
		{"http without receive", check.Target{Service: "http", Request: "/"}, ""},
		{"combined", check.Target{Type: config.Combined, Service: "dns"}, "always down"},
		{"connect", check.Target{Type: config.Connect, Service: "dns"}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			text, meant := check.Doubt(test.target)
			if (text == "") != (test.want == "") || !strings.Contains(text, test.want) || (text == "") != (meant == "") {
				t.Errorf("%q, %q, wanted %q", text, meant, test.want)
			}
		})
	}
}
