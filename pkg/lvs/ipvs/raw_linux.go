package ipvs

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"syscall"

	"lvsha/pkg/lvs/config"
	"lvsha/pkg/lvs/plan"
)

// The numbers of linux/genetlink.h and linux/ip_vs.h that are needed here.
const (
	ctrlFamily     = 16
	ctrlGetFamily  = 3
	ctrlFamilyID   = 1
	ctrlFamilyName = 2
	familyName     = "IPVS"

	ipvsVersion = 1
	attrService = 1
	attrDest    = 2

	svcFamily, svcProtocol, svcAddr, svcPort, svcMark       = 1, 2, 3, 4, 5
	svcScheduler, svcFlags, svcTimeout, svcNetmask          = 6, 7, 8, 9
	destAddr, destPort, destMethod, destWeight              = 1, 2, 3, 4
	destUpper, destLower, destFamily                        = 5, 6, 11
	cmdGetDest                                        uint8 = 8
)

var commands = map[plan.Action]uint8{
	plan.AddService: 1, plan.EditService: 2, plan.DeleteService: 3, plan.AddDest: 5, plan.EditDest: 6, plan.DeleteDest: 7,
}

// rawConn says what libipvs cannot, and lists the table: it may have thousands of
// services, the servers of each are asked for by themselves, and libipvs makes many
// times the size of an answer of it.
type rawConn struct {
	genl   *genl
	family uint16
}

// openRaw looks the family up by name, at which the kernel loads the module.
func openRaw() (*rawConn, error) {
	g, err := openGenl()
	if err != nil {
		return nil, err
	}
	r := &rawConn{genl: g}
	if r.family, err = lookup(g); err != nil {
		_ = g.close()
		return nil, err
	}
	return r, nil
}

// lookup asks for the number of the family. The kernel loads the module if it
// can.
func lookup(g *genl) (uint16, error) {
	answers, err := g.request(ctrlFamily, ctrlGetFamily, 1, 0, []attr{text(ctrlFamilyName, familyName)})
	if err != nil {
		if errors.Is(err, syscall.ENOENT) {
			return 0, ErrNoIPVS
		}
		return 0, err
	}
	for _, a := range answers {
		if id := a[ctrlFamilyID]; len(id) == 2 {
			return binary.NativeEndian.Uint16(id), nil
		}
	}
	return 0, ErrNoIPVS
}

func (r *rawConn) close() error { return r.genl.close() }

// port is a number in the byte order of the network.
func port(kind, n uint16) attr { return attr{kind: kind, value: binary.BigEndian.AppendUint16(nil, n)} }

func serviceAttrs(s plan.Service, full bool) attr {
	attrs := []attr{u16(svcFamily, uint16(family(s.IPv6)))}
	if s.Protocol == config.FWM {
		attrs = append(attrs, u32(svcMark, s.Mark))
	} else {
		attrs = append(attrs, u16(svcProtocol, protocolNumber(s.Protocol)), attr{kind: svcAddr, value: s.Addr.AsSlice()}, port(svcPort, s.Port))
	}
	if full {
		flags := binary.NativeEndian.AppendUint32(nil, flagsOf(s))
		flags = binary.NativeEndian.AppendUint32(flags, ^uint32(0))
		attrs = append(attrs, text(svcScheduler, s.Scheduler), attr{kind: svcFlags, value: flags},
			u32(svcTimeout, s.Persistent), u32(svcNetmask, maskToKernel(s)))
	}
	return attr{kind: attrService, nested: attrs}
}

func destAttrs(d plan.Dest, full bool) attr {
	attrs := []attr{
		u16(destFamily, uint16(family(d.Addr.Addr().Is6()))), {kind: destAddr, value: d.Addr.Addr().AsSlice()},
		port(destPort, d.Addr.Port()),
	}
	if full {
		attrs = append(attrs, u32(destMethod, methodOf(d.Forward)), u32(destWeight, uint32(d.Weight)),
			u32(destUpper, uint32(d.Upper)), u32(destLower, uint32(d.Lower)))
	}
	return attr{kind: attrDest, nested: attrs}
}

func opAttrs(op plan.Op) []attr {
	attrs := []attr{serviceAttrs(op.Service, op.Action <= plan.EditService)}
	if op.Action >= plan.AddDest {
		attrs = append(attrs, destAttrs(op.Dest, op.Action != plan.DeleteDest))
	}
	return attrs
}

func (r *rawConn) apply(op plan.Op) error {
	_, err := r.genl.request(r.family, commands[op.Action], ipvsVersion, syscall.NLM_F_ACK, opAttrs(op))
	return err
}

// maxTogether is how many operations go into one message. What the kernel says of
// them must fit into the socket's buffer, if it refuses them all; that of Linux
// has room for some 200.
const maxTogether = 64

// applyAll carries out operations one after the other, many with one call, and
// calls failed for each that was not.
func (r *rawConn) applyAll(ops []plan.Op, failed func(i int, err error)) {
	for start := 0; start < len(ops); start += maxTogether {
		part := ops[start:min(start+maxTogether, len(ops))]
		r.genl.out = r.genl.out[:0]
		for i, op := range part {
			flags := uint16(0)
			if i == len(part)-1 {
				flags = syscall.NLM_F_ACK
			}
			r.genl.add(r.family, commands[op.Action], ipvsVersion, flags, opAttrs(op))
		}
		refused := make(map[int]bool)
		err := r.genl.together(len(part), func(i int, err syscall.Errno) {
			refused[i] = true
			failed(start+i, err)
		})
		for i := range part {
			if err != nil && !refused[i] {
				failed(start+i, err)
			}
		}
	}
}

// dests appends the servers of a service to a list.
func (r *rawConn) dests(list []plan.Dest, s plan.Service) ([]plan.Dest, error) {
	err := r.genl.each(r.family, cmdGetDest, ipvsVersion, syscall.NLM_F_DUMP, []attr{serviceAttrs(s, false)}, func(b []byte) error {
		return eachOf(b, attrDest, func(value []byte) error {
			d, err := parseDest(value, s.IPv6)
			if err == nil {
				list = append(list, d)
			}
			return err
		})
	})
	return list, err
}

func parseDest(b []byte, ipv6 bool) (plan.Dest, error) {
	var d plan.Dest
	var addr, port []byte
	err := eachAttr(b, func(kind uint16, v []byte) {
		switch {
		case kind == destAddr:
			addr = v
		case kind == destPort:
			port = v
		case kind == destFamily && len(v) == 2:
			ipv6 = binary.NativeEndian.Uint16(v) == syscall.AF_INET6
		case len(v) != 4:
		case kind == destMethod:
			d.Forward = forwardOf(binary.NativeEndian.Uint32(v))
		case kind == destWeight:
			d.Weight = int(binary.NativeEndian.Uint32(v))
		case kind == destUpper:
			d.Upper = int(binary.NativeEndian.Uint32(v))
		case kind == destLower:
			d.Lower = int(binary.NativeEndian.Uint32(v))
		}
	})
	if err != nil {
		return plan.Dest{}, err
	}
	ip, n, ok := parseAddr(addr, port, ipv6)
	if !ok {
		return plan.Dest{}, fmt.Errorf("server without address or port: %w", errShort)
	}
	d.Addr = netip.AddrPortFrom(ip, n)
	return d, nil
}
