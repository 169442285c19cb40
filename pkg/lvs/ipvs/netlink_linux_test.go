package ipvs

import (
	"encoding/binary"
	"errors"
	"maps"
	"net/netip"
	"syscall"
	"testing"

	"lvsha/pkg/lvs/config"
	"lvsha/pkg/lvs/plan"
)

// encode is the attributes of a server as the kernel lists them: without the
// head of the attribute around them.
func encode(d plan.Dest) []byte { return appendAttrs(nil, destAttrs(d, true).nested) }

func TestServersAreReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	for _, d := range []plan.Dest{
		{Addr: netip.MustParseAddrPort("10.1.0.11:80"), Forward: config.Masq, Weight: 65535, Upper: 100, Lower: 5},
		{Addr: netip.MustParseAddrPort("10.1.0.11:0"), Forward: config.Gate},
		{Addr: netip.MustParseAddrPort("[2001:db8::11]:8080"), Forward: config.IPIP, Weight: 1},
	} {
		// What is said of the family counts, not that of the service.
		for _, ipv6 := range []bool{false, true} {
			got, err := parseDest(encode(d), ipv6)
			if err != nil || got != d {
				t.Errorf("%v, %v, want %v", got, err, d)
			}
		}
	}
	if _, err := parseDest(appendAttrs(nil, []attr{port(destPort, 80)}), false); err == nil {
		t.Error("a server without an address is read")
	}
}

// message is one of the kernel's, with its head.
func message(kind uint16, seq uint32, payload []byte) []byte {
	b := binary.NativeEndian.AppendUint32(nil, uint32(headerSize+len(payload)))
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = append(b, 0, 0)
	b = binary.NativeEndian.AppendUint32(b, seq)
	b = append(b, 0, 0, 0, 0)
	b = append(b, payload...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

func TestAnswersAreTakenApart(t *testing.T) {
	t.Parallel()
	const family = 0x20
	genl := &genl{seq: 7}
	answer := func(seq uint32, value byte) []byte {
		return message(family, seq, appendAttrs([]byte{0, 0, 0, 0}, []attr{{kind: 1, value: []byte{value}}}))
	}
	refused := int32(-int(syscall.ESRCH))
	failure := message(syscall.NLMSG_ERROR, 7, binary.NativeEndian.AppendUint32(nil, uint32(refused)))
	for name, c := range map[string]struct {
		b    []byte
		done bool
		err  error
		seen int
	}{
		"a dump":                     {append(append(answer(7, 1), answer(7, 2)...), message(syscall.NLMSG_DONE, 7, nil)...), true, nil, 2},
		"a part of one":              {answer(7, 1), false, nil, 1},
		"an answer to another":       {append(answer(6, 1), message(syscall.NLMSG_DONE, 6, nil)...), false, nil, 0},
		"an error":                   {failure, true, syscall.ESRCH, 0},
		"an acknowledgement":         {message(syscall.NLMSG_ERROR, 7, make([]byte, 4)), true, nil, 0},
		"an error without a number":  {message(syscall.NLMSG_ERROR, 7, nil), true, errShort, 0},
		"an answer without its head": {message(family, 7, []byte{1}), true, errShort, 0},
		"a length beyond the end":    {append(binary.NativeEndian.AppendUint32(nil, 4096), make([]byte, 12)...), true, errShort, 0},
	} {
		seen := 0
		done, err := genl.collect(c.b, syscall.NLM_F_DUMP, func([]byte) error { seen++; return nil })
		if done != c.done || !errors.Is(err, c.err) || seen != c.seen {
			t.Errorf("%s: done %v, %v, %d answers", name, done, err, seen)
		}
	}
}

func TestVerdictsOnManyRequests(t *testing.T) {
	t.Parallel()
	verdict := func(seq uint32, errno syscall.Errno) []byte {
		return message(syscall.NLMSG_ERROR, seq, binary.NativeEndian.AppendUint32(nil, uint32(-int32(errno))))
	}
	join := func(parts ...[]byte) (b []byte) {
		for _, p := range parts {
			b = append(b, p...)
		}
		return b
	}
	for name, c := range map[string]struct {
		b       []byte
		done    bool
		err     error
		refused map[int]syscall.Errno
	}{
		"none refused":              {verdict(9, 0), true, nil, nil},
		"the last refused":          {verdict(9, syscall.ESRCH), true, nil, map[int]syscall.Errno{2: syscall.ESRCH}},
		"one refused":               {verdict(8, syscall.ENOENT), false, nil, map[int]syscall.Errno{1: syscall.ENOENT}},
		"all refused":               {join(verdict(7, 1), verdict(8, 2), verdict(9, 3)), true, nil, map[int]syscall.Errno{0: 1, 1: 2, 2: 3}},
		"of requests before":        {join(verdict(6, 1), verdict(9, 0)), true, nil, nil},
		"of no request":             {verdict(10, 1), false, nil, nil},
		"another kind of message":   {message(0x20, 9, make([]byte, 4)), false, nil, nil},
		"an error without a number": {message(syscall.NLMSG_ERROR, 9, nil), false, errShort, nil},
		"a length beyond the end":   {append(binary.NativeEndian.AppendUint32(nil, 4096), make([]byte, 12)...), false, errShort, nil},
	} {
		refused := make(map[int]syscall.Errno)
		done, err := verdicts(c.b, 7, 3, func(i int, err syscall.Errno) { refused[i] = err })
		if done != c.done || !errors.Is(err, c.err) || !maps.Equal(refused, c.refused) {
			t.Errorf("%s: done %v, %v, refused %v", name, done, err, refused)
		}
	}
}

func FuzzParseDest(f *testing.F) {
	f.Add(encode(plan.Dest{Addr: netip.MustParseAddrPort("10.1.0.11:80"), Forward: config.Masq, Weight: 3}), false)
	f.Add(encode(plan.Dest{Addr: netip.MustParseAddrPort("[2001:db8::11]:80")}), true)
	f.Add([]byte{8, 0, 1, 0, 1, 2, 3}, true)
	f.Fuzz(func(t *testing.T, b []byte, ipv6 bool) {
		d, err := parseDest(b, ipv6)
		if err == nil && !d.Addr.IsValid() {
			t.Errorf("%v without an error", d)
		}
	})
}

func FuzzVerdicts(f *testing.F) {
	f.Add(message(syscall.NLMSG_ERROR, 7, []byte{0xfd, 0xff, 0xff, 0xff}), uint32(7), uint8(1))
	f.Add(message(syscall.NLMSG_ERROR, 9, nil), uint32(7), uint8(3))
	f.Fuzz(func(t *testing.T, b []byte, first uint32, n uint8) {
		_, _ = verdicts(b, first, int(n), func(i int, err syscall.Errno) {
			if i < 0 || i >= int(n) || err == 0 {
				t.Errorf("number %d of %d: %v", i, n, err)
			}
		})
	})
}
