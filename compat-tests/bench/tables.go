package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"time"

	"lvsha/pkg/lvs/view"
)

// The tables that are set up and read again.
const (
	startVirtuals, startReals = 100, 1000
	largeVirtuals, largeReals = 2000, 37000
	tablesLimit               = 40 * time.Minute
	tableHold                 = 2 * time.Second  // a complete table must stay so
	tableTold                 = 30 * time.Second // between two lines of progress
	tableReloads              = 3
	tableStarts               = 3 // of directors that take seconds, not minutes
	// To print the table takes the processor from those who set it up.
	startPoll    = 50 * time.Millisecond
	tablesFile   = "/etc/ha.d/conf/bench.cf"
	tablesLog    = "/run/ldirectord.log"
	tablesSocket = "/var/run/ldirectord.bench.cf.sock"
)

// tableFigures is what a guest found out about tables, in seconds.
type tableFigures struct {
	Start  []float64 // of 100 services with 10 servers each, to the complete table
	Behind []float64 // of that, behind the answer to the last server's first check
	Above  []float64 // of that, what is more than the slowest check took; of ours
	Ended  []float64 // of that, behind the end of the last check; of ours
	Plain  []float64 // the same start without checks; of ours
	Reload []float64 // of 2,000 services with 37,000 servers, nothing changed
	Weight []float64 // of 100 services with 10 servers each, one weight changed
}

// playTables measures how long tables take to be set up and compared.
func playTables(b *bench) error {
	const uml = "User-mode Linux, "
	start := b.table.row("table of 100 x 10: start to complete", "s", startPoll.Seconds(),
		uml+"http negotiate, all servers answer: from the start command until /proc/net/ip_vs has every server and keeps it")
	behind := b.table.row("table of 100 x 10: last answer to complete", "s", startPoll.Seconds(),
		uml+"of the same start, what comes behind the last server's first answer to a check")
	above := b.table.row("table of 100 x 10: above the slowest check", "s", startPoll.Seconds(),
		uml+"of the same start, what is left without the time that the slowest check took, as the status tells it")
	ended := b.table.row("table of 100 x 10: last check's end to complete", "s", startPoll.Seconds(),
		uml+"of the same start, what comes behind the end of the last server's first check, as the status tells it")
	plain := b.table.row("table of 100 x 10, no checks: start to complete", "s", startPoll.Seconds(),
		uml+"checktype=on: what is the director's own of a start, the program's start and the kernel's table; the guest's processor is not busy with 1,000 servers")
	reload := b.table.row("reload of 2,000 x 18.5, nothing changed", "s", tablePoll.Seconds(),
		uml+"checktype=on: from the request on the control socket to the answer, which comes when the work is done")
	weight := b.table.row("reload of 100 x 10, one weight changed", "s", tablePoll.Seconds(),
		uml+"the same; one line of a server in the log, which is one entry written")
	for _, r := range []*row{above, ended} {
		r.notes[original], r.notes[keepalived] = "does not say how long checks take", "does not say how long checks take"
	}
	plain.notes[original], plain.notes[keepalived] = "not played", "not played"
	for _, r := range []*row{reload, weight} {
		r.notes[original], r.notes[keepalived] = "does not say when it is done", "does not say when it is done"
	}
	return b.each([]cast{original, ours, keepalived}, func(c cast) error {
		b.say("tables: %s", c)
		var f tableFigures
		if err := b.boot("tables", c, &f); err != nil {
			return err
		}
		for r, values := range map[*row][]float64{
			start: f.Start, behind: f.Behind, above: f.Above, ended: f.Ended, plain: f.Plain, reload: f.Reload, weight: f.Weight,
		} {
			for _, v := range values {
				r.add(c, v)
			}
		}
		return nil
	})
}

// measureTables runs inside User-mode Linux.
func measureTables(c cast) (f tableFigures, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), tablesLimit)
	defer cancel()
	// A network on lo is local as a whole: one server answers for all.
	for _, line := range []string{"ip link set lo up", "ip addr add 10.98.0.1/16 dev lo"} {
		words := strings.Fields(line)
		if out, err := exec.CommandContext(ctx, words[0], words[1:]...).CombinedOutput(); err != nil {
			return f, fmt.Errorf("%s: %w: %s", line, err, out)
		}
	}
	if err := os.MkdirAll("/etc/ha.d/conf", 0o755); err != nil {
		return f, err
	}
	starts := tableStarts
	if c == original {
		starts = 1
	}
	for range starts {
		if err := f.start(ctx, c); err != nil {
			return f, err
		}
	}
	if c != ours {
		return f, nil
	}
	for range starts {
		began, complete, err := timeStart(ctx, c, "on", func() error { return nil })
		if err != nil {
			return f, err
		}
		f.Plain = append(f.Plain, complete.Sub(began).Seconds())
		if err := c.stopTables(ctx); err != nil {
			return f, err
		}
	}
	heavy := func(i int) int { return startReals - 1 + i%2 }
	if f.Weight, err = timeReloads(ctx, startVirtuals, startReals, heavy, "Restored real server", 1); err != nil {
		return f, err
	}
	f.Reload, err = timeReloads(ctx, largeVirtuals, largeReals, func(int) int { return largeReals }, " real server", 0)
	return f, err
}

