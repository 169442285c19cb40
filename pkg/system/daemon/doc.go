// Package daemon holds what a program needs to live in the background: pid
// files, the lock against a second start, detaching with a report of success,
// and realtime priority.
package daemon
