package check_test

import (
	"context"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"lvsha/pkg/lvs/check"
)

// says is a server that answers whatever comes first and closes.
func says(said []byte) check.Dial {
	return func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		go func() {
			defer far.Close()
			buffer := make([]byte, 4096)
			_, _ = far.Read(buffer)
			// Whatever else the check says is read, as by a kernel's buffer.
			go func() { _, _ = io.Copy(io.Discard, far) }()
			if len(said) > 0 {
				_, _ = far.Write(said)
			}
		}()
		return near, nil
	}
}

// FuzzHTTPAnswer has a server that says anything and closes.
func FuzzHTTPAnswer(f *testing.F) {
	for _, file := range []string{"testdata/check-http.txt"} {
		for _, c := range readRecorded(f, file) {
			for _, x := range c.exchanges {
				f.Add([]byte(x.server))
			}
		}
	}
	f.Fuzz(func(t *testing.T, said []byte) {
		target := check.Target{Service: "http", Addr: netip.MustParseAddr("127.0.0.1"), Port: 80, Request: "/", Method: "GET", Receive: "x", Timeout: 10 * time.Second}
		ck, err := check.New(target, check.Env{Dial: says(said)})
		if err != nil {
			t.Fatal(err)
		}
		before := check.Panics()
		if r := check.Run(context.Background(), ck); check.Panics() != before || r.Up == (r.Err != nil) {
			t.Errorf("%+v", r)
		}
	})
}
