package link

import (
	"bytes"
	"hash/maphash"
	"net"
	"net/netip"
	"testing"
	"time"

	"lvsha/pkg/ha/config"
)

func TestPing(t *testing.T) {
	a, b := cabled(t)
	b.ip("addr add 10.88.0.4/24 dev eth0")
	for _, m := range []config.Medium{
		{Kind: "ping", Device: "10.88.0.3", Addr: "10.88.0.3"},
		{Kind: "ping6", Device: "fd88::3", Addr: "fd88::3"},
		{Kind: "ping_group", Device: "routers", Hosts: []string{"10.88.0.99", "10.88.0.4", "10.88.0.3"}},
	} {
		t.Run(m.Kind, func(t *testing.T) {
			l, e := a.open(m)
			other, otherEar := a.open(m)
			e.carry(t, l, "warm")
			for _, frame := range []string{"first", "second", "third"} {
				_ = l.Send([]byte(frame)) // the absent host may be told
				e.wait(t, m.Device+" "+frame)
			}
			_ = other.Send([]byte("end"))
			otherEar.wait(t, m.Device+" end")
			select {
			case again := <-e: // from the other member, or of the other medium
				t.Errorf("heard %q", again)
			case again := <-otherEar:
				t.Errorf("the other medium hears %q", again)
			case <-time.After(100 * time.Millisecond): // what should not come
			}
			if line, err := l.Refresh(); line != "" || err != nil {
				t.Errorf("%q %v", line, err)
			}
		})
	}
	l, _ := a.open(config.Medium{Kind: "ping", Device: "far", Addr: "192.0.2.1"})
	if err := l.Send([]byte("x")); err == nil {
		t.Error("an echo without a way is sent")
	}
}

// TestReplies plays replies that count and that do not.
func TestReplies(t *testing.T) {
	const host = "192.0.2.9"
	request := func(p *ping, data string) []byte {
		seq := p.sent([]byte(data))
		packet := p.appendRequest(nil, p.id, seq, []byte(data))
		packet[0] = p.reply
		return packet
	}
	for _, tt := range []struct {
		name   string
		change func(p *ping, reply []byte) []byte
		from   string
		want   string
	}{
		{"good", func(_ *ping, r []byte) []byte { return r }, host, "beat"},
		{"of a host that was not asked", func(_ *ping, r []byte) []byte { return r }, "192.0.2.10", ""},
		{"of another program", func(_ *ping, r []byte) []byte { r[4] ^= 1; return r }, host, ""},
		{"never sent", func(_ *ping, r []byte) []byte { r[7] += 1; return r }, host, ""},
		{"not a reply", func(p *ping, r []byte) []byte { r[0] = p.request; return r }, host, ""},
		{"with a code", func(_ *ping, r []byte) []byte { r[1] = 1; return r }, host, ""},
		{"changed", func(_ *ping, r []byte) []byte { r[8] ^= 1; return r }, host, ""},
		{"cut", func(_ *ping, r []byte) []byte { return r[:len(r)-1] }, host, ""},
		{"short", func(_ *ping, r []byte) []byte { return r[:7] }, host, ""},
		{"a second time", func(p *ping, r []byte) []byte {
			p.accept(r, &net.IPAddr{IP: net.ParseIP(host)})
			return r
		}, host, ""},
		{"late", func(p *ping, r []byte) []byte {
			for range windowSize - 1 {
				p.sent([]byte("later"))
			}
			return r
		}, host, "beat"},
		{"too late", func(p *ping, r []byte) []byte {
			for range windowSize {
				p.sent([]byte("beat"))
			}
			return r
		}, host, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := &ping{protocol: icmp4, id: 77, targets: []netip.Addr{netip.MustParseAddr(host)}, window: window{seed: maphash.MakeSeed()}}
			p.sent([]byte("before"))
			got := p.accept(tt.change(p, request(p, "beat")), &net.IPAddr{IP: net.ParseIP(tt.from)})
			if string(got) != tt.want {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestSequenceWraps(t *testing.T) {
	w := window{seed: maphash.MakeSeed(), next: 65535}
	for _, want := range []uint16{65535, 0, 1} {
		if got := w.sent([]byte("x")); got != want || !w.answered(echo{seq: got, data: []byte("x")}) {
			t.Errorf("got %d, want %d", got, want)
		}
	}
}

func TestChecksum(t *testing.T) {
	for _, data := range []string{"", "a", "even", "odd length"} {
		packet := icmp4.appendRequest(nil, 0x1234, 7, []byte(data))
		if sum := checksum(packet); sum != 0 {
			t.Errorf("%q: the sum over the packet is %04x, not 0", data, sum)
		}
	}
}

func FuzzReply(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 1, 2, 3, 4, 5})
	f.Add([]byte{129, 0, 0, 0, 1, 2, 3, 4})
	f.Fuzz(func(t *testing.T, packet []byte) {
		for _, p := range []protocol{icmp4, icmp6} {
			e, ok := p.parseReply(packet)
			if !ok {
				continue
			}
			again := p.appendRequest(nil, e.id, e.seq, e.data)
			if !bytes.Equal(again[4:], packet[4:]) {
				t.Errorf("%x becomes %x", packet, again)
			}
		}
	})
}
