package status

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
)

// answerBytes bounds what a command reads of an answer: a thousand real servers
// need less than a megabyte.
const answerBytes = 64 << 20

// ErrNotRunning says that nobody listens on a socket.
var ErrNotRunning = errors.New("not running")

// Get asks a daemon on its UNIX socket for /status.json or another path. The error
// is ErrNotRunning if nobody listens, and tells the daemon's reason if it has no
// answer.
func Get(ctx context.Context, socket, path string) ([]byte, error) {
	transport := &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
	}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost"+path, nil)
	if err != nil {
		return nil, err
	}
	answer, err := transport.RoundTrip(request)
	if errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.ECONNREFUSED) {
		return nil, fmt.Errorf("%s: %w", socket, ErrNotRunning)
	}
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", socket, err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(answer.Body, answerBytes))
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", socket, err)
	}
	if answer.StatusCode == http.StatusServiceUnavailable {
		return nil, fmt.Errorf("ask %s: %s", socket, reasonOf(body))
	}
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("ask %s: %s: %s", socket, answer.Status, strings.TrimSpace(string(body)))
	}
	return body, nil
}

// reasonOf is what a daemon says in place of an answer, as text or as JSON.
func reasonOf(body []byte) string {
	var told struct {
		Error string `json:"error"`
	}
	if json.Unmarshal(body, &told) == nil && told.Error != "" {
		return told.Error
	}
	return strings.TrimSpace(string(body))
}