// start times one start with checks.
func (f *tableFigures) start(ctx context.Context, c cast) (err error) {
	pages, err := servePages(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pages.end()) }()
	var slowest float64
	var last time.Time
	seen := func() error { return nil }
	if c == ours {
		seen = func() (err error) {
			slowest, last, err = firstChecks(ctx)
			return err
		}
	}
	began, complete, err := timeStart(ctx, c, "negotiate", seen)
	if err != nil {
		return err
	}
	asked, err := pages.lastFirst()
	if err != nil {
		return err
	}
	took := complete.Sub(began).Seconds()
	f.Start, f.Behind = append(f.Start, took), append(f.Behind, max(0, complete.Sub(asked).Seconds()))
	if c == ours {
		f.Above, f.Ended = append(f.Above, took-slowest), append(f.Ended, max(0, complete.Sub(last).Seconds()))
	}
	if c == original {
		return nil // which is started once and takes long to stop
	}
	return c.stopTables(ctx)
}

// stopTables ends a director, ours or keepalived, and leaves an empty table.
func (c cast) stopTables(ctx context.Context) error {
	if c == ours {
		return errors.Join(ldirectord(ctx, "stop"), command(ctx, "ipvsadm", "-C"))
	}
	err := command(ctx, "sh", "-c", "pid=$(cat /run/keepalived.pid) && kill $pid && while kill -0 $pid 2>/dev/null; do sleep 0.05; done")
	return errors.Join(err, command(ctx, "ipvsadm", "-C"))
}

// timeStart starts a director and returns when the start command was given and
// when the table of 100 services was first seen complete, at which seen is called.
func timeStart(ctx context.Context, c cast, checks string, seen func() error) (began, complete time.Time, err error) {
	argv := []string{"/usr/sbin/ldirectord", tablesFile, "start"}
	if c == keepalived {
		err = os.WriteFile("/run/keepalived.conf", []byte(keepalivedTables()), 0o644)
		argv = []string{"keepalived", "--check", "-f", "/run/keepalived.conf"}
	} else {
		err = writeTables(startVirtuals, startReals, startReals, checks)
	}
	if err != nil {
		return began, complete, err
	}
	began = time.Now()
	if err := command(ctx, argv...); err != nil {
		return began, complete, err
	}
	complete, err = completeSince(ctx, began, startReals, seen)
	return began, complete, err
}

// firstChecks asks our daemon how many seconds the slowest check took, and when
// the last one ended.
func firstChecks(ctx context.Context) (slowest float64, last time.Time, err error) {
	out, err := exec.CommandContext(ctx, "/usr/sbin/ldirectord", tablesFile, "status", "--json").Output()
	if err != nil {
		return 0, last, fmt.Errorf("status: %w", err)
	}
	var status view.Status
	if err := json.Unmarshal(out, &status); err != nil {
		return 0, last, fmt.Errorf("status: %w", err)
	}
	for _, v := range status.Virtuals {
		for _, r := range v.Reals {
			if r.Check == nil {
				continue
			}
			slowest = max(slowest, r.Check.Seconds)
			if r.Check.Time.After(last) {
				last = r.Check.Time
			}
		}
	}
	return slowest, last, nil
}

// completeSince waits until the table has so many servers and keeps them, and
// returns when it was first seen so, at which seen is called. The time between two
// looks grows with the time that has passed: to print the table takes long in
// User-mode Linux, and the original is at it for minutes.
func completeSince(ctx context.Context, began time.Time, servers int, seen func() error) (since time.Time, err error) {
	told := began
	for {
		text, err := os.ReadFile(tableFile)
		if err != nil {
			return since, err
		}
		now := time.Now()
		n := strings.Count(string(text), "->") - 1 // the heading has one
		switch {
		case n != servers:
			since = time.Time{}
		case since.IsZero():
			since = now
			if err := seen(); err != nil {
				return since, err
			}
		case now.Sub(since) >= tableHold:
			return since, nil
		}
		if now.Sub(told) >= tableTold {
			told = now
			fmt.Printf("%d servers of %d after %.0f s\n", n, servers, now.Sub(began).Seconds())
		}
		select {
		case <-time.After(max(startPoll, now.Sub(began)/100)):
		case <-ctx.Done():
			return since, errors.Join(ctx.Err(), fmt.Errorf("%d servers of %d", n, servers))
		}
	}
}

