package status

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	stdlog "log"
	"net"
	"net/http"
	"sync"
	"time"

	"lvsha/pkg/system/logging"
)

// The bounds of what clients may cost.
const (
	defaultMaxAge = time.Second
	defaultLimit  = 2 * time.Second
	defaultRetry  = 10 * time.Second
	connections   = 64 // on each address
	headerBytes   = 8 << 10
	headerTime    = 5 * time.Second
	idleTime      = time.Minute
)

// Options say what is shown and where.
type Options struct {
	// Addresses are listened on; those that are zero are not.
	Addresses []Address
	// Ask returns what the daemon sees. See the comment of the package.
	Ask func(context.Context) (Snapshot, error)
	// Page has index.html and what belongs to it; nil means that there is no page.
	Page fs.FS
	// Log gets a line for each address, and for what goes wrong.
	Log logging.Sink

	// MaxAge is how old an answer may be that is shared, a second if 0; Limit is
	// how long the daemon has to answer, two seconds if 0; Retry is between
	// attempts to listen, ten seconds if 0.
	MaxAge, Limit, Retry time.Duration

	// patience is how long a client may take for its question, headerTime if 0, and
	// three times as long for the answer; tests set it.
	patience time.Duration
}

// Server shows the status of a daemon until it is closed.
type Server struct {
	Options
	files     map[string]file
	snapshots snapshots
	ctx       context.Context
	cancel    context.CancelFunc
	tasks     sync.WaitGroup
	panicked  sync.Once
	requests  pace
}

// Start listens and serves. It never fails; see the comment of the package.
func Start(o Options) *Server {
	s := &Server{Options: o, files: readFiles(o.Page)}
	orDefault(&s.MaxAge, defaultMaxAge)
	orDefault(&s.Limit, defaultLimit)
	orDefault(&s.Retry, defaultRetry)
	orDefault(&s.patience, headerTime)
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.snapshots = snapshots{ask: o.Ask, ctx: s.ctx, maxAge: s.MaxAge, limit: s.Limit, turn: make(chan struct{}, 1)}
	for _, a := range o.Addresses {
		if a == (Address{}) {
			continue
		}
		s.tasks.Add(1)
		go func() {
			defer s.tasks.Done()
			s.keep(a)
		}()
	}
	return s
}

func orDefault(d *time.Duration, value time.Duration) {
	if *d == 0 {
		*d = value
	}
}

// Close ends the server and all that it has begun. Clients are cut off.
func (s *Server) Close() {
	s.cancel()
	s.tasks.Wait()
}

// keep serves on an address for as long as the server lives.
func (s *Server) keep(a Address) {
	said := ""
	for {
		l, err := a.open()
		if err == nil {
			said = ""
			level := logging.Info
			if a.Own {
				level = logging.Debug
			}
			logging.Logf(s.Log, level, "status: listening on %s", Address{Network: a.Network, Addr: l.Addr().String()})
			err = s.serve(a, l)
		}
		if s.ctx.Err() != nil {
			return
		}
		if text := err.Error(); text != said {
			said = text
			logging.Logf(s.Log, logging.Warn, "status: %v; trying again every %v", err, s.Retry)
		}
		select {
		case <-time.After(s.Retry):
		case <-s.ctx.Done():
			return
		}
	}
}

// serve answers on a listener until the server is closed or the listener fails.
func (s *Server) serve(a Address, l net.Listener) error {
	var open sync.WaitGroup
	server := &http.Server{
		ConnState: func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				open.Add(1)
			case http.StateClosed, http.StateHijacked:
				open.Done()
			}
		},
		Handler:                      s.handler(a.loopback()),
		ReadHeaderTimeout:            s.patience,
		ReadTimeout:                  s.patience,
		WriteTimeout:                 3 * s.patience,
		IdleTimeout:                  idleTime,
		MaxHeaderBytes:               headerBytes,
		DisableGeneralOptionsHandler: true,
		ErrorLog:                     stdlog.New(io.Discard, "", 0), // what strangers send is not worth a line
		BaseContext:                  func(net.Listener) context.Context { return s.ctx },
	}
	stop := context.AfterFunc(s.ctx, func() { _ = server.Close() })
	defer stop()
	err := server.Serve(&bounded{Listener: l, limit: connections, pace: new(pace), done: s.ctx.Done()})
	_ = server.Close()
	open.Wait()
	if err == nil {
		err = fmt.Errorf("serve %s: ended", a)
	}
	return err
}
