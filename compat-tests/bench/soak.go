package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"

	"lvsha/compat-tests/pair"
)

// Those of the issue: ten minutes of them must pass without a false failover.
const (
	soakKeepalive = 100 * time.Millisecond
	soakDeadtime  = 500 * time.Millisecond
)

// playSoak lets a pair of each cast live under full load, one after the other.
func playSoak(b *bench) error {
	how := fmt.Sprintf("namespaces, keepalive 100ms, deadtime 500ms, two busy loops for each of %d cores, %v for each pair", runtime.NumCPU(), b.soak)
	moves := b.table.row("full load: false failovers", "changes of holder", 0, how)
	deaths := b.table.row("full load: peer declared dead", "log lines", 0, how)
	lates := b.table.row("full load: late heartbeats", "log lines", 0, how)
	for _, r := range []*row{moves, deaths, lates} {
		r.notes[keepalived] = "not played"
	}
	return b.each([]cast{original, ours}, func(c cast) error {
		b.say("soak: %s beside %s under full load for %v", c, c, b.soak)
		f, err := soakPair(b, c)
		if err != nil {
			return err
		}
		moves.add(c, float64(f.moves))
		deaths.add(c, float64(f.deaths))
		lates.add(c, float64(f.lates))
		return nil
	})
}

type soakFigures struct{ moves, deaths, lates int }

func soakPair(b *bench, c cast) (f soakFigures, err error) {
	p, end, err := newPair(b, c, pair.Options{Keepalive: soakKeepalive, Deadtime: soakDeadtime})
	if err != nil {
		return f, err
	}
	defer end()
	if err := p.startBoth(); err != nil {
		return f, err
	}
	if _, err := p.settle("both started", pairWarm, pair.Master); err != nil {
		return f, err
	}
	m := p.History.Now()
	cool, err := heat()
	if err != nil {
		return f, err
	}
	defer cool()
	timer := time.NewTimer(b.soak)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-b.ctx.Done():
		return f, b.ctx.Err()
	}
	for _, e := range p.History.Since(m) {
		f.count(e)
	}
	for _, n := range []*pair.Node{p.Master, p.Standby} {
		if out, code, err := n.Run("/etc/init.d/heartbeat", "status"); err != nil || code != 0 {
			return f, fmt.Errorf("%s does not live at the end: status %d, %w: %s", n.Name, code, err, out)
		}
	}
	return f, nil
}

// count counts what must not happen while nothing is wrong but the load.
func (f *soakFigures) count(e pair.Event) {
	switch {
	case e.Kind == pair.Up, e.Kind == pair.Down:
		f.moves++
	case e.Kind == pair.Line && strings.Contains(e.Text, ": is dead"):
		f.deaths++
	case e.Kind == pair.Line && strings.Contains(e.Text, "Late heartbeat"):
		f.lates++
	}
}

// heat starts the busy loops; the function that it returns ends them.
func heat() (cool func(), err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	var burning []*exec.Cmd
	cool = func() {
		for _, cmd := range burning {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	}
	for range 2 * runtime.NumCPU() {
		cmd := exec.Command(self, "burn")
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		if err := cmd.Start(); err != nil {
			cool()
			return nil, errors.Join(errors.New("busy loops"), err)
		}
		burning = append(burning, cmd)
	}
	return cool, nil
}

// burn keeps one core busy until it is killed.
func burn() {
	for x := uint64(1); x != 0; x = x*6364136223846793005 + 1442695040888963407 {
		_ = x
	}
}
