package status

import (
	"encoding/json"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strconv"
	"strings"

	"lvsha/pkg/system/logging"
)

// headers are the same with every answer. What is shown comes in part from the
// network, and the reader's browser may be on other pages as well.
var headers = [][2]string{
	{"Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
	{"X-Content-Type-Options", "nosniff"},
	{"X-Frame-Options", "DENY"}, // for browsers that do not know frame-ancestors
	{"Referrer-Policy", "no-referrer"},
	{"Cross-Origin-Resource-Policy", "same-origin"},
	{"Cross-Origin-Opener-Policy", "same-origin"},
	{"Cache-Control", "no-store"},
}

// handler answers requests. local says that only this host can connect: then the
// name that was asked for has to be one of this host, so that no page of a
// stranger reads the answer under a name of its own (DNS rebinding).
func (s *Server) handler(local bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer s.recovered(w)
		for _, h := range headers {
			w.Header().Set(h[0], h[1])
		}
		switch {
		case !s.requests.wait(r.Context().Done()):
			refuse(w, http.StatusServiceUnavailable, "Too many ask at once.")
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			refuse(w, http.StatusMethodNotAllowed, "This is to read only.")
		case r.ContentLength != 0:
			refuse(w, http.StatusRequestEntityTooLarge, "A question has no body.")
		case local && !ofThisHost(r.Host):
			refuse(w, http.StatusMisdirectedRequest, "Ask by an address of this host or as localhost.")
		default:
			s.answer(w, r)
		}
	})
}

// recovered keeps the daemon alive if the code that shows its state fails.
func (s *Server) recovered(w http.ResponseWriter) {
	failed := recover()
	if failed == nil {
		return
	}
	s.panicked.Do(func() { logging.Logf(s.Log, logging.Error, "status: panic: %v: %s", failed, debug.Stack()) })
	refuse(w, http.StatusInternalServerError, "The status cannot be shown; the log says more.")
}

// refuse answers that there is no answer, and ends the connection.
func refuse(w http.ResponseWriter, code int, text string) {
	w.Header().Set("Connection", "close")
	reply(w, code, "text/plain; charset=utf-8", []byte(text+"\n"))
}

func reply(w http.ResponseWriter, code int, kind string, body []byte) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(code)
	_, _ = w.Write(body) // the client may have gone
}

// ofThisHost reports whether a request asked for localhost or an address of the
// loopback network. A client older than the Host header is no browser.
func ofThisHost(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if host == "" || strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// The kinds of the answers that are no files.
const (
	kindJSON    = "application/json"
	kindText    = "text/plain; charset=utf-8"
	kindMetrics = "text/plain; version=0.0.4; charset=utf-8"
)

func (s *Server) answer(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/status.json":
		shot, err := s.snapshots.get(r.Context())
		defer s.snapshots.release(shot)
		if err != nil {
			body, _ := json.Marshal(struct {
				Error string `json:"error"`
			}{err.Error()})
			reply(w, http.StatusServiceUnavailable, kindJSON, append(body, '\n'))
			return
		}
		s.form(w, kindJSON, shot.asJSON)
	case "/metrics":
		shot, err := s.snapshots.get(r.Context())
		defer s.snapshots.release(shot)
		if err != nil {
			reply(w, http.StatusServiceUnavailable, kindText, []byte(err.Error()+"\n"))
			return
		}
		s.form(w, kindMetrics, shot.asMetrics)
	case "/healthz":
		shot, err := s.snapshots.get(r.Context())
		defer s.snapshots.release(shot)
		if err == nil {
			err = shot.snapshot.Healthy()
		}
		if err != nil {
			reply(w, http.StatusServiceUnavailable, kindText, []byte(err.Error()+"\n"))
			return
		}
		reply(w, http.StatusOK, kindText, []byte("ok\n"))
	default:
		f, ok := s.files[r.URL.Path]
		if !ok {
			refuse(w, http.StatusNotFound, "There is /, /status.json, /metrics and /healthz.")
			return
		}
		reply(w, http.StatusOK, f.kind, f.content)
	}
}

// form answers with one form of a snapshot.
func (s *Server) form(w http.ResponseWriter, kind string, form func() ([]byte, error)) {
	body, err := form()
	if err != nil {
		logging.Logf(s.Log, logging.Error, "status: %v", err)
		refuse(w, http.StatusInternalServerError, "The status cannot be shown; the log says more.")
		return
	}
	reply(w, http.StatusOK, kind, body)
}
