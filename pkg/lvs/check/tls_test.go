package check_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"lvsha/pkg/lvs/check"
	"lvsha/pkg/lvs/config"
)

// certificate is self-signed, for no name, and has expired.
func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// TestHTTPSJudgesTheAnswerOnly has servers whose certificate nobody trusts, and
// that speak only what Go's library does not by default.
func TestHTTPSJudgesTheAnswerOnly(t *testing.T) {
	t.Parallel()
	cert := certificate(t)
	tests := []struct {
		name   string
		config *tls.Config
	}{
		{"current", &tls.Config{}},
		{"TLS 1.0", &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10}},
		{"RSA key exchange", &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.WriteString(w, "sni="+r.TLS.ServerName+" host="+r.Host+"\n")
			}))
			test.config.Certificates = []tls.Certificate{cert}
			server.TLS = test.config
			server.StartTLS()
			defer server.Close()
			addr := netip.MustParseAddrPort(server.Listener.Addr().String())
			target := check.Target{Service: "https", Addr: addr.Addr(), Port: addr.Port(), Request: "/", Method: "GET",
				VirtualHost: "www.example.com", HasVirtualHost: true, Receive: "^sni= host=www.example.com$"}
			if r := run(t, target); !r.Up {
				t.Errorf("%+v", r)
			}
		})
	}
}

// TestRedirectToTLS is a recorded case that needs a server with a certificate.
func TestRedirectToTLS(t *testing.T) {
	t.Parallel()
	secure := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "secret page") }))
	defer secure.Close()
	plain := httptest.NewServer(http.RedirectHandler(secure.URL+"/x", http.StatusFound))
	defer plain.Close()
	addr := netip.MustParseAddrPort(plain.Listener.Addr().String())
	target := check.Target{Service: "http", Addr: addr.Addr(), Port: addr.Port(), Request: "/", Method: "GET", Receive: "secret"}
	if r := run(t, target); !r.Up {
		t.Errorf("%+v", r)
	}
}

// TestABigBodyIsCut has a body that never ends; what was read is judged.
func TestABigBodyIsCut(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		chunk := make([]byte, 1<<20)
		for {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}))
	defer server.Close()
	addr := netip.MustParseAddrPort(server.Listener.Addr().String())
	target := check.Target{Type: config.Negotiate, Service: "http", Addr: addr.Addr(), Port: addr.Port(), Request: "/", Method: "GET", Receive: "absent", Timeout: time.Minute}
	if r := run(t, target); r.Up || r.Err == nil || len(r.Text) > 1000 {
		t.Errorf("up is %v with %d bytes of text: %v", r.Up, len(r.Text), r.Err)
	}
}
