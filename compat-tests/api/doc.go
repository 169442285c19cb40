// Package api runs the programs that stand on heartbeat's client API against the
// original daemon and against ours, and compares what they print and how they
// exit.
package api
