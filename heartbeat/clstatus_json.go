package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"lvsha/pkg/ha/api"
	"lvsha/pkg/ha/client"
)

// clusterJSON is everything that cl_status can tell, for programs. The original
// has no such form.
type clusterJSON struct {
	Running   bool       `json:"running"`
	Reason    string     `json:"reason,omitempty"`
	Node      string     `json:"node,omitempty"`
	Version   string     `json:"version,omitempty"`
	Deadtime  int64      `json:"deadtime_ms,omitempty"`
	Keepalive int64      `json:"keepalive_ms,omitempty"`
	Resources string     `json:"resources,omitempty"`
	Nodes     []nodeJSON `json:"nodes,omitempty"`
	// View is what heartbeat status --json prints; hbstatus has it if the daemon is
	// one that tells.
	View json.RawMessage `json:"view,omitempty"`
}

type nodeJSON struct {
	Name   string     `json:"name"`
	Type   string     `json:"type"`
	Status string     `json:"status"`
	Links  []linkJSON `json:"links"`
}

type linkJSON struct {
	Name   string `json:"name"`
	Status string `json:"status"`
}

// runCLStatusJSON prints the whole state, or for listnodes and nodestatus the
// part of it, as one JSON value. The exit status is that of the plain form.
func runCLStatusJSON(args []string, stdout, stderr io.Writer) int {
	name := args[0]
	if !slices.Contains([]string{"hbstatus", "listnodes", "nodestatus", "rscstatus"}, name) || name == "nodestatus" && len(args) != 2 {
		fmt.Fprintln(stderr, "cl_status: --json goes with hbstatus, listnodes, nodestatus NODE and rscstatus")
		return statusBadArgument
	}
	state, err := askAll()
	if errors.Is(err, os.ErrDeadlineExceeded) {
		reason, _, _ := whyNoView(err, pidFile)
		print1(stdout, clusterJSON{Running: true, Reason: reason})
		return statusNoAnswer
	}
	var refused *client.RefusedError
	if err != nil {
		state = clusterJSON{Running: errors.As(err, &refused), Reason: err.Error()}
		print1(stdout, state)
		if name == "hbstatus" && state.Running {
			return exitOK
		}
		return exitFailed
	}
	switch name {
	case "listnodes":
		print1(stdout, state.Nodes)
	case "nodestatus":
		i := slices.IndexFunc(state.Nodes, func(n nodeJSON) bool { return n.Name == args[1] })
		if i < 0 {
			fmt.Fprintln(stderr, unknownNode)
			return statusBadArgument
		}
		print1(stdout, state.Nodes[i])
		if s := state.Nodes[i].Status; s != "up" && s != "active" && s != "ping" {
			return exitFailed
		}
	case "hbstatus":
		if text, _, err := askView(statusSocket); err == nil {
			state.View = text
		}
		print1(stdout, state)
	default:
		print1(stdout, state)
	}
	return exitOK
}

func print1(out io.Writer, value any) {
	text, err := json.MarshalIndent(value, "", "  ")
	if err == nil {
		fmt.Fprintf(out, "%s\n", text)
	}
}

func askAll() (clusterJSON, error) {
	c, err := client.Dial(runDir+"/"+api.SocketName, "", time.Now().Add(answerWithin))
	if err != nil {
		return clusterJSON{}, err
	}
	defer func() { _ = c.Close() }()
	state := clusterJSON{
		Running: true, Node: c.Node, Version: c.Version,
		Deadtime: c.Deadtime.Milliseconds(), Keepalive: c.Keepalive.Milliseconds(),
	}
	if state.Resources, err = c.Resources(); err != nil {
		return state, err
	}
	nodes, err := c.Nodes()
	if err != nil {
		return state, err
	}
	for _, n := range nodes {
		row := nodeJSON{Name: n.Name, Type: n.Type, Status: n.Status, Links: []linkJSON{}}
		links, err := c.Links(n.Name)
		if err != nil {
			return state, err
		}
		for _, l := range links {
			row.Links = append(row.Links, linkJSON(l))
		}
		state.Nodes = append(state.Nodes, row)
	}
	return state, nil
}
