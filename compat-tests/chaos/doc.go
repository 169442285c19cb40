// Package chaos puts real pairs in namespaces through random faults, round after
// round, and has the history of each judged as that of the simulation is. A seed
// chooses the faults; what the machine makes of them is written to a file.
package chaos