// timeReloads times reloads of a table that nobody checks meanwhile; each must
// leave so many lines of a kind in the log.
func timeReloads(ctx context.Context, virtuals, reals int, heavy func(i int) int, line string, lines int) (times []float64, err error) {
	const checks = "on"
	if err := writeTables(virtuals, reals, reals, checks); err != nil {
		return nil, err
	}
	if err := ldirectord(ctx, "start"); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, ldirectord(ctx, "stop")) }()
	if err := waitServers(ctx, reals); err != nil {
		return nil, err
	}
	for i := range tableReloads {
		if err := writeTables(virtuals, reals, heavy(i), checks); err != nil {
			return nil, err
		}
		if err := os.Truncate(tablesLog, 0); err != nil {
			return nil, err
		}
		took, err := askReload(ctx)
		if err != nil {
			return nil, err
		}
		times = append(times, took)
		log, err := waitLog(ctx, virtuals)
		if err != nil {
			return nil, err
		}
		if n := strings.Count(log, line); n != lines {
			return nil, fmt.Errorf("%d lines %q in the log, want %d", n, line, lines)
		}
	}
	return times, nil
}

// askReload has the daemon reload as the reload command does, without the time
// that a program takes to start, which is long in User-mode Linux.
func askReload(ctx context.Context) (seconds float64, err error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", tablesSocket)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	began := time.Now()
	if _, err := fmt.Fprintln(conn, "reload"); err != nil {
		return 0, err
	}
	answer, err := io.ReadAll(conn)
	if err == nil && string(answer) != "0\n" {
		err = fmt.Errorf("reload: %s", answer)
	}
	return time.Since(began).Seconds(), err
}

// waitLog returns the log when it has a line for every service, which come last
// at a reload: it is written behind the work.
func waitLog(ctx context.Context, virtuals int) (string, error) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		log, err := os.ReadFile(tablesLog)
		if err != nil {
			return "", err
		}
		n := strings.Count(string(log), "Changed virtual server")
		if n == virtuals {
			return string(log), nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return "", errors.Join(ctx.Err(), fmt.Errorf("%d services of %d in the log", n, virtuals))
		}
	}
}

func ldirectord(ctx context.Context, what string) error {
	return command(ctx, "/usr/sbin/ldirectord", tablesFile, what)
}

func command(ctx context.Context, argv ...string) error {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	// Daemons keep what they inherit: a pipe would never end.
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stdout
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", strings.Join(argv, " "), err)
	}
	return nil
}

// waitServers waits for a large table, which takes long to print.
func waitServers(ctx context.Context, servers int) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		text, err := os.ReadFile(tableFile)
		if err != nil {
			return err
		}
		n := strings.Count(string(text), "->") - 1
		if n == servers {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return errors.Join(ctx.Err(), fmt.Errorf("%d servers of %d", n, servers))
		}
	}
}

// writeTables writes the configuration; the servers from heavy on have weight 2.
func writeTables(virtuals, reals, heavy int, checkType string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "checktimeout=10\nnegotiatetimeout=10\ncheckinterval=10\nlogfile=%q\n", tablesLog)
	eachService(virtuals, reals, func(virtual string, servers []int) {
		fmt.Fprintf(&b, "virtual=%s:80\n", virtual)
		for _, n := range servers {
			weight := 1
			if n >= heavy {
				weight = 2
			}
			fmt.Fprintf(&b, "\treal=%s:80 gate %d\n", tableServer(n), weight)
		}
		fmt.Fprintf(&b, "\tservice=http\n\trequest=\"alive\"\n\treceive=\"ok\"\n\tscheduler=wlc\n\tchecktype=%s\n\n", checkType)
	})
	return os.WriteFile(tablesFile, []byte(b.String()), 0o644)
}

func keepalivedTables() string {
	var b strings.Builder
	eachService(startVirtuals, startReals, func(virtual string, servers []int) {
		fmt.Fprintf(&b, "virtual_server %s 80 {\n delay_loop 10\n lb_algo wlc\n lb_kind DR\n protocol TCP\n alpha\n", virtual)
		for _, n := range servers {
			fmt.Fprintf(&b, " real_server %s 80 {\n  weight 1\n  HTTP_GET {\n   url {\n    path /alive\n    status_code 200\n   }\n   connect_timeout 10\n  }\n }\n",
				tableServer(n))
		}
		b.WriteString("}\n")
	})
	return b.String()
}

func tableServer(n int) string { return fmt.Sprintf("10.98.%d.%d", n/250, n%250+1) }

// eachService spreads the servers evenly over the services.
func eachService(virtuals, reals int, service func(virtual string, servers []int)) {
	for v, n := 0, 0; v < virtuals; v++ {
		var servers []int
		for ; n*virtuals < (v+1)*reals; n++ {
			servers = append(servers, n)
		}
		service(fmt.Sprintf("10.97.%d.%d", v/250, v%250+1), servers)
	}
}
