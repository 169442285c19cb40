package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"lvsha/compat-tests/pair"
)

const (
	crowdSize = 16
	crowdTime = 20 * time.Second
)

// playCrowd has many nodes hear each other ten times a second.
func playCrowd(b *bench) error {
	row := b.table.row("16 nodes at keepalive 100ms: processor time of a node", "%", 0.05, "of one core, mean of all over 20 s, once all see each other; bcast, deadtime 2s")
	return b.each([]cast{original, ours}, func(c cast) error {
		b.say("crowd: %d of %s", crowdSize, c)
		dir, err := os.MkdirTemp("", "bench-crowd-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		program := pair.Original
		if c == ours {
			program = pair.Ours
		}
		crowd, err := pair.NewCrowd(pair.Options{
			Keepalive: 100 * time.Millisecond, Deadtime: pairDeadtime, Initdead: 10 * time.Second, Stage: b.stage, Dir: dir,
		}, program, crowdSize)
		if err != nil {
			return err
		}
		defer crowd.Close()
		errs := make(chan error, crowdSize)
		for _, n := range crowd.Nodes {
			go func() { errs <- n.Start() }()
		}
		for range crowd.Nodes {
			err = errors.Join(err, <-errs)
		}
		if err != nil {
			return fmt.Errorf("start: %w", err)
		}
		p := &pairPlay{ctx: b.ctx}
		if err := p.pass(15 * time.Second); err != nil {
			return err
		}
		before, err := crowdUsed(crowd)
		if err != nil {
			return err
		}
		if err := p.pass(crowdTime); err != nil {
			return err
		}
		after, err := crowdUsed(crowd)
		if err != nil {
			return err
		}
		row.add(c, (after-before).Seconds()/crowdTime.Seconds()/crowdSize*100)
		return nil
	})
}

func crowdUsed(c *pair.Crowd) (time.Duration, error) {
	var sum time.Duration
	for _, n := range c.Nodes {
		used, err := processorTime(n)
		if err != nil {
			return 0, err
		}
		sum += used
	}
	return sum, nil
}
