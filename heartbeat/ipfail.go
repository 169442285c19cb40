package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"lvsha/pkg/ha/api"
	"lvsha/pkg/ha/client"
	"lvsha/pkg/ha/ipfail"
	"lvsha/pkg/ha/message"
	"lvsha/pkg/system/logging"
)

// exitNoRespawn tells the daemon not to start the program again.
const exitNoRespawn = 100

// errLegacy and errNodes end ipfail for good: the configuration does not allow
// it to do anything.
var (
	errLegacy = errors.New("auto_failback set to incompatible legacy option")
	errNodes  = errors.New("ipfail needs exactly one other node and at least one ping node")
)

// patience is how long the daemon has to answer a question.
const patience = time.Minute

// runIPFail is ipfail: it runs until the daemon or a signal ends it.
func runIPFail(_ string, _ []string, _, stderr io.Writer) int {
	log, err := openToolLog(ipfail.Name, stderr)
	if err != nil {
		fmt.Fprintf(stderr, "ipfail: %v\n", err)
		return exitFailed
	}
	defer log.Close()
	c, err := client.Dial(runDir+"/"+api.SocketName, ipfail.Name, time.Now().Add(patience))
	if err != nil {
		log.Log(logging.Error, "Cannot sign on with heartbeat")
		logging.Logf(log, logging.Error, "REASON: %v", err)
		return exitFailed
	}
	f := &follower{client: c, log: log, stopped: make(chan struct{})}
	defer f.watchSignals()()
	err = f.follow()
	_ = c.Close()
	switch {
	case errors.Is(err, errLegacy), errors.Is(err, errNodes):
		log.Log(logging.Error, err.Error())
		return exitNoRespawn
	case err != nil:
		log.Log(logging.Error, err.Error())
		return exitFailed
	}
	return exitOK
}

// follower joins the machine to the daemon.
type follower struct {
	client  *client.Client
	log     *logging.Log
	machine *ipfail.Machine
	stopped chan struct{}
}

// watchSignals has a signal end the wait for messages.
func (f *follower) watchSignals() (end func()) {
	in := make(chan os.Signal, 1)
	signal.Notify(in, syscall.SIGTERM, syscall.SIGINT)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if _, ok := <-in; ok {
			close(f.stopped)
			_ = f.client.SetDeadline(time.Unix(1, 0))
		}
	}()
	return func() {
		signal.Stop(in)
		close(in)
		<-done
	}
}

// follow runs to the end. The error is nil if that was asked for.
func (f *follower) follow() error {
	if err := f.begin(); err != nil {
		return err
	}
	for {
		if err := f.client.SetDeadline(f.machine.Deadline()); err != nil {
			return err
		}
		select {
		case <-f.stopped:
			return nil
		default:
		}
		msg, err := f.client.Receive()
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			err = f.apply(f.machine.Tick(time.Now()))
		case err == nil:
			err = f.handle(msg)
		}
		if err != nil {
			return err
		}
	}
}

// begin learns who there is.
func (f *follower) begin() error {
	failback, _, err := f.client.Parameter("auto_failback")
	if err != nil {
		return err
	}
	if strings.EqualFold(failback, "legacy") {
		return errLegacy
	}
	if err := f.client.Filter(1); err != nil {
		return err
	}
	nodes, err := f.client.Nodes()
	if err != nil {
		return err
	}
	cfg := ipfail.Config{Self: f.client.Node, Delay: max(2*f.client.Keepalive, time.Second)}
	cfg.AutoFailback = slices.Contains([]string{"on", "yes", "true", "y", "1"}, strings.ToLower(failback))
	pings, others, alive := make(map[string]bool), 0, false
	for _, n := range nodes {
		switch {
		case n.Type == "ping":
			pings[n.Name] = n.Status == "ping"
			logging.Logf(f.log, logging.Info, "Found ping node %s!", n.Name)
		case n.Name != cfg.Self:
			cfg.Peer, alive = n.Name, n.Status != "dead"
			others++
		}
	}
	if others != 1 || len(pings) == 0 {
		return errNodes
	}
	f.machine = ipfail.New(cfg)
	return f.apply(f.machine.Start(pings, alive))
}

func (f *follower) handle(msg *message.Message) error {
	switch msg.Type() {
	case "status", "NS_st":
		return f.apply(f.machine.Node(msg.Text("src"), msg.Text("st")))
	case "ifstat":
		return f.apply(f.machine.Link(msg.Text("node"), msg.Text("ifname"), msg.Text("st")))
	}
	return f.apply(f.machine.Receive(time.Now(), msg))
}

func (f *follower) apply(effects []ipfail.Effect) error {
	for _, e := range effects {
		var err error
		switch e := e.(type) {
		case ipfail.Log:
			f.log.Log(e.Level, e.Text)
		case ipfail.Send:
			err = f.client.Send(e.Message)
		case ipfail.GiveUp:
			err = f.client.Send(message.New("ask_resources").Add("rsc_hold", e.Set).Add("src", f.client.Node).Add("info", "me"))
		case ipfail.Ask:
			if err = f.client.SetDeadline(time.Now().Add(patience)); err != nil {
				return err
			}
			var hold string
			if hold, err = f.client.Resources(); err == nil {
				err = f.apply(f.machine.Holding(time.Now(), hold))
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}
