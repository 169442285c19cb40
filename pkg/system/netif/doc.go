// Package netif sets addresses on interfaces, chooses the interface that an
// address belongs to, announces addresses by gratuitous ARP and unsolicited
// neighbour advertisements, and tells of changes. It is the only package that talks rtnetlink and AF_PACKET.
//
// A Host, and whatever is made from it, belongs to the network namespace of
// the thread that called Open, whichever thread uses it later.
package netif
