package check_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"lvsha/pkg/lvs/check"
)

// tns is a packet of Oracle's transport: length, checksum, type, flags, checksum
// of the head, and what it carries.
func tns(kind byte, carries []byte) []byte {
	packet := binary.BigEndian.AppendUint16(nil, uint16(8+len(carries)))
	packet = append(packet, 0, 0, kind, 0, 0, 0)
	return append(packet, carries...)
}

func tnsRefuse(text string) []byte {
	return tns(4, append([]byte{34, 0, byte(len(text) >> 8), byte(len(text))}, text...))
}

func tnsRedirect(text string) []byte {
	return tns(5, append([]byte{byte(len(text) >> 8), byte(len(text))}, text...))
}

// tnsAccept is the acceptance of a version with its unit; what it carries would
// begin at offset.
func tnsAccept(version, unit, offset uint16) []byte {
	rest := make([]byte, 24)
	if version >= 315 {
		rest = make([]byte, 32)
		binary.BigEndian.PutUint32(rest[24:], uint32(unit))
		binary.BigEndian.PutUint32(rest[28:], uint32(unit))
	}
	binary.BigEndian.PutUint16(rest, version)
	binary.BigEndian.PutUint16(rest[4:], unit)
	binary.BigEndian.PutUint16(rest[6:], unit)
	binary.BigEndian.PutUint16(rest[12:], offset)
	return tns(2, rest)
}

// oracleListener is a listener that gives each connection the next answer; the
// last is given again and again. Nil means that it says nothing.
type oracleListener struct {
	answers [][]byte
	mu      sync.Mutex
	asked   []string // what the connect packets carried
}

func (o *oracleListener) serve(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			head := make([]byte, 8)
			if _, err := io.ReadFull(conn, head); err != nil {
				return
			}
			rest := make([]byte, int(binary.BigEndian.Uint16(head))-len(head))
			if _, err := io.ReadFull(conn, rest); err != nil {
				return
			}
			o.mu.Lock()
			answer := o.answers[min(len(o.asked), len(o.answers)-1)]
			o.asked = append(o.asked, string(rest))
			o.mu.Unlock()
			if answer == nil {
				_, _ = io.Copy(io.Discard, conn) // until the checker gives up
				return
			}
			_, _ = conn.Write(answer)
			_ = conn.(*net.TCPConn).CloseWrite()
			_, _ = io.Copy(io.Discard, conn)
		}()
	}
}

func oracleTarget(addr netip.AddrPort) check.Target {
	return check.Target{Service: "oracle", Addr: addr.Addr(), Port: addr.Port(), Request: "/SELECT 1 FROM dual", Login: "reader",
		Passwd: "Sesame-4711", Database: "portal"}
}

