// Package config reads ldirectord.cf into validated values. It takes every file
// that the original takes, with the same meaning, finds all errors of a file in
// one run, and is the same code for start, reload and check.
package config

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"lvsha/pkg/lvs/pattern"
)

// Secret is a value that must not reach a log; it prints as <secret>.
type Secret string

// String hides the value.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "<secret>"
}

// GoString hides the value from %#v.
func (s Secret) GoString() string { return s.String() }

// Protocol of a virtual service.
type Protocol uint8

// The protocols, as protocol= names them.
const (
	TCP Protocol = iota
	UDP
	FWM // a firewall mark
)

// String returns the word that protocol= takes.
func (p Protocol) String() string { return [...]string{"tcp", "udp", "fwm"}[p] }

// Forward is how packets reach a real server.
type Forward uint8

// The forwarding methods.
const (
	Gate Forward = iota // direct routing
	Masq                // network address translation
	IPIP                // tunnel
)

// String returns the word that real= takes.
func (f Forward) String() string { return [...]string{"gate", "masq", "ipip"}[f] }

// CheckType says how a real server is judged (checktype=).
type CheckType uint8

// The check types.
const (
	Negotiate CheckType = iota
	Connect
	Ping
	External
	ExternalPerl
	Combined // checktype=N: one negotiate, then N connects
	On
	Off
)

// String returns the word that checktype= takes; combined has only a number.
func (c CheckType) String() string {
	return [...]string{"negotiate", "connect", "ping", "external", "external-perl", "combined", "on", "off"}[c]
}

// AlertStatus is the set of phases in which mail is sent (emailalertstatus=).
type AlertStatus uint8

// The phases.
const (
	Starting AlertStatus = 1 << iota
	Running
	Stopping
	Reloading
	AllPhases AlertStatus = Starting | Running | Stopping | Reloading
)

// String returns the word of one phase.
func (s AlertStatus) String() string {
	for _, w := range alertWords {
		if s == w.bit {
			return w.word
		}
	}
	return fmt.Sprintf("phases %#x", uint8(s))
}

// Alert is where and when mail about a virtual service goes.
type Alert struct {
	To     string        // emailalert; empty: no mail
	From   string        // emailalertfrom; empty: the sender's login
	Every  time.Duration // emailalertfreq; 0: no reminders
	Status AlertStatus   // emailalertstatus
	SMTP   string        // smtp; empty: the local mailer
}

// Real is one real server of a virtual service.
type Real struct {
	Addr    netip.Addr
	Port    uint16 // 0 when none was given
	Forward Forward
	Weight  int
	Lower   int // l: threshold of connections
	Upper   int // u: threshold of connections
	// Request and Receive are the pair at the end of the line. HasReceive is
	// false also where the original forgets the receive string: after a request
	// with a leading slash.
	Request    string
	Receive    string
	HasRequest bool
	HasReceive bool
	Line       int
}

// Name is the server as logs and files spell it: address and configured port,
// IPv6 in brackets.
func (r Real) Name() string { return netip.AddrPortFrom(r.Addr, r.Port).String() }

// Fallback is the server of last resort. Its weight is always 1.
type Fallback struct {
	Addr    netip.Addr
	Port    uint16
	Forward Forward
}

// Virtual is one virtual service with everything that applies to it: what the
// section does not say has been taken from the global directives.
type Virtual struct {
	Line     int // of virtual=
	IPv6     bool
	Protocol Protocol
	Addr     netip.Addr // invalid for a mark
	Port     uint16
	Mark     uint32 // with protocol FWM

	Reals    []Real
	Fallback *Fallback // nil: none

	Scheduler  string
	SchedFlags string
	Persistent time.Duration // 0: not persistent
	Netmask    string        // as written; only used when persistent
	OnePacket  bool          // ops, only with UDP
	// Refused says why the kernel does not take such a service; the original
	// runs without it. Empty: nothing is wrong.
	Refused string

	CheckType    CheckType
	Connects     int // N of checktype=N
	Service      string
	CheckPort    uint16 // 0: the real server's port
	CheckCommand string
	Request      string
	Receive      string
	VirtualHost  *string // nil: none given
	HTTPMethod   string  // GET or HEAD
	Login        string
	Passwd       Secret
	Database     string
	Secret       Secret

	CheckTimeout     time.Duration
	NegotiateTimeout time.Duration
	CheckInterval    time.Duration
	CheckCount       int
	FailureCount     int

	Quiescent       bool
	CleanStop       bool
	FallbackCommand string
	MonitorFile     string
	ServiceName     string
	Comment         string
	Alert           Alert
}

// Name is the service as the original's log spells it: ADDR:PORT or the mark.
func (v *Virtual) Name() string {
	if v.Protocol == FWM {
		return fmt.Sprint(v.Mark)
	}
	return netip.AddrPortFrom(v.Addr, v.Port).String()
}

// ID names the service uniquely: tcp:ADDR:PORT, udp:ADDR:PORT, fwm:MARK or
// fwm6:MARK.
func (v *Virtual) ID() string {
	if v.Protocol == FWM && v.IPv6 {
		return "fwm6:" + v.Name()
	}
	return v.Protocol.String() + ":" + v.Name()
}

// Global is what stands outside the sections and belongs to no service.
type Global struct {
	CheckInterval  time.Duration
	AutoReload     bool
	Callback       string
	LogFile        string   // a path or a syslog facility
	Execute        []string // in the order of the file, each once
	Supervised     bool
	Fork           bool
	ReaddQuiescent bool
	MaintenanceDir string
	AlertFrom      string
}

// Config is one ldirectord.cf.
type Config struct {
	Path     string
	Global   Global
	Virtuals []Virtual
}

// ReceivePattern compiles what a check of this service looks for; the zero
// pattern matches everything. Load has made sure that it compiles where the
// check uses it.
func (v *Virtual) ReceivePattern(r Real) (pattern.Pattern, error) {
	_, receive := v.Pair(r)
	return pattern.Compile(receive)
}

// Pair is the request and the receive string that hold for a real server. The
// rule follows ldirectord's: http and its kin use the server's own pair only as
// a whole, other services each half that is given.
func (v *Virtual) Pair(r Real) (request, receive string) {
	request, receive = v.Request, v.Receive
	if strings.HasPrefix(v.Service, "http") && !r.HasReceive {
		return request, receive
	}
	if r.HasRequest {
		request = r.Request
	}
	if r.HasReceive {
		receive = r.Receive
	}
	return request, receive
}

// defaultPorts are the ports that belong to a service (ldirectord(8) service).
var defaultPorts = []struct {
	service string
	port    uint16
}{
	{"ftp", 21}, {"smtp", 25}, {"dns", 53}, {"http", 80}, {"pop", 110}, {"nntp", 119}, {"imap", 143},
	{"ldap", 389}, {"https", 443}, {"submission", 587}, {"ldaps", 636}, {"imaps", 993}, {"pops", 995},
	{"oracle", 1521}, {"radius", 1812}, {"http_proxy", 3128}, {"mysql", 3306}, {"sip", 5060}, {"pgsql", 5432},
}

func serviceOfPort(port uint16) string {
	for _, d := range defaultPorts {
		if d.port == port {
			return d.service
		}
	}
	return "none"
}

// PortFor is the port that a check of the real server connects to: checkport,
// else the server's, else the service's own; 0 if there is none.
func (v *Virtual) PortFor(r Real) uint16 {
	if v.CheckPort != 0 {
		return v.CheckPort
	}
	if r.Port != 0 {
		return r.Port
	}
	for _, d := range defaultPorts {
		if d.service == v.Service {
			return d.port
		}
	}
	return 0
}
