package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// dying are the servers that die, spread over the file.
var dying = []int{45, 10, 80, 30, 60}

// maxDying bounds -n.
const maxDying = 5

// The checks of the farm.
const (
	checkTimeout  = 3
	checkInterval = 1
	checksLimit   = 4 * time.Minute
	tablePoll     = 10 * time.Millisecond
)

// farmVIP is the virtual service, as the kernel's table in /proc prints it and
// as the configuration has it.
const farmVIP = "10.98.0.200"

// playChecks measures how long a dead server stays in the table when ten
// others do not answer.
func playChecks(b *bench) error {
	r := b.table.row("100 real servers, 10 silent: a dead one leaves", "s", tablePoll.Seconds(), fmt.Sprintf(
		"User-mode Linux, http negotiate, checkinterval %d, checktimeout %d, ten servers whose packets iptables drops: from the death of a server, right after a check of it, until /proc/net/ip_vs lacks it; keepalived: delay_loop %d, connect_timeout %d",
		checkInterval, checkTimeout, checkInterval, checkTimeout))
	return b.each([]cast{original, ours, keepalived}, func(c cast) error {
		b.say("checks: %s", c)
		var times []float64
		if err := b.boot("checks", c, &times); err != nil {
			return err
		}
		for _, t := range times[:min(b.repeat, len(times))] {
			r.add(c, t)
		}
		return nil
	})
}

