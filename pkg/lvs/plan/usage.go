package plan

// Counters are what the kernel has counted of a service or a server since it is
// in the table. Kernels before 4.1 count connections and packets in 32 bits.
type Counters struct {
	Connections           uint64
	InPackets, OutPackets uint64
	InBytes, OutBytes     uint64
}

// Rates are the kernel's own estimates, each per second; they follow a change
// within some ten seconds.
type Rates struct {
	Connections           uint64
	InPackets, OutPackets uint64
	InBytes, OutBytes     uint64
}

// Traffic is what went through a service or a server.
type Traffic struct {
	Counters Counters
	Rates    Rates
}

// DestUse is a server of the table with its use.
type DestUse struct {
	Dest
	Active, Inactive, Persistent int // connections and templates
	Traffic
}

// ServiceUse is a service of the table with its use.
type ServiceUse struct {
	Service
	Dests []DestUse // in the order of their addresses
	Traffic
}

// Usage is the kernel's table with what it counts, in the order of the keys.
type Usage []ServiceUse
