// Package view is what can be seen of a director: what its loop believes, joined
// with what the kernel has, as a documented JSON document and as text for a
// terminal. It decides and reads nothing; docs/status-ldirectord.schema.json
// describes the document.
package view

import (
	"time"

	"lvsha/pkg/lvs/config"
	"lvsha/pkg/lvs/health"
)

// State is a copy of what the director's loop believes. Nothing in it changes
// any more: what it points to belongs to a configuration, which is never written
// to after it has been read.
type State struct {
	At       time.Time
	Changes  uint64 // of servers, as the director counts them
	Path     string // of the configuration, absolute
	Started  time.Time
	Phase    config.AlertStatus
	Ready    bool // the table stands
	Standby  bool // the servers are checked and the table is left alone
	Read     time.Time
	Reload   *Reload // nil: none so far
	Config   *config.Config
	Services []Service
}

// Reload is the verdict of the last reload.
type Reload struct {
	At               time.Time
	Errors, Warnings int
	// Line is that of the first error, else of the first warning; 0 if there is
	// none. The words are in the log: they may quote the file.
	Line int
}

// Service is a virtual service as the loop sees it.
type Service struct {
	Config  *config.Virtual
	Settled bool // servers of which nothing is known are not waited for any more
	Servers []Server
}

// Server is a real server of a virtual service as the loop sees it.
type Server struct {
	Health      health.Server
	Since       time.Time // of the state
	Transitions uint64    // changes between up and down since the start
	Check       Check
}

// Check is what is known of the checks of a server. Services that share a check
// have the same.
type Check struct {
	Last           health.Verdict
	At             time.Time // of the last result; zero if there is none
	Took           time.Duration
	Err            error         // why it failed
	Passed, Failed uint64        // rounds; those in maintenance count as neither
	Spent          time.Duration // in all rounds that passed or failed
}
