// Package agent is the scripts of resource.d other than the addresses: those that
// a system call does, those that run a tool of the system, and the wrappers of
// the OCF agents that may be installed. Arguments, output and exit codes are those
// of the original scripts, so that a real heartbeat 3.0.6 can run them, too.
package agent
