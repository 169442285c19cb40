package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// The passes are those of BenchmarkHTTP and BenchmarkPass in pkg/lvs/check.
const (
	passServers = 500
	passSilent  = 10 // one in so many, in the second pass
	passTimeout = 3
	passLimit   = 5 * time.Minute
	passScript  = "compat-tests/checks/testdata/verdicts.pl"
	passHealthy = "healthy"
	passTenth   = "tenth silent"
)

// passFigures is one pass of the original, in seconds.
type passFigures struct {
	Up                 int
	Seconds, Processor float64
}

// playPasses measures checks of web servers without anything around them.
func playPasses(b *bench) error {
	cost := b.table.row("http check of a healthy server: processor time", "µs", 1,
		"negotiate with receive, server on the loopback in another process or goroutine: time of the checking process alone; the original's checks one after the other in its own process")
	rows := map[string]*row{
		passHealthy: b.table.row("500 http servers, one pass", "s", 0.001, "the same 500 times; the original as with fork=no"),
		passTenth: b.table.row("500 http servers, a tenth silent, one pass", "s", 0.001,
			fmt.Sprintf("the same; every tenth takes the connection and says nothing, negotiatetimeout=%d", passTimeout)),
	}
	for _, r := range append([]*row{cost}, rows[passHealthy], rows[passTenth]) {
		r.notes[keepalived] = "not played"
	}
	return b.each([]cast{original, ours}, func(c cast) error {
		b.say("passes: %s", c)
		if c == ours {
			return ourPasses(b, cost, rows)
		}
		for _, which := range []string{passHealthy, passTenth} {
			f, err := measurePass(b.ctx, which)
			if err != nil {
				return err
			}
			rows[which].add(original, f.Seconds)
			if which == passHealthy {
				cost.add(original, 1e6*f.Processor/passServers)
			}
		}
		return nil
	})
}

// ourPasses runs the benchmarks of our checks.
func ourPasses(b *bench, cost *row, rows map[string]*row) error {
	cmd := exec.CommandContext(b.ctx, "go", "test", "-run", "^$", "-bench", "^Benchmark(HTTP|Pass)$", "./pkg/lvs/check")
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", cmd, err, out)
	}
	found := 0
	for _, line := range strings.Split(string(out), "\n") {
		figures := benchmarkFigures(line)
		if v, ok := figures["cpu-us/check"]; ok {
			cost.add(ours, v)
			found++
		}
		for which, r := range rows {
			if strings.HasPrefix(line, "BenchmarkPass/"+strings.ReplaceAll(which, " ", "_")) {
				r.add(ours, figures["ns/op"]/1e9)
				found++
			}
		}
	}
	if found != 1+len(rows) {
		return fmt.Errorf("%d figures of %d in\n%s", found, 1+len(rows), out)
	}
	return nil
}

// measurePass has the original check in a network and a view of files of its own.
func measurePass(ctx context.Context, which string) (f passFigures, err error) {
	dir, err := os.MkdirTemp("", "bench-pass-")
	if err != nil {
		return f, err
	}
	defer os.RemoveAll(dir)
	self, err := os.Executable()
	if err != nil {
		return f, err
	}
	cmd := exec.CommandContext(ctx, self, "pass", which, dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID, Pdeathsig: syscall.SIGKILL}
	if out, err := cmd.CombinedOutput(); err != nil {
		return f, fmt.Errorf("pass %s: %w\n%s", which, err, out)
	}
	text, err := os.ReadFile(filepath.Join(dir, "result"))
	if err != nil {
		return f, err
	}
	return f, json.Unmarshal(text, &f)
}

// originalPass runs in the namespaces.
func originalPass(which, dir string) error {
	const setUp = "mount --make-rprivate / && mount -t proc proc /proc && mount -t tmpfs tmpfs /run && mount -t tmpfs tmpfs /var/log && ip link set lo up"
	if out, err := exec.Command("/bin/sh", "-c", setUp).CombinedOutput(); err != nil {
		return fmt.Errorf("set up: %w\n%s", err, out)
	}
	web, err := net.Listen("tcp4", ":80")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "Test Page") })}
	go func() { _ = server.Serve(web) }()
	defer server.Close()
	silent, err := net.Listen("tcp4", "127.0.0.1:81")
	if err != nil {
		return err
	}
	defer silent.Close()

	var file strings.Builder
	fmt.Fprintf(&file, "virtual=10.9.0.1:80\n\tservice=http\n\tchecktype=negotiate\n\tnegotiatetimeout=%d\n\trequest=\"/\"\n\treceive=\"Test Page\"\n", passTimeout)
	want := passServers
	for i := range passServers {
		addr := fmt.Sprintf("127.0.%d.%d:80", 1+i/250, 1+i%250)
		if which == passTenth && i%passSilent == passSilent-1 {
			addr = "127.0.0.1:81"
			want--
		}
		fmt.Fprintf(&file, "\treal=%s masq\n", addr)
	}
	path := filepath.Join(dir, "ldirectord.cf")
	if err := os.WriteFile(path, []byte(file.String()), 0o644); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), passLimit)
	defer cancel()
	out, err := exec.CommandContext(ctx, "perl", passScript, path, "0", "0").Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w\n%s", err, exit.Stderr)
		}
		return err
	}
	var f passFigures
	if _, err := fmt.Sscan(string(out), &f.Up, &f.Seconds, &f.Processor); err != nil {
		return fmt.Errorf("the original: %w in %q", err, out)
	}
	if f.Up != want {
		return fmt.Errorf("the original: %d of %d servers are up", f.Up, want)
	}
	text, err := json.Marshal(f)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "result"), text, 0o644)
}
