package main

import (
	"context"
	"embed"
	"errors"
	"strings"

	"lvsha/pkg/ha/node"
	"lvsha/pkg/ha/view"
	"lvsha/pkg/system/logging"
	"lvsha/pkg/system/status"
)

// page is the status page of heartbeat.
//
//go:embed page
var page embed.FS

// snapshot is a view of the node as a server shows it.
type snapshot struct{ *view.View }

// Healthy implements status.Snapshot.
func (s snapshot) Healthy() error {
	if s.View.Healthy {
		return nil
	}
	return errors.New(strings.Join(s.Trouble, "; "))
}

// startStatus shows what the node sees, on the local socket and where
// STATUS_LISTEN says.
func startStatus(queries *node.Queries, listen []status.Address, log logging.Sink) *status.Server {
	_, gid := account("hacluster", "haclient")
	return status.Start(status.Options{
		Addresses: append([]status.Address{status.Socket(statusSocket, gid)}, listen...),
		Ask: func(ctx context.Context) (status.Snapshot, error) {
			v, err := queries.Ask(ctx)
			if err != nil {
				return nil, err
			}
			return snapshot{v}, nil
		},
		Page: page,
		Log:  log,
	})
}
