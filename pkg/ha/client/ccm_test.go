package client_test

import (
	"encoding/binary"
	"errors"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"lvsha/pkg/ha/api"
	"lvsha/pkg/ha/client"
)

func numbers(list ...uint32) []byte {
	var b []byte
	for _, n := range list {
		b = binary.NativeEndian.AppendUint32(b, n)
	}
	return b
}

// TestAskCCM asks a ccm that says what a real one said, and less.
func TestAskCCM(t *testing.T) {
	table := numbers(4, 2, 0)
	for i, name := range []string{"master", "standby"} {
		table = append(table, numbers(uint32(i))...)
		table = append(table, append([]byte(name), make([]byte, 256-len(name))...)...)
	}
	for _, c := range []struct {
		name  string
		words [][]byte
		stays bool
		want  *client.Membership
		err   error
		bad   bool
	}{
		{name: "membership", words: [][]byte{table, numbers(2, 2, 7, 1, 0, 2, 1, 1)}, want: &client.Membership{
			Quorum: true, Instance: 7, Members: []client.Member{{Index: 1, Name: "standby", Born: 1}, {Index: 0, Name: "master", Born: 2}},
		}},
		{name: "evicted", words: [][]byte{table, numbers(1, 0, 7, 0)}, want: &client.Membership{Evicted: true}},
		{name: "being formed", words: [][]byte{table, numbers(3, 0, 0, 0)}},
		{name: "not yet", words: [][]byte{table}, stays: true},
		{name: "no word", err: client.ErrDenied},
		{name: "gone", words: [][]byte{table}, err: client.ErrNoMembership},
		{name: "silent", stays: true, err: os.ErrDeadlineExceeded},
		{name: "short", words: [][]byte{table, numbers(2, 2, 7, 1, 0, 2)}, bad: true},
		{name: "shorter", words: [][]byte{table, numbers(2)}, bad: true},
		{name: "no table", words: [][]byte{numbers(2, 2, 7)}, bad: true},
	} {
		path := filepath.Join(t.TempDir(), "ccm")
		l, err := net.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			conn, err := l.Accept()
			if err != nil {
				return
			}
			for _, w := range c.words {
				_, _ = conn.Write(api.Frame(w))
			}
			if c.stays {
				_, _ = conn.Read(make([]byte, 1)) // until the other side is gone
			}
			_ = conn.Close()
		}()
		wait := time.Minute
		if errors.Is(c.err, os.ErrDeadlineExceeded) {
			wait = 50 * time.Millisecond
		}
		got, err := client.AskCCM(path, time.Now().Add(wait))
		if !reflect.DeepEqual(got, c.want) || c.err != nil && !errors.Is(err, c.err) || (err != nil) != (c.bad || c.err != nil) {
			t.Errorf("%s: %+v, %v", c.name, got, err)
		}
		<-done
		_ = l.Close()
	}
	if got, err := client.AskCCM(filepath.Join(t.TempDir(), "none"), time.Now().Add(time.Minute)); got != nil || err != nil {
		t.Errorf("without ccm: %v, %v", got, err)
	}
}
