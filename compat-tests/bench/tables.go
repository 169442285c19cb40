package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"
)

// The tables that are set up and read again.
const (
	startVirtuals, startReals = 100, 1000
	largeVirtuals, largeReals = 2000, 37000
	tablesLimit               = 14 * time.Minute
	tableHold                 = 2 * time.Second // a complete table must stay so
	tableReloads              = 3
	tablesFile                = "/etc/ha.d/conf/bench.cf"
	tablesLog                 = "/run/ldirectord.log"
	tablesSocket              = "/var/run/ldirectord.bench.cf.sock"
)

// tableFigures is what a guest found out about tables, in seconds.
type tableFigures struct {
	Start  float64   // of 100 services with 10 servers each, to the complete table
	Reload []float64 // of 2,000 services with 37,000 servers, nothing changed
	Weight []float64 // of 100 services with 10 servers each, one weight changed
}

// playTables measures how long tables take to be set up and compared.
func playTables(b *bench) error {
	const uml = "User-mode Linux, "
	start := b.table.row("table of 100 x 10: start to complete", "s", tablePoll.Seconds(),
		uml+"http negotiate, all servers answer: from the start command until /proc/net/ip_vs has every server and keeps it")
	reload := b.table.row("reload of 2,000 x 18.5, nothing changed", "s", tablePoll.Seconds(),
		uml+"checktype=on: from the request on the control socket to the answer, which comes when the work is done")
	weight := b.table.row("reload of 100 x 10, one weight changed", "s", tablePoll.Seconds(),
		uml+"the same; one line of a server in the log, which is one entry written")
	for _, r := range []*row{reload, weight} {
		r.notes[original], r.notes[keepalived] = "does not say when it is done", "does not say when it is done"
	}
	return b.each([]cast{original, ours, keepalived}, func(c cast) error {
		b.say("tables: %s", c)
		var f tableFigures
		if err := b.boot("tables", c, &f); err != nil {
			return err
		}
		start.add(c, f.Start)
		for _, v := range f.Reload {
			reload.add(c, v)
		}
		for _, v := range f.Weight {
			weight.add(c, v)
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
	end, err := serveAll()
	if err != nil {
		return f, err
	}
	defer end()
	if err := os.MkdirAll("/etc/ha.d/conf", 0o755); err != nil {
		return f, err
	}
	if f.Start, err = timeStart(ctx, c); err != nil || c != ours {
		return f, err
	}
	heavy := func(i int) int { return startReals - 1 + i%2 }
	if f.Weight, err = timeReloads(ctx, startVirtuals, startReals, heavy, "Restored real server", 1); err != nil {
		return f, err
	}
	f.Reload, err = timeReloads(ctx, largeVirtuals, largeReals, func(int) int { return largeReals }, " real server", 0)
	return f, err
}

// serveAll answers every request to any address with the page that is expected.
func serveAll() (end func(), err error) {
	listener, err := net.Listen("tcp", ":80")
	if err != nil {
		return nil, err
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	return func() { _ = server.Close(); <-ended }, nil
}

// timeStart starts a director and waits for the table of 100 services.
func timeStart(ctx context.Context, c cast) (float64, error) {
	argv := []string{"/usr/sbin/ldirectord", tablesFile, "start"}
	if c == keepalived {
		if err := os.WriteFile("/run/keepalived.conf", []byte(keepalivedTables()), 0o644); err != nil {
			return 0, err
		}
		argv = []string{"keepalived", "--check", "-f", "/run/keepalived.conf"}
	} else if err := writeTables(startVirtuals, startReals, startReals, "negotiate"); err != nil {
		return 0, err
	}
	began := time.Now()
	if err := command(ctx, argv...); err != nil {
		return 0, err
	}
	var since time.Time
	err := waitTable(ctx, func(t string) bool {
		now := time.Now()
		if strings.Count(t, "->") != startReals+1 {
			since = time.Time{}
			return false
		}
		if since.IsZero() {
			since = now
		}
		return now.Sub(since) >= tableHold
	})
	return since.Sub(began).Seconds(), err
}

// timeReloads times reloads of a table that nobody checks meanwhile; each must
// leave so many lines of a kind in the log.
func timeReloads(ctx context.Context, virtuals, reals int, heavy func(i int) int, line string, lines int) (times []float64, err error) {
	const checks = "on"
	if err := ldirectord(ctx, "stop"); err != nil {
		return nil, err
	}
	if err := writeTables(virtuals, reals, reals, checks); err != nil {
		return nil, err
	}
	if err := ldirectord(ctx, "start"); err != nil {
		return nil, err
	}
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
