// Package check finds out whether a real server works. Every service has a file
// of its own; every check holds one deadline for all that it does and says in
// words why a server is down.
package check

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"lvsha/pkg/lvs/config"
)

// Result is the outcome of one check.
type Result struct {
	Up bool
	// Text is what the monitorfile shows, in the original's words; empty stands
	// for "-".
	Text string
	// Err says why the server is down; nil when it is up.
	Err error
}

// Check looks at one server. Run is called by one goroutine at a time; it
// returns soon after its context ends.
type Check interface {
	Run(ctx context.Context) Result
}

// Dial opens a connection; tests give their own.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// Env is what checks need from the outside. The zero value is the real world.
type Env struct {
	Dial Dial
	// Search returns the domains in which the dns check looks for names without
	// a dot; nil stands for those of resolv.conf(5).
	Search func() []string
	// Verify is how certificates are judged.
	Verify Verify
}

func (e Env) search() func() []string {
	if e.Search != nil {
		return e.Search
	}
	return machineDomains
}

func (e Env) dial() Dial {
	if e.Dial != nil {
		return e.Dial
	}
	return dialHost
}

// Target is everything that a check does and judges by, and nothing else: two
// real servers with equal targets are checked once.
type Target struct {
	Type     config.CheckType
	Service  string
	Protocol config.Protocol
	Addr     netip.Addr
	Port     uint16        // to connect to; 0 if none is known
	Timeout  time.Duration // for the whole check, or for one ping
	Attempts int           // of ping
	Connects int           // of a combined check

	Request, Receive string
	URL              string // an absolute URL that replaces the address
	Method           string
	VirtualHost      string
	HasVirtualHost   bool
	Login            string
	Passwd           config.Secret
	Database         string
	Secret           config.Secret

	Command string
	Args    [4]string // of an external command: virtual address and port, real address and port
}

// TargetOf returns what has to be checked for a real server of a service.
func TargetOf(v *config.Virtual, r config.Real) Target {
	t := Target{Type: v.CheckType, Protocol: v.Protocol, Addr: r.Addr}
	switch v.CheckType {
	case config.On, config.Off:
		return Target{Type: v.CheckType}
	case config.External, config.ExternalPerl:
		return Target{Type: v.CheckType, Command: v.CheckCommand, Timeout: v.CheckTimeout, Args: arguments(v, r)}
	case config.Ping:
		return Target{Type: config.Ping, Addr: r.Addr, Timeout: v.CheckTimeout, Attempts: v.CheckCount}
	case config.Connect:
		if v.Protocol == config.UDP {
			return Target{Type: config.Ping, Addr: r.Addr, Timeout: v.CheckTimeout, Attempts: v.CheckCount}
		}
		return Target{Type: config.Connect, Addr: r.Addr, Port: v.PortFor(r), Timeout: v.CheckTimeout}
	}
	if v.Service == "none" && v.CheckType == config.Negotiate {
		return Target{Type: config.On}
	}
	t.Service, t.Port, t.Timeout = v.Service, v.PortFor(r), v.NegotiateTimeout
	if strings.HasPrefix(v.Service, "ldap") || v.Service == "radius" {
		t.Timeout = v.CheckTimeout
	}
	t.Request, t.Receive = v.Pair(r)
	t.URL = absoluteURL(v, r)
	t.Method, t.Login, t.Passwd, t.Database, t.Secret = v.HTTPMethod, v.Login, v.Passwd, v.Database, v.Secret
	if v.VirtualHost != nil {
		t.VirtualHost, t.HasVirtualHost = *v.VirtualHost, true
	}
	if v.CheckType == config.Combined {
		t.Connects, t.Attempts = v.Connects, v.CheckCount
	}
	return t
}

// arguments are those of an external command, ldirectord(8) checkcommand.
func arguments(v *config.Virtual, r config.Real) [4]string {
	address, port := "", "0"
	if v.Protocol == config.FWM {
		address = fmt.Sprint(v.Mark)
	} else {
		address, port = Bracket(v.Addr), fmt.Sprint(v.Port)
	}
	return [4]string{address, port, Bracket(r.Addr), fmt.Sprint(r.Port)}
}

// Bracket writes an address, an IPv6 one in brackets.
func Bracket(a netip.Addr) string {
	if a.Is6() {
		return "[" + a.String() + "]"
	}
	return a.String()
}

// negotiators are the checks by service.
var negotiators = map[string]func(Target, Env) (Check, error){
	"none":  func(Target, Env) (Check, error) { return always{}, nil },
	"http":  newHTTP,
	"https": newHTTP,
	// The request goes to the server as to a proxy.
	"http_proxy": newHTTP,
	"smtp":       newSMTP,
	"submission": newSMTP,
	"simpletcp":  newSimpleTCP,
	"nntp":       newNNTP,
	"pop":        newPOP,
	"pops":       newPOP,
	"imap":       newIMAP,
	"imaps":      newIMAP,
	"dns":        newDNS,
	"sip":        newSIP,
	"ftp":        newFTP,
	"ldap":       newLDAP,
	"ldaps":      newLDAP,
	"radius":     newRADIUS,
	"mysql":      newMySQL,
	"pgsql":      newPgSQL,
	"oracle":     newOracle,
}

// New returns the check of a target. The error says what of it cannot be
// checked.
func New(t Target, env Env) (Check, error) {
	switch t.Type {
	case config.On:
		return always{}, nil
	case config.Off:
		return nil, fmt.Errorf("checktype=off has no check")
	case config.Connect:
		return connect{t, env.dial()}, nil
	case config.Ping:
		return ping{t}, nil
	case config.External, config.ExternalPerl:
		return newExternal(t), nil
	}
	build := negotiators[t.Service]
	if build == nil {
		return nil, fmt.Errorf("check service=%s: no such service", t.Service)
	}
	negotiate, err := build(t, env)
	if err != nil || t.Type == config.Negotiate {
		return negotiate, err
	}
	return newCombined(t, env, negotiate), nil
}

// panics counts checks that went wrong inside.
var panics atomic.Uint64

// Panics returns how many checks ended in a panic since the program began.
func Panics() uint64 { return panics.Load() }

// Run runs a check. One that panics has failed.
func Run(ctx context.Context, c Check) Result { return RunSince(ctx, c, time.Now()) }

// RunSince is Run for a check that began at a time, from which its limit counts.
func RunSince(ctx context.Context, c Check, began time.Time) (result Result) {
	defer func() {
		if p := recover(); p != nil {
			panics.Add(1)
			result = Result{Err: fmt.Errorf("check: internal error: %v\n%s", p, debug.Stack())}
		}
	}()
	if t, ok := c.(timed); ok {
		return t.runSince(ctx, began)
	}
	return c.Run(ctx)
}

// timed is a check that takes the time at which it began, as the most frequent kinds
// do: to look at the clock again is dear where that is a call of the kernel.
type timed interface {
	runSince(ctx context.Context, began time.Time) Result
}

// always is checktype=on and service=none.
type always struct{}

func (always) Run(context.Context) Result { return Result{Up: true} }

// down makes a failed result of an error.
func down(text string, err error) Result { return Result{Text: text, Err: err} }
