package ldirectord

import (
	"fmt"
	"io"
	"net"
	"net/http"
)

// backend is a web server that can be taken down and brought back.
type backend struct {
	address string
	handler http.Handler
	server  *http.Server
}

func (s *scene) startBackends(addresses []string) error {
	for _, address := range addresses {
		body := "Test Page from " + address
		b := &backend{address: address, handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, body)
		})}
		s.backends[address] = b
		if err := b.set(true); err != nil {
			return err
		}
	}
	return nil
}

// set opens or closes the listener.
func (b *backend) set(up bool) error {
	if !up {
		err := b.server.Close()
		b.server = nil
		return err
	}
	listener, err := net.Listen("tcp", b.address)
	if err != nil {
		return fmt.Errorf("backend: %w", err)
	}
	b.server = &http.Server{Handler: b.handler}
	go func(s *http.Server) { _ = s.Serve(listener) }(b.server)
	return nil
}
