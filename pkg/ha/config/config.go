// Package config reads ha.cf, haresources and authkeys into validated values.
// Every finding carries its file and line, so that start, reload and config
// check say the same.
package config

import (
	"time"

	"lvsha/pkg/ha/message"
)

// Failback is the value of ha.cf(5) auto_failback.
type Failback uint8

// The values of auto_failback.
const (
	FailbackLegacy Failback = iota // the default: the protocol before 2.0
	FailbackOff
	FailbackOn
)

// Medium is one way to the other nodes: one media directive of ha.cf, split so
// that a directive with several values gives several media.
type Medium struct {
	Kind   string // directive: ucast, bcast, mcast, serial, ping, …
	Device string // interface or tty; ping nodes: the node name
	Addr   string // peer address, group address or ping host, as written
	Hosts  []string
	Port   int
	TTL    int
	Loop   bool
	Baud   int
	Line   int
}

// Name is the name of the link as logs and status show it: interface, tty or
// ping node.
func (m Medium) Name() string { return m.Device }

// Parameter is one recorded ha.cf setting: scripts see it as HA_<Name>, clients
// ask for it by name. Value is the text as written, defaults filled in.
type Parameter struct{ Name, Value string }

// Client is a respawn or failfast line.
type Client struct {
	User, Command string
	Failfast      bool
	Line          int
}

// APIAuth is an apiauth line: who may connect as which client.
type APIAuth struct {
	Client     string
	UIDs, GIDs []string // names or numbers; nil if the list is not given
	Line       int
}

// Fence is a stonith or stonith_host line: the device that resets the other
// node before its resources are taken.
type Fence struct {
	Type   string
	Params []string
	File   string // holds the parameters instead, "" if they are given
	Line   int
}

// HA is ha.cf after defaults have been applied. Durations are exact.
type HA struct {
	Cluster       string
	Nodes         []string // lower case, in file order, duplicates removed
	Table         []string // nodes and ping nodes in file order
	Hopfudge      int
	Keepalive     time.Duration
	Deadtime      time.Duration
	Warntime      time.Duration
	Initdead      time.Duration
	Deadping      time.Duration
	UDPPort       int
	AutoFailback  Failback
	Media         []Medium
	Logfile       string // "" when none
	Debugfile     string // "" when none
	Logfacility   string // "" when none
	UseLogd       bool
	ConnLogdTime  time.Duration // between attempts to reach the log daemon
	SyslogMsgFmt  bool
	Debug         int
	DebugGiven    bool // ha.cf says it; it overrides -d then
	LogBadpack    bool
	Netstring     bool // msgfmt netstring
	Compress      bool // traditional_compression
	CompressOver  int  // bytes of a message above which that applies
	GenMethodTime bool // hbgenmethod time
	UUIDFromName  bool // uuidfrom nodename
	MaxRexmit     time.Duration
	Realtime      bool
	RTPrio        int
	Coredumps     bool
	Coreroot      string // the directory of the working directory, "" for the usual one
	Watchdog      string
	Respawn       []Client
	APIAuth       []APIAuth
	Fence         *Fence      // nil if nothing fences
	Env           []Parameter // env NAME=VALUE, without the HA_ prefix
	Parameters    []Parameter // recorded parameters in table order
}

// Resource is one word of a haresources line.
type Resource struct {
	Word   string   // as written
	Script string   // name of the script, "IPaddr" for a bare address
	Args   []string // arguments before the action, empty ones dropped
}

// Group is one logical line of haresources.
type Group struct {
	Node      string // preferred node, lower case
	Resources []Resource
	Line      int // physical line where it begins
}

// Key is the first resource word, which names the group.
func (g Group) Key() string {
	if len(g.Resources) == 0 {
		return ""
	}
	return g.Resources[0].Word
}

// Config is everything /etc/ha.d says.
type Config struct {
	Dir    string // as given, for example /etc/ha.d
	Node   string // name of this node, lower case: nodeinfo or uname -n
	HA     HA
	Groups []Group
	Keys   *message.Keyring
}
