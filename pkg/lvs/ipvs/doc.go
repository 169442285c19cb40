// Package ipvs reads and changes the kernel's IPVS table, through libipvs and,
// for what that cannot say, by generic netlink of its own. The interface that
// it fulfils belongs to the director.
package ipvs
