package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"lvsha/pkg/lvs/config"
	"lvsha/pkg/lvs/director"
)

// The control socket lets reload wait for its result. A client sends a line
// with the command; the answer is a line with the exit status, then the text
// for the standard error.

// controlLimit is how long a reload may take before its command gives up.
const controlLimit = 60 * time.Second

type control struct {
	listener net.Listener
	path     string
	workers  sync.WaitGroup
}

// listenControl opens the socket for root alone. A socket left behind by a
// daemon that was killed is replaced: the caller holds the instance's lock.
func listenControl(path string, d *director.Director) (*control, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		_ = listener.Close()
		return nil, fmt.Errorf("control socket: %w", err)
	}
	c := &control{listener: listener, path: path}
	c.workers.Add(1)
	go func() {
		defer c.workers.Done()
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			c.workers.Add(1)
			go func() {
				defer c.workers.Done()
				defer conn.Close()
				answer(conn, d)
			}()
		}
	}()
	return c, nil
}

// close ends the socket; what is being answered is finished first.
func (c *control) close() {
	_ = c.listener.Close()
	c.workers.Wait()
}

func answer(conn net.Conn, d *director.Director) {
	_ = conn.SetDeadline(time.Now().Add(controlLimit))
	command, err := bufio.NewReader(io.LimitReader(conn, 64)).ReadString('\n')
	if err != nil || command != "reload\n" {
		return
	}
	status, text := reloadAnswer(d.Reload())
	_, _ = fmt.Fprintf(conn, "%d\n%s", status, text)
}

func reloadAnswer(report *config.Report) (status int, text string) {
	if report == nil {
		return statusFailed, "ldirectord is ending\n"
	}
	var b strings.Builder
	for _, f := range report.Findings {
		b.WriteString(f.Format(report.Path, os.Getpid()) + "\n")
	}
	if report.Failed() {
		return statusConfigError, b.String()
	}
	return statusOK, b.String()
}

// askReload has the daemon behind a socket reload. An error means that nobody
// answered.
func askReload(path string) (status int, text string, err error) {
	conn, err := net.DialTimeout("unix", path, 5*time.Second)
	if err != nil {
		return 0, "", fmt.Errorf("control socket: %w", err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(controlLimit))
	if _, err := io.WriteString(conn, "reload\n"); err != nil {
		return 0, "", fmt.Errorf("control socket: %w", err)
	}
	content, err := io.ReadAll(conn)
	if err != nil {
		return 0, "", fmt.Errorf("control socket: %w", err)
	}
	head, text, ok := strings.Cut(string(content), "\n")
	status, err = strconv.Atoi(head)
	if !ok || err != nil {
		return 0, "", errors.New("control socket: no answer")
	}
	return status, text, nil
}
