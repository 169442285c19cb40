package ipvs

import (
	"encoding/binary"
	"errors"
	"net"
	"syscall"

	"github.com/mqliang/libipvs"

	"lvsha/pkg/lvs/config"
	"lvsha/pkg/lvs/plan"
)

// The kernel's flags of a service, linux/ip_vs.h.
const (
	flagPersistent = 0x01
	flagOnePacket  = 0x04
	flagSched      = 3 // shift of the scheduler's flags
	schedMask      = 7 << flagSched
)

// The kernel's forwarding methods, linux/ip_vs.h.
const (
	methodMask   = 0x7
	methodMasq   = 0
	methodLocal  = 1
	methodTunnel = 2
	methodRoute  = 3
)

func family(ipv6 bool) libipvs.AddressFamily {
	if ipv6 {
		return syscall.AF_INET6
	}
	return syscall.AF_INET
}

// speaksRaw says whether libipvs cannot name the service: it takes port 0 for a
// missing port.
func speaksRaw(s plan.Service) bool { return s.Protocol != config.FWM && s.Port == 0 }

func flagsOf(s plan.Service) uint32 {
	flags := uint32(s.Flags) << flagSched
	if s.Persistent > 0 {
		flags |= flagPersistent
	}
	if s.OnePacket {
		flags |= flagOnePacket
	}
	return flags
}

// maskToKernel turns an IPv4 mask into the byte order of the network, in which
// the kernel keeps it; a prefix length stays a number.
func maskToKernel(s plan.Service) uint32 {
	if s.IPv6 {
		return s.Netmask
	}
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], s.Netmask)
	return binary.NativeEndian.Uint32(b[:])
}

func maskFromKernel(mask uint32, ipv6 bool) uint32 {
	if ipv6 {
		return mask
	}
	var b [4]byte
	binary.NativeEndian.PutUint32(b[:], mask)
	return binary.BigEndian.Uint32(b[:])
}

func protocolNumber(p config.Protocol) uint16 {
	if p == config.UDP {
		return syscall.IPPROTO_UDP
	}
	return syscall.IPPROTO_TCP
}

func toService(s plan.Service) *libipvs.Service {
	service := &libipvs.Service{
		AddressFamily: family(s.IPv6), SchedName: s.Scheduler, Timeout: s.Persistent, Netmask: maskToKernel(s),
		Flags: libipvs.Flags{Flags: flagsOf(s), Mask: ^uint32(0)},
	}
	if s.Protocol == config.FWM {
		service.FWMark = s.Mark
		return service
	}
	service.Protocol = libipvs.Protocol(protocolNumber(s.Protocol))
	service.Address = net.IP(s.Addr.AsSlice())
	service.Port = s.Port
	return service
}

var errForeignKind = errors.New("a service of another kind")

func methodOf(f config.Forward) uint32 {
	return map[config.Forward]uint32{config.Gate: methodRoute, config.Masq: methodMasq, config.IPIP: methodTunnel}[f]
}

// forwardOf reads a method; kernels before 2.6.37 list a server on the director
// itself as local, whatever it was given.
func forwardOf(method uint32) config.Forward {
	switch method & methodMask {
	case methodMasq:
		return config.Masq
	case methodTunnel:
		return config.IPIP
	}
	return config.Gate
}

func toDest(d plan.Dest) *libipvs.Destination {
	return &libipvs.Destination{
		AddressFamily: family(d.Addr.Addr().Is6()), Address: net.IP(d.Addr.Addr().AsSlice()), Port: d.Addr.Port(),
		FwdMethod: libipvs.FwdMethod(methodOf(d.Forward)), Weight: uint32(d.Weight),
		UThresh: uint32(d.Upper), LThresh: uint32(d.Lower),
	}
}

// explain says what the kernel's refusal means for this operation.
func explain(op plan.Op, err error) error {
	errno := errnoOf(err)
	text := ""
	switch {
	case errno == syscall.ESRCH:
		text = "the service is not in the table"
	case errno == syscall.ENOENT && op.Action <= plan.EditService:
		text = "the kernel has no scheduler " + op.Service.Scheduler
	case errno == syscall.ENOENT:
		text = "the server is not in the table"
	case errno == syscall.EEXIST:
		text = "it is already in the table"
	case errno == syscall.ERANGE:
		text = "the weight or a threshold is out of range"
	case errno != 0:
		text = errno.Error()
	default:
		return err
	}
	return &refusal{errno, text}
}

// refusal is an error of the kernel in words, which still is its number.
type refusal struct {
	errno syscall.Errno
	text  string
}

// Error implements error.
func (r *refusal) Error() string { return r.text }

// Unwrap gives the number to errors.Is.
func (r *refusal) Unwrap() error { return r.errno }

// errnoOf finds the number in an error of ours or of libipvs.
func errnoOf(err error) syscall.Errno {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno
	}
	var answer interface{ Payload() syscall.NlMsgerr }
	if errors.As(err, &answer) {
		return syscall.Errno(-answer.Payload().Error)
	}
	return 0
}
