package status

import (
	"io"
	"net"
	"testing"
)

// The oldest connection makes room; one that has ended needs none.
func TestBounded(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &bounded{Listener: l, limit: 2, pace: new(pace)}
	defer func() { _ = b.Close() }()
	connect := func() (client, server net.Conn) {
		client, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = client.Close() })
		if server, err = b.Accept(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = server.Close() })
		return client, server
	}
	first, _ := connect()
	_, second := connect()
	_ = second.Close()
	third, answer := connect()
	if b.conns.Len() != 2 {
		t.Fatalf("%d connections", b.conns.Len())
	}
	connect()
	if _, err := first.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the oldest: %v", err)
	}
	if _, err := answer.Write([]byte("x")); err != nil {
		t.Errorf("the one after it: %v", err)
	}
	if _, err := third.Read(make([]byte, 1)); err != nil {
		t.Errorf("the one after it: %v", err)
	}
}
