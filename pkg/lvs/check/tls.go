package check

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
)

// VerifyLevel says what of a server's certificate is verified.
type VerifyLevel int

// The levels; the zero value accepts every certificate: a server is judged by
// its answer, and was so by the original on the hosts that people come from.
const (
	VerifyNone  VerifyLevel = iota
	VerifyChain             // it must be in force and come from an authority that is trusted
	VerifyName              // and it must be for virtualhost or, without one, for the server's address
)

// Verify says how https, imaps, pops and ldaps judge certificates. It cannot be
// said in ldirectord.cf. The connection to pgsql is never verified: it falls back
// to clear text where the server offers no TLS.
type Verify struct {
	Level VerifyLevel
	// Roots are the authorities that are trusted; nil means those of the machine.
	Roots *x509.CertPool
}

// ParseVerifyLevel reads the name of a level: no, chain or name.
func ParseVerifyLevel(text string) (VerifyLevel, error) {
	for level, name := range []string{"no", "chain", "name"} {
		if text == name {
			return VerifyLevel(level), nil
		}
	}
	return VerifyNone, fmt.Errorf("%q is none of no, chain and name", text)
}

// suites are all that the library has: a server must not be down because its
// cipher is old, as it is not to the original.
var suites = sync.OnceValue(func() []uint16 {
	var ids []uint16
	for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		ids = append(ids, s.ID)
	}
	return ids
})

// anyCertificate is for a server that is not verified. A host name is sent to
// the server, an address never.
func anyCertificate(server string) *tls.Config {
	c := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, CipherSuites: suites()}
	if _, err := netip.ParseAddr(server); err != nil {
		c.ServerName = server
	}
	return c
}

// config is for a server that must be what level says. The library itself never
// verifies: it knows no chain without a name.
func (v Verify) config(server string) *tls.Config {
	c := anyCertificate(server)
	if v.Level == VerifyNone {
		return c
	}
	c.VerifyConnection = func(state tls.ConnectionState) error {
		options := x509.VerifyOptions{Roots: v.Roots, Intermediates: x509.NewCertPool()}
		if v.Level == VerifyName {
			options.DNSName = server
		}
		if len(state.PeerCertificates) == 0 {
			return errors.New("the server has no certificate")
		}
		for _, cert := range state.PeerCertificates[1:] {
			options.Intermediates.AddCert(cert)
		}
		_, err := state.PeerCertificates[0].Verify(options)
		return err
	}
	return c
}

// secure begins TLS on a connection.
func (v Verify) secure(ctx context.Context, conn net.Conn, server string) (net.Conn, error) {
	session := tls.Client(conn, v.config(server))
	if err := session.HandshakeContext(ctx); err != nil {
		return nil, fmt.Errorf("TLS: %w", cause(err))
	}
	return session, nil
}
