package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"lvsha/compat-tests/pair"
)

// floodRate is how many forged datagrams a second each node gets.
const floodRate = 50_000

// playFlood kills the master while forged datagrams pour in.
func playFlood(b *bench) error {
	dead := b.table.row("master killed under a flood: VIP answers, beyond deadtime", "s", 0.01, "50,000 forged datagrams a second to each node for 10 s, then SIGKILL and cable out; keepalive may make it negative")
	late := b.table.row("under that flood: a node called late or dead", "lines", 0, "lines of both logs in these ten seconds")
	cpu := b.table.row("under that flood: processor time of the daemon", "%", 0, "of one core, standby, all its processes")
	log := b.table.row("under that flood: log", "MB", 0.1, "written by the standby in ten seconds")
	return b.each([]cast{original, ours}, func(c cast) error {
		b.say("flood: %s", c)
		p, end, err := newPair(b, c, pair.Options{Keepalive: pairKeepalive, Deadtime: pairDeadtime})
		if err != nil {
			return err
		}
		defer end()
		if err := p.startBoth(); err != nil {
			return err
		}
		if _, err := p.settle("both started", pairWarm, pair.Master); err != nil {
			return err
		}
		m := p.History.Now()
		before, err := processorTime(p.Standby)
		if err != nil {
			return err
		}
		size := logSize(p.Standby)
		if err := p.Flood(floodRate); err != nil {
			return err
		}
		if err := p.pass(10 * time.Second); err != nil {
			return err
		}
		after, err := processorTime(p.Standby)
		if err != nil {
			return err
		}
		cpu.add(c, (after-before).Seconds()*10)
		log.add(c, float64(logSize(p.Standby)-size)/1e6)
		lines := 0
		for _, e := range p.History.Since(m) {
			if e.Kind == pair.Line && (strings.Contains(e.Text, "Late heartbeat") || strings.Contains(e.Text, ": is dead")) {
				lines++
			}
		}
		late.add(c, float64(lines))
		took, err := p.die()
		dead.add(c, took.Seconds())
		return errors.Join(err, p.Flood(0))
	})
}

func logSize(n *pair.Node) int64 {
	info, err := os.Stat(filepath.Join(n.Dir, "log", "ha.log"))
	if err != nil {
		return 0
	}
	return info.Size()
}

// processorTime adds up utime and stime, fields 14 and 15 of /proc/PID/stat.
func processorTime(n *pair.Node) (time.Duration, error) {
	out, _, err := n.Run("/bin/sh", "-c", "cat /proc/[0-9]*/stat")
	if err != nil {
		return 0, err
	}
	const tick = 10 * time.Millisecond // USER_HZ is 100 on every architecture here
	var sum time.Duration
	for _, line := range strings.Split(out, "\n") {
		name, rest, ok := strings.Cut(line, ") ")
		f := strings.Fields(rest)
		if !ok || len(f) < 13 || !strings.Contains(name, "(heartbeat") {
			continue
		}
		for _, field := range f[11:13] {
			ticks, err := strconv.Atoi(field)
			if err != nil {
				return 0, fmt.Errorf("processor time of %s: %w", n.Name, err)
			}
			sum += time.Duration(ticks) * tick
		}
	}
	return sum, nil
}
