package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// pages is a web server on every address of the machine, which answers every
// request with the page that is expected. It is nginx: where one processor has the
// director and all servers, what the servers take is part of every figure.
type pages struct {
	dir    string
	cmd    *exec.Cmd
	stderr bytes.Buffer
	ended  chan error
}

const pagesConfig = `daemon off; master_process off; pid pid; error_log stderr;
events { worker_connections 4096; }
http {
	log_format asked '$server_addr $msec'; access_log requests asked buffer=64k flush=1s; keepalive_timeout 0;
	server { listen 80 backlog=4096; location / { default_type text/plain; return 200 "ok\n"; } }
}
`

// servePages serves until end, and returns when it listens.
func servePages(ctx context.Context) (p *pages, err error) {
	p = &pages{ended: make(chan error, 1)}
	if p.dir, err = os.MkdirTemp("", "pages-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.end())
		}
	}()
	if err := os.WriteFile(filepath.Join(p.dir, "conf"), []byte(pagesConfig), 0o644); err != nil {
		return p, err
	}
	p.cmd = exec.CommandContext(ctx, "nginx", "-p", p.dir, "-e", "stderr", "-c", "conf")
	p.cmd.Stderr = &p.stderr
	if err := p.cmd.Start(); err != nil {
		p.cmd = nil
		return p, err
	}
	go func() { p.ended <- p.cmd.Wait() }()
	for {
		// It writes the file when it listens.
		if text, err := os.ReadFile(filepath.Join(p.dir, "pid")); err == nil && len(text) > 0 {
			return p, nil
		}
		select {
		case err := <-p.ended:
			p.cmd = nil
			return p, fmt.Errorf("nginx: %w\n%s", err, &p.stderr)
		case <-ctx.Done():
			return p, ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// lastFirst is when the last of the addresses was first asked. What is younger than a
// second may be missing.
func (p *pages) lastFirst() (last time.Time, err error) {
	text, err := os.ReadFile(filepath.Join(p.dir, "requests"))
	if err != nil {
		return last, err
	}
	asked := make(map[string]bool)
	for line := range strings.Lines(string(text)) {
		address, at, _ := strings.Cut(strings.TrimSpace(line), " ")
		seconds, err := strconv.ParseFloat(at, 64)
		if err != nil {
			return last, fmt.Errorf("nginx logged %q: %w", line, err)
		}
		if !asked[address] {
			asked[address], last = true, time.UnixMicro(int64(seconds*1e6))
		}
	}
	return last, nil
}

func (p *pages) end() (err error) {
	if p.cmd != nil {
		err = p.cmd.Process.Signal(syscall.SIGTERM)
		if ended := <-p.ended; ended != nil {
			err = errors.Join(err, fmt.Errorf("nginx: %w\n%s", ended, &p.stderr))
		}
	}
	return errors.Join(err, os.RemoveAll(p.dir))
}
