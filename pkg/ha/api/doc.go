// Package api is the local client API: what programs linked with libhbclient,
// such as cl_status(1) and ipfail, say to the daemon and hear from it.
//
// Machine decides everything and does no input or output; the loop of a node
// owns it. Listener is the socket: it never makes the loop wait.
package api
