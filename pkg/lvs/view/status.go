package view

import (
	"net/netip"
	"time"

	"lvsha/pkg/lvs/config"
	"lvsha/pkg/lvs/plan"
)

// Format is the number of the document's form. It grows when a field goes or
// changes its meaning, not when one is added.
const Format = 1

// Status is the document. There is no password in it, and no request or answer
// of a check apart from the reason of a failure.
type Status struct {
	Format   int        `json:"format"`
	Program  string     `json:"program"` // ldirectord
	Version  string     `json:"version"`
	Host     string     `json:"host"`
	Time     time.Time  `json:"time"`
	Instance string     `json:"instance"`
	Running  bool       `json:"running"`
	PID      int        `json:"pid,omitempty"`
	Reason   string     `json:"reason,omitempty"` // why the daemon has not told this
	Started  *time.Time `json:"started,omitempty"`
	Phase    string     `json:"phase,omitempty"` // starting, running, stopping or reloading
	Ready    bool       `json:"ready"`
	Standby  bool       `json:"standby"` // only the checks run
	Changes  uint64     `json:"changes"` // grows with every change of a server or of the configuration
	Config   File       `json:"config"`
	Kernel   Kernel     `json:"kernel"`
	Virtuals []Virtual  `json:"virtuals"`
}

// File is the configuration.
type File struct {
	Path           string     `json:"path"`
	Read           *time.Time `json:"read,omitempty"` // that which is in effect
	MaintenanceDir string     `json:"maintenancedir,omitempty"`
	Reload         *Verdict   `json:"reload,omitempty"` // the last one
}

// Verdict is how a reload ended.
type Verdict struct {
	Time     time.Time `json:"time"`
	InEffect bool      `json:"in_effect"`
	Errors   int       `json:"errors"`
	Warnings int       `json:"warnings"`
	Line     int       `json:"line,omitempty"` // of the first finding
}

// Kernel says whether the table could be read.
type Kernel struct {
	Available bool   `json:"available"`
	Error     string `json:"error,omitempty"`
}

// Virtual is a virtual service.
type Virtual struct {
	ID         string     `json:"id"` // tcp:ADDR:PORT, udp:ADDR:PORT, fwm:MARK or fwm6:MARK
	Protocol   string     `json:"protocol"`
	Address    netip.Addr `json:"address"` // empty with a mark
	Port       uint16     `json:"port,omitempty"`
	Mark       uint32     `json:"mark,omitempty"`
	IPv6       bool       `json:"ipv6"`
	Name       string     `json:"servicename,omitempty"`
	Comment    string     `json:"comment,omitempty"`
	Scheduler  string     `json:"scheduler"`
	Persistent int        `json:"persistent_seconds"`
	CheckType  string     `json:"checktype,omitempty"`
	Service    string     `json:"service,omitempty"`
	Quiescent  bool       `json:"quiescent"`
	OnHost     bool       `json:"on_host"` // this host has the address
	Configured bool       `json:"configured"`
	InKernel   bool       `json:"in_kernel"`
	Refused    string     `json:"refused,omitempty"` // why the kernel cannot have it
	Up         int        `json:"up"`
	Total      int        `json:"total"` // of the configured servers
	Fallback   *Fallback  `json:"fallback,omitempty"`
	Reals      []Real     `json:"reals"`
	Plots      *Plots     `json:"plots,omitempty"`
	Traffic
}

// Fallback is the server of last resort.
type Fallback struct {
	Entry  string `json:"entry"`
	InUse  bool   `json:"in_use"`
	Weight *int   `json:"weight_kernel"` // null: not in the table
	Use
}

// Real is a real server of a virtual service.
type Real struct {
	Server      string     `json:"server"` // address and port as configured
	Entry       string     `json:"entry"`  // as they are in the kernel's table
	Address     netip.Addr `json:"address"`
	Port        uint16     `json:"port"`
	Forward     string     `json:"forward"`
	Configured  bool       `json:"configured"`
	State       string     `json:"state,omitempty"` // up, down or unknown
	Since       *time.Time `json:"since,omitempty"`
	Maintenance bool       `json:"maintenance"`
	Failures    int        `json:"failures"` // in a row
	FailLimit   int        `json:"failurecount"`
	Transitions uint64     `json:"transitions"`
	Check       *Checked   `json:"check,omitempty"`
	Weight      Weight     `json:"weight"`
	Plots       *Plots     `json:"plots,omitempty"`
	Use

	entry netip.AddrPort // of Entry, where it is known
}

// Weight is a server's, where it is in the table.
type Weight struct {
	Configured int  `json:"configured"`
	Wanted     *int `json:"wanted"` // null: it shall not be in the table, or nothing is known of it
	Kernel     *int `json:"kernel"` // null: it is not in the table
}

// Checked is the last check of a server, and all of them.
type Checked struct {
	Time    time.Time `json:"time"`
	Result  string    `json:"result"` // passed, failed or maintenance
	Seconds float64   `json:"seconds"`
	Reason  string    `json:"reason,omitempty"`
	Passed  uint64    `json:"passed"`
	Failed  uint64    `json:"failed"`
	Spent   float64   `json:"seconds_total"`
}

// Use is what the kernel counts of a server; all 0 if it is not in the table.
type Use struct {
	Connections Connections `json:"connections"`
	Traffic
}

// Connections are those that the kernel knows now.
type Connections struct {
	Active     int `json:"active"`
	Inactive   int `json:"inactive"`
	Persistent int `json:"persistent"`
}

// Traffic is what was counted since the entry is in the table, and the rates a
// second.
type Traffic struct {
	Counters Counts `json:"counters"`
	Rates    Counts `json:"rates"`
}

// Counts are numbers of one kind each.
type Counts struct {
	Connections uint64 `json:"connections"`
	InPackets   uint64 `json:"in_packets"`
	OutPackets  uint64 `json:"out_packets"`
	InBytes     uint64 `json:"in_bytes"`
	OutBytes    uint64 `json:"out_bytes"`
}

// The words of a server's state and of a check's result.
const (
	StateUp           = "up"
	StateDown         = "down"
	StateUnknown      = "unknown"
	ResultPassed      = "passed"
	ResultFailed      = "failed"
	ResultMaintenance = "maintenance"
)

// Key is the service's name in the kernel.
func (v *Virtual) Key() plan.Key {
	k := plan.Key{IPv6: v.IPv6, Addr: v.Address, Port: v.Port, Mark: v.Mark}
	switch v.Protocol {
	case config.UDP.String():
		k.Protocol = config.UDP
	case config.FWM.String():
		k.Protocol = config.FWM
	}
	return k
}

// Label names the service for people: its address or mark.
func (v *Virtual) Label() string {
	k := v.Key()
	return (&config.Virtual{Protocol: k.Protocol, Addr: k.Addr, Port: k.Port, Mark: k.Mark, IPv6: k.IPv6}).Name()
}