// TestOracle plays a listener as the protocol has it; there is no server to
// record.
func TestOracle(t *testing.T) {
	t.Parallel()
	other, otherAddr := listen(t)
	second := &oracleListener{answers: [][]byte{tnsRefuse("(DESCRIPTION=(ERR=12518)(ERROR_STACK=(ERROR=(CODE=12518)(EMFI=4))))")}}
	go second.serve(other)
	tests := []struct {
		name    string
		answers [][]byte
		want    string // in the reason
		asked   int
	}{
		{"unknown SID", [][]byte{tnsRefuse("(DESCRIPTION=(ERR=12505)(ERROR_STACK=(ERROR=(CODE=12505)(EMFI=4))))")}, "12505", 1},
		{"refused without a reason", [][]byte{tnsRefuse("")}, "12564", 1},
		{"redirected and refused", [][]byte{tnsRedirect(fmt.Sprintf("(ADDRESS=(PROTOCOL=tcp)(HOST=127.0.0.1)(PORT=%d))", otherAddr.Port()))}, "12518", 1},
		{"asked again", [][]byte{tns(11, nil)}, "closed", 1},
		{"silent", [][]byte{nil}, "timed out", 1},
		{"closed", [][]byte{{}}, "closed", 1},
		{"another protocol", [][]byte{[]byte("HTTP/1.0 400 Bad Request\r\n\r\n")}, "Oracle listener", 1},
		{"a length of nothing", [][]byte{make([]byte, 8)}, "Oracle listener", 1},
		{"a short length", [][]byte{{0, 3, 0, 0, 4, 0, 0, 0}}, "Oracle listener", 1},
		{"a short acceptance", [][]byte{tns(2, make([]byte, 20))}, "Oracle listener", 1},
		{"an acceptance with a wrong offset", [][]byte{tnsAccept(314, 8192, 33)}, "Oracle listener", 1},
		{"an acceptance with units of nothing", [][]byte{tnsAccept(314, 64, 32)}, "Oracle listener", 1},
		{"accepted and closed", [][]byte{tnsAccept(314, 8192, 32)}, "closed", 1},
		{"accepted and then no packets", [][]byte{append(tnsAccept(314, 8192, 32), make([]byte, 64)...)}, "Oracle listener", 1},
		{"accepted and then a packet beyond measure", [][]byte{append(tnsAccept(319, 8192, 40), "\x7f\xff\xff\xff\x06\x00\x00\x00"...)}, "Oracle listener", 1},
		{"a refusal shorter than it says", [][]byte{tns(4, []byte{0, 0, 1, 0})}, "Oracle listener", 1},
		{"a redirection shorter than it says", [][]byte{tns(5, []byte{1, 0, 'x'})}, "Oracle listener", 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l, addr := listen(t)
			server := &oracleListener{answers: test.answers}
			go server.serve(l)
			target := oracleTarget(addr)
			target.Timeout = 10 * time.Second
			if test.name == "silent" {
				target.Timeout = 100 * time.Millisecond
			}
			r := run(t, target)
			if r.Up || r.Err == nil || !strings.Contains(r.Err.Error(), test.want) {
				t.Errorf("%+v, wanted down by %q", r, test.want)
			}
			server.mu.Lock()
			defer server.mu.Unlock()
			if len(server.asked) != test.asked {
				t.Fatalf("%d connections, wanted %d", len(server.asked), test.asked)
			}
			if asked := server.asked[0]; !strings.Contains(asked, "(SID=portal)") || strings.Contains(asked, "Sesame") {
				t.Errorf("the connect packet says %q", asked)
			}
		})
	}
	t.Cleanup(func() {
		if len(second.asked) != 1 {
			t.Errorf("%d connections after the redirect, wanted 1", len(second.asked))
		}
	})
}

// TestOracleRedirectsEnd has a listener that sends everybody to itself.
func TestOracleRedirectsEnd(t *testing.T) {
	t.Parallel()
	l, addr := listen(t)
	server := &oracleListener{answers: [][]byte{tnsRedirect(fmt.Sprintf("(ADDRESS=(PROTOCOL=tcp)(HOST=127.0.0.1)(PORT=%d))", addr.Port()))}}
	go server.serve(l)
	if r := run(t, oracleTarget(addr)); r.Up || !strings.Contains(r.Err.Error(), "redirects") {
		t.Errorf("%+v", r)
	}
}

func TestOracleWithoutAListener(t *testing.T) {
	t.Parallel()
	l, addr := listen(t)
	_ = l.Close()
	if r := run(t, oracleTarget(addr)); r.Up || !strings.Contains(r.Err.Error(), "connection refused") {
		t.Errorf("%+v", r)
	}
	target := oracleTarget(addr)
	target.Login = ""
	if r := run(t, target); r.Up || !strings.Contains(r.Err.Error(), "login") {
		t.Errorf("without login: %+v", r)
	}
}

// FuzzOracleAnswer has a listener that says anything and closes.
func FuzzOracleAnswer(f *testing.F) {
	f.Add(tnsRefuse("(DESCRIPTION=(ERR=12505))"))
	f.Add(tnsRedirect("(ADDRESS=(PROTOCOL=tcp)(HOST=127.0.0.1)(PORT=1))"))
	f.Add(tns(11, nil))
	f.Add(tnsAccept(314, 8192, 32))
	f.Add(append(tnsAccept(319, 8192, 40), 0, 0, 0, 12, 6, 0, 0, 0, 0, 0, 1, 6))
	f.Fuzz(func(t *testing.T, said []byte) {
		target := oracleTarget(netip.MustParseAddrPort("127.0.0.1:1521"))
		target.Timeout = 10 * time.Second
		ck, err := check.New(target, check.Env{Dial: says(said)})
		if err != nil {
			t.Fatal(err)
		}
		if r := check.Run(context.Background(), ck); r.Up {
			t.Errorf("%q: %+v", said, r)
		}
	})
}
