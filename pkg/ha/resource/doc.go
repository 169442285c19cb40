// Package resource starts, stops and judges the resources of a haresources
// group: scripts of resource.d and init.d, and the addresses that need none.
// The agents IPaddr and IPaddr2 run inside the daemon or, called by name, as
// commands beside any heartbeat.
package resource
