package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"lvsha/pkg/ha/view"
	"lvsha/pkg/system/daemon"
	"lvsha/pkg/system/status"
)

// statusSocket is where the daemon tells its view to root and the group haclient.
const statusSocket = runDir + "/status"

// exitUnknown is the status of a service whose state cannot be found out.
const exitUnknown = 4

const statusUsage = `Usage: heartbeat status [--json]
  What this node sees: nodes, links, groups, the last transitions. Exit status:
  0 it runs, 1 it has died, 3 it is stopped, 4 it does not answer.
`

// askView asks the running daemon for its view, as JSON. The error is
// status.ErrNotRunning if nobody listens.
func askView(socket string) ([]byte, *view.View, error) {
	ctx, cancel := context.WithTimeout(context.Background(), answerWithin)
	defer cancel()
	text, err := status.Get(ctx, socket, "/status.json")
	if err != nil {
		return nil, nil, err
	}
	v := new(view.View)
	if err := json.Unmarshal(text, v); err != nil {
		return nil, nil, fmt.Errorf("ask %s: %w", socket, err)
	}
	return text, v, nil
}

// notRunning is the view of a daemon that does not run.
type notRunning struct {
	Format  int    `json:"format"`
	Program string `json:"program"`
	Running bool   `json:"running"`
	PID     int    `json:"pid,omitempty"`
	Reason  string `json:"reason"`
}

// runFullStatus is heartbeat status.
func runFullStatus(args []string, socket, pids string, stdout, stderr io.Writer) int {
	asJSON := false
	for _, arg := range args {
		if arg != "--json" {
			fmt.Fprintf(stderr, "heartbeat: status takes --json, not %s\n%s", arg, statusUsage)
			return exitUsage
		}
		asJSON = true
	}
	code, err := tellStatus(asJSON, socket, pids, stdout)
	if err != nil {
		fmt.Fprintf(stderr, "heartbeat: status: %v\n", err)
		return exitFailed
	}
	return code
}

// tellStatus writes what the daemon has told, or why it has not. The error is that
// of writing.
func tellStatus(asJSON bool, socket, pids string, stdout io.Writer) (code int, err error) {
	text, v, err := askView(socket)
	switch {
	case err == nil && asJSON:
		return exitOK, indented(stdout, json.RawMessage(text))
	case err == nil:
		_, err := fmt.Fprint(stdout, v.Text())
		return exitOK, err
	}
	reason, pid, code := whyNoView(err, pids)
	if asJSON {
		return code, indented(stdout, notRunning{Format: view.Format, Program: "heartbeat", Running: code == exitUnknown, PID: pid, Reason: reason})
	}
	_, err = fmt.Fprintln(stdout, "heartbeat: "+reason)
	return code, err
}

func indented(out io.Writer, value any) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(value)
}

// whyNoView says what it means that the daemon has told nothing; pid is 0 if none
// runs.
func whyNoView(err error, pids string) (reason string, pid, code int) {
	pid, state := daemon.Find(pids, daemon.SameProgram)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return "only root and the group haclient may ask", 0, exitUnknown
	case state == daemon.Running:
		return fmt.Sprintf("it runs with pid %d and does not answer: %s", pid, daemon.Unanswered(pid, err)), pid, exitUnknown
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("no answer within %v, and no pid file to tell who it is", answerWithin.Round(time.Second)), 0, exitUnknown
	case state == daemon.Stale:
		return "it has died: its pid file is left", 0, exitFailed
	}
	return "it is stopped", 0, exitStopped
}
