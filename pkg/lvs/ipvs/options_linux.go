package ipvs

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"lvsha/pkg/lvs/config"
	"lvsha/pkg/lvs/plan"
)

// The numbers of linux/ip_vs.h for the table by socket options: older than generic
// netlink, of IPv4 only, and several times as quick, for an answer is one array.
const (
	optionInfo     = 64 + 1024 + 64 + 1 // IP_VS_SO_GET_INFO
	optionServices = optionInfo + 1     // IP_VS_SO_GET_SERVICES
	optionDests    = optionInfo + 3     // IP_VS_SO_GET_DESTS
)

// counters is struct ip_vs_stats_user.
type counters struct {
	_ [3]uint32
	_ [2]uint64
	_ [5]uint32
}

// infoOption is struct ip_vs_getinfo.
type infoOption struct{ _, _, services uint32 }

// servicesHead is struct ip_vs_get_services without its entries.
type servicesHead struct {
	_        [0]counters // aligned as its entries are
	services uint32
}

// serviceOption is struct ip_vs_service_entry. Address and port are in the byte
// order of the network.
type serviceOption struct {
	protocol uint16
	addr     uint32
	port     [2]byte
	mark     uint32
	_        [16]byte // scheduler
	_        [3]uint32
	dests    uint32 // of both families
	_        counters
}

// destsHead is struct ip_vs_get_dests without its entries.
type destsHead struct {
	_        [0]counters
	protocol uint16
	addr     uint32
	port     [2]byte
	mark     uint32
	dests    uint32
}

// destOption is struct ip_vs_dest_entry.
type destOption struct {
	addr         uint32
	port         [2]byte
	method       uint32
	weight       int32
	upper, lower uint32
	_            [3]uint32
	_            counters
}

// options reads IPv4 services by socket options. What it does not tell for certain
// is left to netlink.
type options struct {
	fd   int
	room []uint64 // of an answer, aligned as its parts are
}

func openOptions() (*options, error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	return &options{fd: fd}, nil
}

func (o *options) close() error { return syscall.Close(o.fd) }

// answerRoom returns zeroed room for a head with n entries.
func answerRoom[Head, Entry any](o *options, n int) (*Head, []Entry, uintptr) {
	var head Head
	var entry Entry
	size := unsafe.Sizeof(head) + uintptr(n)*unsafe.Sizeof(entry)
	words := int(size+7) / 8
	if cap(o.room) < words {
		o.room = make([]uint64, words)
	}
	o.room = o.room[:words]
	clear(o.room)
	start := unsafe.Pointer(unsafe.SliceData(o.room))
	return (*Head)(start), unsafe.Slice((*Entry)(unsafe.Add(start, unsafe.Sizeof(head))), n), size
}

// get asks for an option of exactly this size. It does not wait, so that the
// runtime is not told of it, as in inbox.take.
func (o *options) get(option int, size uintptr) error {
	length := uint32(size)
	_, _, errno := unix.RawSyscall6(unix.SYS_GETSOCKOPT, uintptr(o.fd), unix.IPPROTO_IP, uintptr(option),
		uintptr(unsafe.Pointer(unsafe.SliceData(o.room))), uintptr(unsafe.Pointer(&length)), 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// sizes returns how many servers each IPv4 service has, and all of them together;
// none if the kernel does not tell. What changes meanwhile shows when its servers
// are read.
func (o *options) sizes() (sizes map[plan.Key]int, all int) {
	info, _, size := answerRoom[infoOption, struct{}](o, 0)
	if o.get(optionInfo, size) != nil {
		return nil, 0
	}
	head, entries, size := answerRoom[servicesHead, serviceOption](o, int(info.services))
	head.services = uint32(len(entries))
	if o.get(optionServices, size) != nil {
		return nil, 0
	}
	sizes = make(map[plan.Key]int, len(entries))
	for i := range entries {
		if key, ok := entries[i].key(); ok {
			sizes[key] = int(entries[i].dests)
			all += sizes[key]
		}
	}
	return sizes, all
}

func (s *serviceOption) key() (key plan.Key, ok bool) {
	if s.mark != 0 {
		return plan.Key{Protocol: config.FWM, Mark: s.mark}, true
	}
	switch s.protocol {
	case syscall.IPPROTO_TCP:
	case syscall.IPPROTO_UDP:
		key.Protocol = config.UDP
	default:
		return key, false
	}
	key.Addr, key.Port = addr4(s.addr), binary.BigEndian.Uint16(s.port[:])
	return key, true
}

// errNotAsCounted is of a service whose servers are not all IPv4 ones, or have
// changed since they were counted.
var errNotAsCounted = errors.New("another number of servers")

// dests appends the servers of an IPv4 service that has n of them to a list.
func (o *options) dests(list []plan.Dest, key plan.Key, n int) ([]plan.Dest, error) {
	// The kernel fills what room there is and does not say how far: that the last
	// entry stays empty shows that there are no more.
	head, entries, size := answerRoom[destsHead, destOption](o, n+1)
	head.dests = uint32(len(entries))
	if key.Protocol == config.FWM {
		head.mark = key.Mark
	} else {
		addr := key.Addr.As4()
		head.protocol, head.addr = protocolNumber(key.Protocol), binary.NativeEndian.Uint32(addr[:])
		binary.BigEndian.PutUint16(head.port[:], key.Port)
	}
	if err := o.get(optionDests, size); err != nil {
		return list, err
	}
	before := len(list)
	for i := range entries {
		// No server has the address 0.0.0.0: the kernel refuses it.
		if d := &entries[i]; d.addr != 0 {
			list = append(list, d.dest())
		}
	}
	if len(list)-before != n {
		return list[:before], errNotAsCounted
	}
	return list, nil
}

func (d *destOption) dest() plan.Dest {
	return plan.Dest{
		Addr:    netip.AddrPortFrom(addr4(d.addr), binary.BigEndian.Uint16(d.port[:])),
		Forward: forwardOf(d.method), Weight: int(d.weight), Upper: int(d.upper), Lower: int(d.lower),
	}
}

// addr4 reads an address in the byte order of the network.
func addr4(n uint32) netip.Addr {
	var b [4]byte
	binary.NativeEndian.PutUint32(b[:], n)
	return netip.AddrFrom4(b)
}
