package main

import (
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// pages are web servers on every address of the machine. They answer every
// request with the page that is expected.
type pages struct {
	server *http.Server
	ended  chan error

	mu    sync.Mutex
	asked map[string]bool // addresses
	last  time.Time       // when an address was first asked
}

func serveAll() (*pages, error) {
	listener, err := net.Listen("tcp", ":80")
	if err != nil {
		return nil, err
	}
	p := &pages{ended: make(chan error, 1), asked: make(map[string]bool)}
	p.server = &http.Server{Handler: p}
	go func() { p.ended <- p.server.Serve(listener) }()
	return p, nil
}

// ServeHTTP implements http.Handler.
func (p *pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintln(w, "ok")
	if addr, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
		p.note(addr.String())
	}
}

func (p *pages) note(addr string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.asked[addr] {
		p.asked[addr], p.last = true, time.Now()
	}
}

// lastFirst is when the last of the addresses was first asked.
func (p *pages) lastFirst() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last
}

func (p *pages) end() {
	_ = p.server.Close()
	<-p.ended
}
