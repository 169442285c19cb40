package logging

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestLogdFrame compares with what cl_status and ha_logger of the original sent.
func TestLogdFrame(t *testing.T) {
	when := time.Unix(0x6b03b969, 0)
	for _, c := range []struct {
		got  []byte
		want string // without the zeros behind the name
	}{
		{logdFrame(when, 0, 3, 0x1bde, true, "cl_status", "nonsense: invalid sub-command."),
			"7f000000cdab0000" + "0200000000000000030000001f00000001000000de1b0000" + "636c5f737461747573" + strings.Repeat("00", 55) +
				"69b9036b000000006e6f6e73656e73653a20696e76616c6964207375622d636f6d6d616e642e00"},
		{logdFrame(time.Unix(0x6b03b94e, 0), 8, 6, 0x74bf, false, "mytag", "hello world"),
			"6c000000cdab0000" + "0200000008000000060000000c00000000000000bf740000" + "6d79746167" + strings.Repeat("00", 59) +
				"4eb9036b0000000068656c6c6f20776f726c6400"},
	} {
		want, err := hex.DecodeString(c.want)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(c.got, want) {
			t.Errorf("%x, recorded\n%x", c.got, want)
		}
	}
	if long := logdFrame(when, 0, 3, 1, true, strings.Repeat("n", 100), "x"); long[8+24+63] != 0 {
		t.Error("the name has no end")
	}
}

// records reads the texts that arrive at a log daemon's socket.
func records(t *testing.T, l net.Listener) <-chan string {
	t.Helper()
	out := make(chan string, 100)
	go func() {
		defer close(out)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			in := bufio.NewReader(c)
			for {
				head := make([]byte, 8)
				if _, err := io.ReadFull(in, head); err != nil {
					break
				}
				body := make([]byte, int(head[0])|int(head[1])<<8)
				if _, err := io.ReadFull(in, body); err != nil {
					break
				}
				text := strings.TrimRight(string(body[24+64+8:]), "\x00")
				if text == "hang up" {
					_ = c.Close() // before anybody can write more
				}
				out <- text
			}
			_ = c.Close()
		}
	}()
	return out
}

// TestLogd: lines go to the log daemon while it is there, to the file while it is
// not, and to it again when it is back.
func TestLogd(t *testing.T) {
	dir := t.TempDir()
	path, file := filepath.Join(dir, "log_daemon"), filepath.Join(dir, "log")
	now := at()
	l, err := Open(Options{Style: Heartbeat, Host: "alpha", PID: 38, Logd: path, LogdRetry: 5 * time.Second, Logfile: file, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	l.Log(Info, "one")
	l.Log(Info, "two")
	l.Flush()
	const away = "Nov 02 17:08:07 alpha heartbeat: [38]: WARN: Initializing connection to logging daemon failed. Logging daemon may not be running\n"
	if got, want := read(t, file), away+"Nov 02 17:08:07 alpha heartbeat: [38]: info: one\nNov 02 17:08:07 alpha heartbeat: [38]: info: two\n"; got != want {
		t.Errorf("without a log daemon:\n%s, want\n%s", got, want)
	}
	before := read(t, file)
	socket, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	got := records(t, socket)
	now = now.Add(4 * time.Second)
	l.Log(Info, "too early")
	l.Flush()
	now = now.Add(time.Second)
	for _, text := range []string{"three", "four", "hang up"} {
		l.Log(Warn, text)
		if heard := <-got; heard != text {
			t.Errorf("the log daemon got %q, want %q", heard, text)
		}
	}
	// The daemon has hung up: the next line finds it anew.
	for _, text := range []string{"five", "six"} {
		l.Log(Debug, text)
		if heard := <-got; heard != text {
			t.Errorf("the log daemon got %q, want %q", heard, text)
		}
	}
	l.Close()
	_ = socket.Close()
	for range got {
	}
	if after := read(t, file); after != before+"Nov 02 17:08:11 alpha heartbeat: [38]: info: too early\n" {
		t.Errorf("the file has\n%s", after)
	}
}
