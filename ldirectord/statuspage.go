package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"slices"
	"strings"

	"lvsha/pkg/lvs/view"
	"lvsha/pkg/system/logging"
	"lvsha/pkg/system/status"
	"lvsha/pkg/system/sysconfig"
)

// page is the status page of ldirectord.
//
//go:embed page
var page embed.FS

// snapshot is a document as a server shows it; its JSON is that of the document.
type snapshot struct {
	*view.Status
	labels *labels // nil: written anew
}

// Healthy implements status.Snapshot: whether the director does its work. That
// servers are down is its result and not its failure.
func (s snapshot) Healthy() error {
	switch {
	case !s.Kernel.Available:
		return errors.New("the kernel's table cannot be read: " + s.Kernel.Error)
	case s.Standby:
		return nil
	case !s.Ready:
		return errors.New("the first results are still awaited")
	}
	for i := range s.Virtuals {
		if v := &s.Virtuals[i]; v.Configured && v.Refused == "" && !v.InKernel {
			return fmt.Errorf("virtual server %s is not in the kernel's table", v.ID)
		}
	}
	return nil
}

// readListen reads where the status is shown. What is wrong is logged and shows
// nothing: no server must suffer for it.
func readListen(path, instance string, log logging.Sink) []status.Address {
	file, err := sysconfig.Read(path)
	if err != nil {
		log.Log(logging.Warn, err.Error())
		return nil
	}
	var out []status.Address
	for _, word := range strings.Fields(file.Text("STATUS_LISTEN", "")) {
		// Instances share the file: a word may be for one of them.
		if name, rest, ok := strings.Cut(word, "="); ok {
			if name != instance {
				continue
			}
			word = rest
		}
		at, err := status.ParseListen(strings.ReplaceAll(word, "%i", instance))
		if err != nil {
			logging.Logf(log, logging.Warn, "%s: STATUS_LISTEN=%v; nothing is shown there", path, err)
			continue
		}
		if !slices.Contains(out, at) {
			out = append(out, at)
		}
	}
	return out
}

// startPage shows the director where STATUS_LISTEN says; the function that is
// returned ends that.
func startPage(s *source, listen []status.Address, log logging.Sink) (end func()) {
	if len(listen) == 0 {
		return func() {}
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.remember(ctx)
	}()
	written := &labels{}
	server := status.Start(status.Options{
		Addresses: listen, Page: page, Log: log,
		Ask: func(ctx context.Context) (status.Snapshot, error) {
			look, err := s.status(ctx)
			if err != nil {
				return nil, err
			}
			return snapshot{look, written}, nil
		},
	})
	return func() {
		cancel()
		server.Close()
		<-done
	}
}
