package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"

	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"lvsha/pkg/lvs/ipvs"
	"lvsha/pkg/lvs/plan"
	"lvsha/pkg/lvs/top"
	"lvsha/pkg/lvs/view"
	"lvsha/pkg/system/daemon"
)

// topEvery is between two looks of top; a daemon that takes longer to answer is
// not waited for.
const (
	topEvery = time.Second
	topLimit = 800 * time.Millisecond
)

// top shows the live view: of one file, or without one of every director that
// runs, and of the whole table.
func (a *app) top() int {
	if _, state := a.findDaemon(); a.options.file != "" && !a.found && state != daemon.Running {
		fmt.Fprintf(a.stderr, "ldirectord top: %s\n", a.nowhere())
		return statusFailed
	}
	reader := ipvs.NewReader()
	defer reader.Close()
	w := &watcher{app: a, usage: reader.Usage, host: hostAddresses}
	err := top.Run(context.Background(), top.Options{
		In: os.Stdin, Out: os.Stdout, Look: w.look, Drain: w.drain, Colour: os.Getenv("NO_COLOR") == "", Every: topEvery,
	})
	if err != nil {
		fmt.Fprintf(a.stderr, "ldirectord top: %v\n", err)
		return statusFailed
	}
	return statusOK
}

// watcher looks at the directors and the kernel.
type watcher struct {
	*app
	usage func() (plan.Usage, error)
	host  func() []netip.Addr
}

func (w *watcher) look(ctx context.Context) top.Look {
	var l top.Look
	for _, socket := range w.sockets() {
		s, err := w.askOne(ctx, socket)
		switch {
		case err == nil:
			l.Daemons++
			l.Status = join(l.Status, s)
		case !gone(err):
			l.Note = w.noteOf(socket, err)
		}
	}
	if l.Status == nil {
		l.Status = view.Stopped(w.facts(0), w.path, time.Now())
	}
	l.Status.Time = time.Now()
	usage, err := w.usage()
	l.Status.AddUsage(usage, err, w.options.file == "")
	l.Status.SetHost(w.host())
	return l
}

func (w *watcher) askOne(ctx context.Context, socket string) (*view.Status, error) {
	ctx, cancel := context.WithTimeout(ctx, topLimit)
	defer cancel()
	return askStatus(ctx, socket)
}

// noteOf says in a line of a terminal that a director does not answer.
func (w *watcher) noteOf(socket string, err error) string {
	name := strings.TrimSuffix(socket, ".sock")
	pid, noFile := daemon.ReadPID(name + ".pid")
	if noFile != nil {
		return filepath.Base(name) + " does not answer"
	}
	return fmt.Sprintf("%s, pid %d, does not answer: %s", filepath.Base(name), pid, daemon.Unanswered(pid, err))
}

// gone says that nobody is behind a socket.
func gone(err error) bool {
	var op *net.OpError
	return errors.Is(err, fs.ErrNotExist) || errors.As(err, &op) && op.Op == "dial" && !op.Timeout()
}

// sockets are those of the instance, or without a file of all.
func (w *watcher) sockets() []string {
	if w.options.file != "" {
		if _, state := w.findDaemon(); state != daemon.Running {
			return nil
		}
		return []string{w.socket()}
	}
	all, _ := filepath.Glob(filepath.Join(w.site.runDir, "ldirectord.*.sock"))
	return all
}

// join adds the services of one director to those of others.
func join(all, more *view.Status) *view.Status {
	if all == nil {
		return more
	}
	all.Virtuals = append(all.Virtuals, more.Virtuals...)
	return all
}

// drain writes or removes maintenance files, for every director that has the
// server.
func (w *watcher) drain(ctx context.Context, a top.Action) string {
	done := ""
	for _, socket := range w.sockets() {
		s, err := w.askOne(ctx, socket)
		if err != nil {
			continue
		}
		want := server{addr: a.Server.Address, port: a.Server.Port, hasPort: true}
		reals, _ := want.in(s)
		if len(reals) == 0 {
			continue
		}
		if s.Config.MaintenanceDir == "" {
			return s.Config.Path + " names no maintenancedir"
		}
		if done, err = w.setMaintenance(ctx, s.Config.MaintenanceDir, want, a.Back); err != nil {
			return err.Error()
		}
	}
	if done == "" {
		return "No director that answers has " + a.Server.Server
	}
	return done
}

func (w *watcher) setMaintenance(ctx context.Context, dir string, want server, back bool) (string, error) {
	if !back {
		path, _, err := writeMaintenance(dir, want)
		if err != nil {
			return "", err
		}
		return "Wrote " + path, nil
	}
	want.all = []netip.AddrPort{netip.AddrPortFrom(want.addr, want.port)}
	removed, err := removeMaintenance(ctx, dir, want)
	if err != nil {
		return "", err
	}
	if len(removed) == 0 {
		return "No file in " + dir + " keeps it out", nil
	}
	return "Removed " + strings.Join(removed, " and "), nil
}
