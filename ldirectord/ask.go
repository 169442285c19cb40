package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"lvsha/pkg/lvs/view"
)

// The client's side of the control socket.

// ask sends a command to the daemon behind a socket. An error means that nobody
// answered.
func ask(ctx context.Context, path, command string) (status int, text string, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("control socket: %w", err)
		}
	}()
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", path)
	if err != nil {
		return 0, "", err
	}
	defer conn.Close()
	// The end of the context ends whatever is waited for.
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Now()) })()
	if _, err := io.WriteString(conn, command+"\n"); err != nil {
		return 0, "", err
	}
	content, err := io.ReadAll(conn)
	if err != nil {
		return 0, "", err
	}
	head, text, ok := strings.Cut(string(content), "\n")
	status, err = strconv.Atoi(head)
	if !ok || err != nil {
		return 0, "", io.ErrUnexpectedEOF
	}
	return status, text, nil
}

// request is ask for what may take as long as a reload.
func request(path, what string) (status int, text string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), controlLimit)
	defer cancel()
	return ask(ctx, path, what)
}

// askStatus asks the daemon behind a socket for its document.
func askStatus(ctx context.Context, path string) (*view.Status, error) {
	return askDocument(ctx, path, statusRequest)
}

// askNext waits until something has happened since a status, no longer than
// followEvery, and asks for the next.
func askNext(ctx context.Context, path string, since *view.Status) (*view.Status, error) {
	return askDocument(ctx, path, fmt.Sprint(followRequest, " ", since.Changes))
}

func askDocument(ctx context.Context, path, request string) (*view.Status, error) {
	ctx, cancel := context.WithTimeout(ctx, askLimit+followEvery)
	defer cancel()
	status, text, err := ask(ctx, path, request)
	if err != nil {
		return nil, err
	}
	if status == statusTime {
		return nil, fmt.Errorf("%s: %w", strings.TrimSpace(text), os.ErrDeadlineExceeded)
	}
	if status != statusOK {
		return nil, errors.New(strings.TrimSpace(text))
	}
	out := &view.Status{}
	if err := json.Unmarshal([]byte(text), out); err != nil {
		return nil, fmt.Errorf("status of the daemon: %w", err)
	}
	if out.Format != view.Format {
		return nil, fmt.Errorf("status of the daemon: form %d, and this program reads form %d", out.Format, view.Format)
	}
	return out, nil
}
