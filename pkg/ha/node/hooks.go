package node

import (
	"slices"
	"strconv"
	"time"

	"lvsha/pkg/ha/config"
	"lvsha/pkg/ha/core"
	"lvsha/pkg/ha/membership"
	"lvsha/pkg/ha/message"
	"lvsha/pkg/ha/resource"
	"lvsha/pkg/ha/takeover"
	"lvsha/pkg/system/logging"
)

// hooksMax is how many events may wait for the site's scripts. Those that do not
// fit are told of and lost: scripts delay nothing.
const hooksMax = 256

// hooksDrain is how long the end of a life waits for the site's scripts.
const hooksDrain = time.Second

// noHooks are the types of message that the original never shows to scripts,
// besides those without a number. A status is shown when it changes.
var noHooks = []string{
	"status", "starting", "resource", "ask_resources", "shutdone", "reqnodes", "repnodes", "addnode", "delnode",
	"setweight", "setsite", "query-cstatus",
}

// hooks runs the site's scripts in rc.d, one after the other in a goroutine of its
// own. What it is told, the loop tells it.
type hooks struct {
	n       *node
	scripts *resource.Hooks
	queue   chan hook
	ended   chan struct{}
}

// hook is one script to run.
type hook struct {
	kind   string
	fields [][2]string
	idle   chan struct{} // instead: closed when all before it have run
}

func newHooks(n *node) *hooks {
	h := &hooks{
		n:       n,
		scripts: resource.OpenHooks(n.Config.Dir, n.Runner.Env, n.Runner.Timeout, n.Log),
		queue:   make(chan hook, hooksMax),
		ended:   make(chan struct{}),
	}
	go h.run()
	return h
}

func (h *hooks) run() {
	defer close(h.ended)
	for {
		select {
		case k := <-h.queue:
			if k.idle != nil {
				close(k.idle)
				continue
			}
			h.scripts.Run(h.n.ctx, k.kind, k.fields)
		case <-h.n.ctx.Done():
			return
		}
	}
}

// drain waits until the scripts of all that has happened have run, for hooksDrain
// at most.
func (h *hooks) drain() {
	limit := time.NewTimer(hooksDrain)
	defer limit.Stop()
	idle := make(chan struct{})
	select {
	case h.queue <- hook{idle: idle}:
	case <-limit.C:
		return
	}
	select {
	case <-idle:
	case <-limit.C:
	case <-h.n.ctx.Done():
	}
}

// close waits for the goroutine; a script that runs is killed.
func (h *hooks) close() { <-h.ended }

// see looks at an effect for what scripts are shown.
func (h *hooks) see(e core.Effect) {
	switch e := e.(type) {
	case core.Run:
		h.work(e.Work)
	case core.Notice:
		switch c := e.Change.(type) {
		case membership.Deliver:
			if !slices.Contains(noHooks, c.Message.Type()) {
				h.message(c.Message)
			}
		case membership.StatusChange:
			if c.Message != nil && c.Message.Type() == "status" {
				h.message(c.Message)
			}
		case membership.Died:
			if c.Ping {
				h.dead(c.Node, "ping")
			}
		}
	}
}

// work is shown where the original does the work by a script of rc.d.
func (h *hooks) work(w takeover.Work) {
	switch {
	case w.Operation == takeover.Inherit:
		h.dead(w.Node, "")
	case w.Operation == takeover.Acquire && w.Reason == takeover.Own:
		for _, g := range h.n.Config.Groups {
			if g.Node == h.n.Host {
				h.message(h.grant(g))
			}
		}
	}
}

// grant is the message by which the original tells itself to take a group.
func (h *hooks) grant(g config.Group) *message.Message {
	return message.New("ip-request-resp").
		Add("dest", h.n.Host).Add("ipaddr", g.Key()).Add("weown", "yes").Add("ok", "OK").
		Add("src", h.n.Host).AddHex("ts", uint64(time.Now().Unix()))
}

// dead is the message that the original makes up for a node whose resources are to
// be taken, and for a ping node that does not answer.
func (h *hooks) dead(name, info string) {
	msg := message.New("status").Add("seq", strconv.Itoa(1)).AddHex("ts", uint64(time.Now().Unix())).Add("src", name).Add("st", "dead")
	if info != "" {
		msg.Add("info", info)
	}
	h.message(msg)
}

func (h *hooks) message(msg *message.Message) {
	kind := msg.Type()
	if !h.scripts.Has(kind) {
		return
	}
	select {
	case h.queue <- hook{kind: kind, fields: h.fields(msg)}:
	default:
		h.n.repeats.log("hooks", logging.Warn, "rc.d/"+kind+" is not run: too many events wait for the scripts of rc.d")
	}
}

func (h *hooks) fields(msg *message.Message) [][2]string {
	var out [][2]string
	for _, f := range msg.Fields {
		if f.Kind == message.String {
			out = append(out, [2]string{f.Name, string(f.Value)})
		}
	}
	if h.n.core != nil {
		out = append(out, [2]string{"OSTATUS", h.n.core.Members().Status()})
	}
	if h.n.Config.HA.AutoFailback != config.FailbackLegacy {
		out = append(out, [2]string{"NICEFAILBACK", "yes"})
	}
	return out
}

// giveIP runs the site's script for a group that another node has asked for. The
// worker waits for it, as the original does.
func (h *hooks) giveIP(w takeover.Work) {
	h.scripts.GiveIP(h.n.ctx, [][2]string{{"t", "ip-request"}, {"src", w.Node}, {"ipaddr", w.Key}})
}
