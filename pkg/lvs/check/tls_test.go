package check_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
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

// issued is a certificate for names and addresses from an authority of its own.
func issued(t *testing.T, until time.Time, names ...string) (cert tls.Certificate, authority *x509.CertPool) {
	t.Helper()
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ca := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	template := &x509.Certificate{SerialNumber: big.NewInt(2), NotBefore: time.Unix(0, 0), NotAfter: until}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	root, err := x509.CreateCertificate(rand.Reader, ca, ca, &caKey.PublicKey, caKey)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca, &key.PublicKey, caKey)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(root)
	if err != nil {
		t.Fatal(err)
	}
	authority = x509.NewCertPool()
	authority.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, authority
}

// TestVerify has servers with good and bad certificates judged at each level.
func TestVerify(t *testing.T) {
	t.Parallel()
	tomorrow := time.Now().Add(24 * time.Hour)
	good, goodCA := issued(t, tomorrow, "127.0.0.1")
	named, namedCA := issued(t, tomorrow, "www.example.com")
	expired, expiredCA := issued(t, time.Now().Add(-time.Minute), "127.0.0.1", "www.example.com")
	_, otherCA := issued(t, tomorrow, "127.0.0.1")
	tests := []struct {
		name        string
		cert        tls.Certificate
		roots       *x509.CertPool
		virtualHost string
		chain       string // what is wrong with the chain; empty: nothing
		full        string // what is wrong with chain and name
	}{
		{"for the address", good, goodCA, "", "", ""},
		{"for the virtual host", named, namedCA, "www.example.com:443", "", ""},
		{"for a name, asked by address", named, namedCA, "", "", "doesn't contain any IP SANs"},
		{"for the address, asked by name", good, goodCA, "www.example.com", "", "not valid for any names"},
		{"for another name", named, namedCA, "ftp.example.com", "", "not ftp.example.com"},
		{"expired", expired, expiredCA, "", "expired", "expired"},
		{"unknown authority", good, otherCA, "", "unknown authority", "unknown authority"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.WriteString(w, "sni="+r.TLS.ServerName)
			}))
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			server.TLS = &tls.Config{Certificates: []tls.Certificate{test.cert}}
			server.StartTLS()
			defer server.Close()
			addr := netip.MustParseAddrPort(server.Listener.Addr().String())
			target := check.Target{Service: "https", Addr: addr.Addr(), Port: addr.Port(), Request: "/", Method: "GET",
				VirtualHost: test.virtualHost, HasVirtualHost: test.virtualHost != "", Timeout: 10 * time.Second}
			for level, want := range map[check.VerifyLevel]string{check.VerifyNone: "", check.VerifyChain: test.chain, check.VerifyName: test.full} {
				ck, err := check.New(target, check.Env{Verify: check.Verify{Level: level, Roots: test.roots}})
				if err != nil {
					t.Fatal(err)
				}
				r := check.Run(t.Context(), ck)
				if r.Up != (want == "") || !r.Up && !strings.Contains(r.Err.Error(), want) {
					t.Errorf("level %d: %+v, wanted %q", level, r, want)
				}
			}
		})
	}
}

// TestVerifyKnowsEachService has the handshake of every service with TLS fail.
func TestVerifyKnowsEachService(t *testing.T) {
	t.Parallel()
	cert, _ := issued(t, time.Now().Add(time.Hour), "127.0.0.1")
	for _, service := range []string{"https", "imaps", "pops", "ldaps"} {
		t.Run(service, func(t *testing.T) {
			t.Parallel()
			l, addr := listen(t)
			go func() {
				for {
					conn, err := l.Accept()
					if err != nil {
						return
					}
					_ = tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{cert}}).HandshakeContext(t.Context())
					_ = conn.Close()
				}
			}()
			target := check.Target{Service: service, Addr: addr.Addr(), Port: addr.Port(), Request: "/", Method: "GET", Login: "x", Timeout: 10 * time.Second}
			ck, err := check.New(target, check.Env{Verify: check.Verify{Level: check.VerifyChain, Roots: x509.NewCertPool()}})
			if err != nil {
				t.Fatal(err)
			}
			if r := check.Run(t.Context(), ck); r.Up || !strings.Contains(r.Err.Error(), "unknown authority") {
				t.Errorf("%+v", r)
			}
		})
	}
}
