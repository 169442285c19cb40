// Package pair runs two cluster nodes and a client on this machine: each node in
// network, mount, host-name and process-id namespaces of its own, with the real
// heartbeat 3.0.6 or with ours, started by its init script. It writes down who
// holds the address, what is on the wire and what the client sees.
//
// A program that uses it calls Agent first thing in main or TestMain: the
// namespaces are run by the same binary under another name.
package pair
