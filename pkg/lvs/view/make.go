package view

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"lvsha/pkg/lvs/config"
	"lvsha/pkg/lvs/health"
	"lvsha/pkg/lvs/plan"
)

// Facts are what the program knows of itself.
type Facts struct {
	Version, Host, Instance string
	PID                     int
}

// reasonMax bounds the reason of a failed check, which may quote a server.
const reasonMax = 300

// Make words a state. The kernel's side is still empty; AddUsage fills it.
func Make(f Facts, s *State) *Status {
	out := empty(f, s.At)
	out.Running, out.PID, out.Phase, out.Ready = true, f.PID, s.Phase.String(), s.Ready
	out.Standby, out.Changes = s.Standby, s.Changes
	out.Started = &s.Started
	out.Config = File{Path: s.Path, Read: &s.Read, MaintenanceDir: s.Config.Global.MaintenanceDir}
	if r := s.Reload; r != nil {
		out.Config.Reload = &Verdict{Time: r.At, InEffect: r.Errors == 0, Errors: r.Errors, Warnings: r.Warnings, Line: r.Line}
	}
	out.Virtuals = make([]Virtual, 0, len(s.Services))
	for _, service := range s.Services {
		out.Virtuals = append(out.Virtuals, makeVirtual(service, s.Standby))
	}
	return out
}

// Stopped is the document of a daemon that does not run.
func Stopped(f Facts, path string, at time.Time) *Status {
	out := empty(f, at)
	out.Config.Path = path
	return out
}

func empty(f Facts, at time.Time) *Status {
	return &Status{
		Format: Format, Program: "ldirectord", Version: f.Version, Host: f.Host, Instance: f.Instance, Time: at,
		Virtuals: []Virtual{},
	}
}

func makeVirtual(s Service, standby bool) Virtual {
	c := s.Config
	v := Virtual{
		ID: c.ID(), Protocol: c.Protocol.String(), Address: c.Addr, Port: c.Port, Mark: c.Mark, IPv6: c.IPv6,
		Name: c.ServiceName, Comment: c.Comment, Scheduler: c.Scheduler, Persistent: int(c.Persistent / time.Second),
		CheckType: c.CheckType.String(), Quiescent: c.Quiescent, Configured: true, Refused: c.Refused,
		Total: len(c.Reals), Reals: make([]Real, len(c.Reals)),
	}
	if c.CheckType == config.Negotiate || c.CheckType == config.Combined {
		v.Service = c.Service
	}
	states := make([]health.State, len(s.Servers))
	for i := range s.Servers {
		states[i] = s.Servers[i].Health.State
		if states[i] == health.Up {
			v.Up++
		}
		makeReal(&v.Reals[i], c, &c.Reals[i], &s.Servers[i], standby)
	}
	if addr, ok := plan.FallbackAddr(c); ok {
		p := plan.Virtual{Config: c, States: states, Settled: s.Settled}
		v.Fallback = &Fallback{Entry: addr.String(), InUse: c.Refused == "" && !standby && p.NoneUp()}
	}
	return v
}

func makeReal(out *Real, v *config.Virtual, r *config.Real, s *Server, standby bool) {
	entry := plan.RealAddr(v, *r)
	name := r.Name()
	written := name
	if entry.Port() != r.Port {
		written = entry.String()
	}
	*out = Real{
		Server: name, Entry: written, entry: entry, Address: r.Addr, Port: r.Port, Forward: r.Forward.String(), Configured: true,
		State: s.Health.State.String(), Since: &s.Since, Failures: s.Health.Failures, FailLimit: v.FailureCount, Transitions: s.Transitions,
		Weight: Weight{Configured: r.Weight},
	}
	switch {
	case standby: // whatever is in the table stays
	case s.Health.State == health.Up:
		out.Weight.Wanted = &out.Weight.Configured
	case s.Health.State == health.Down && v.Quiescent:
		out.Weight.Wanted = new(int)
	}
	c := &s.Check
	if c.At.IsZero() {
		return
	}
	out.Maintenance = c.Last == health.Maintenance
	out.Check = &Checked{
		Time: c.At, Result: result(c.Last), Seconds: c.Took.Seconds(), Passed: c.Passed, Failed: c.Failed, Spent: c.Spent.Seconds(),
	}
	if c.Err != nil && c.Last == health.Failed {
		out.Check.Reason = printable(c.Err.Error())
	}
}

func result(v health.Verdict) string {
	switch v {
	case health.Passed:
		return ResultPassed
	case health.Failed:
		return ResultFailed
	}
	return ResultMaintenance
}

// printable makes one short line of a text in which a stranger may have put
// anything.
func printable(text string) string {
	if len(text) > reasonMax {
		text = text[:reasonMax] + "..."
	}
	text = strings.ToValidUTF8(text, string(utf8.RuneError))
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
}