// measureChecks runs inside User-mode Linux. It returns the seconds for which
// each of the dying servers was still in the table.
func measureChecks(vrrp bool) ([]float64, error) {
	ctx, cancel := context.WithTimeout(context.Background(), checksLimit)
	defer cancel()
	if err := farmNetwork(ctx); err != nil {
		return nil, err
	}
	f, err := startFarm(ctx)
	if err != nil {
		return nil, err
	}
	defer f.stop()
	if err := startDirector(ctx, vrrp); err != nil {
		return nil, err
	}
	fmt.Println("waiting until the live servers are in the table and the silent ones are not")
	if err := waitTable(ctx, func(t string) bool { return strings.Count(t, "->") == farmAlive+1 }); err != nil {
		return nil, fmt.Errorf("the %d live servers in the table: %w", farmAlive, err)
	}
	fmt.Println("servers die, each after its next check")
	if err := f.doom(dying); err != nil {
		return nil, err
	}
	died, left := make(map[int]time.Time), make(map[int]time.Time)
	tick := time.NewTicker(tablePoll)
	defer tick.Stop()
	for len(left) < len(dying) {
		select {
		case d, ok := <-f.deaths:
			if !ok {
				return nil, errors.New("the farm has ended")
			}
			died[d.server] = d.at
			fmt.Printf("server %d has died\n", d.server)
		case <-tick.C:
			if err := noteLeft(died, left); err != nil {
				return nil, err
			}
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	var times []float64
	for _, n := range dying {
		times = append(times, left[n].Sub(died[n]).Seconds())
	}
	return times, nil
}

// noteLeft notes which of the dead have left the table.
func noteLeft(died, left map[int]time.Time) error {
	text, err := os.ReadFile(tableFile)
	if err != nil {
		return err
	}
	now := time.Now()
	for n := range died {
		if _, known := left[n]; known || strings.Contains(string(text), farmHex(n)) {
			continue
		}
		left[n] = now
		fmt.Printf("server %d has left the table after %.2f s\n", n, now.Sub(died[n]).Seconds())
	}
	return nil
}

// tableFile is the kernel's table in text, addresses in hexadecimal.
const tableFile = "/proc/net/ip_vs"

func farmHex(n int) string { return fmt.Sprintf("0A6200%02X:%04X", n, farmPort) }

func waitTable(ctx context.Context, is func(string) bool) error {
	tick := time.NewTicker(tablePoll)
	defer tick.Stop()
	for {
		text, err := os.ReadFile(tableFile)
		if err != nil {
			return err
		}
		if is(string(text)) {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%w; there are %d lines of servers", ctx.Err(), strings.Count(string(text), "->"))
		}
	}
}

// farmNetwork makes the host of the servers: all addresses on one interface,
// the silent ones dropped as they come in.
func farmNetwork(ctx context.Context) error {
	lines := []string{
		"ip netns add farm",
		"ip link add eth0 type veth peer name eth0 netns farm",
		"ip addr add 10.98.0.254/24 dev eth0",
		"ip link set eth0 up",
		"ip -n farm link set lo up",
		"ip -n farm link set eth0 up",
	}
	for n := 1; n <= farmSize; n++ {
		lines = append(lines, "ip -n farm addr add "+farmAddr(n)+"/24 dev eth0")
		if n > farmAlive {
			// The kernel of Debian's User-mode Linux has no nftables.
			lines = append(lines, "ip netns exec farm iptables-legacy -A INPUT -d "+farmAddr(n)+" -j DROP")
		}
	}
	for _, line := range lines {
		words := strings.Fields(line)
		if out, err := exec.CommandContext(ctx, words[0], words[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", line, err, out)
		}
	}
	return nil
}

// startDirector starts ldirectord, whichever is installed, or keepalived.
func startDirector(ctx context.Context, vrrp bool) error {
	file, text := "/etc/ha.d/conf/bench.cf", ldirectorConf()
	argv := []string{"/usr/sbin/ldirectord", file, "start"}
	if vrrp {
		file, text = "/run/keepalived.conf", keepalivedConf()
		argv = []string{"keepalived", "--check", "-f", file}
	}
	if err := os.MkdirAll("/etc/ha.d/conf", 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	// Daemons keep what they inherit: a pipe would never end.
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stdout
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", strings.Join(argv, " "), err)
	}
	return nil
}

func ldirectorConf() string {
	var b strings.Builder
	fmt.Fprintf(&b, "checktimeout=%d\nnegotiatetimeout=%d\ncheckinterval=%d\nautoreload=no\nlogfile=\"/run/ldirectord.log\"\nquiescent=no\n\nvirtual=%s:%d\n",
		checkTimeout, checkTimeout, checkInterval, farmVIP, farmPort)
	for n := 1; n <= farmSize; n++ {
		fmt.Fprintf(&b, "\treal=%s:%d gate 1\n", farmAddr(n), farmPort)
	}
	b.WriteString("\tservice=http\n\trequest=\"alive\"\n\treceive=\"ok\"\n\tscheduler=wlc\n\tprotocol=tcp\n\tchecktype=negotiate\n")
	return b.String()
}

func keepalivedConf() string {
	var b strings.Builder
	fmt.Fprintf(&b, "virtual_server %s %d {\n delay_loop %d\n lb_algo wlc\n lb_kind DR\n protocol TCP\n alpha\n", farmVIP, farmPort, checkInterval)
	for n := 1; n <= farmSize; n++ {
		fmt.Fprintf(&b, " real_server %s %d {\n  weight 1\n  HTTP_GET {\n   url {\n    path /alive\n    status_code 200\n   }\n   connect_timeout %d\n   retry 1\n   delay_before_retry 1\n  }\n }\n",
			farmAddr(n), farmPort, checkTimeout)
	}
	b.WriteString("}\n")
	return b.String()
}

// farmProcess is the farm, seen from the director.
type farmProcess struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	deaths chan death
}

type death struct {
	server int
	at     time.Time
}

func startFarm(ctx context.Context) (*farmProcess, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	f := &farmProcess{cmd: exec.CommandContext(ctx, "ip", "netns", "exec", "farm", self, "farm"), deaths: make(chan death, len(dying))}
	f.cmd.Stderr = os.Stderr
	out, err := f.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if f.stdin, err = f.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := f.cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() || lines.Text() != "ready" {
		f.stop()
		return nil, fmt.Errorf("the farm does not begin: %q", lines.Text())
	}
	go func() {
		defer close(f.deaths)
		for lines.Scan() {
			number, nanos, _ := strings.Cut(lines.Text(), " ")
			n, err1 := strconv.Atoi(number)
			at, err2 := strconv.ParseInt(nanos, 10, 64)
			if err1 == nil && err2 == nil {
				f.deaths <- death{n, time.Unix(0, at)}
			}
		}
	}()
	return f, nil
}

// doom tells servers to die.
func (f *farmProcess) doom(servers []int) error {
	for _, n := range servers {
		if _, err := fmt.Fprintln(f.stdin, n); err != nil {
			return fmt.Errorf("the farm: %w", err)
		}
	}
	return nil
}

func (f *farmProcess) stop() {
	_ = f.stdin.Close()
	_ = f.cmd.Wait()
}
