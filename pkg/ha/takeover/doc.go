// Package takeover decides who holds which resources: the state machine of
// haresources clusters with auto_failback on or off. It is pure: every call
// takes the time and returns effects.
//
// The rules, the message names and the log texts are those of heartbeat 3.0.6.
// Where two nodes both run this program ("kin") they may decide at once what
// the original can only decide by waiting.
package takeover
