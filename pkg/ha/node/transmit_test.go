package node

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lvsha/pkg/ha/config"
	"lvsha/pkg/ha/link"
	"lvsha/pkg/ha/message"
)

// sender is as much of a node as transmits, with one link.
func sender(t *testing.T, netstring bool, m config.Medium, receive link.Receive) *node {
	t.Helper()
	l, err := link.Open(context.Background(), m, receive)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	log := new(lines)
	n := &node{
		Options: Options{Config: &config.Config{HA: config.HA{Netstring: netstring}}, Log: log},
		links:   []*link.Link{l}, repeats: newRepeats(log),
	}
	n.keys.Store(&message.Keyring{Outbound: 1, Keys: map[int]message.Key{1: {Method: message.SHA1, Secret: "swordfish"}}})
	t.Cleanup(func() {
		if len(*log) > 0 {
			t.Errorf("log: %q", *log)
		}
	})
	return n
}

// A ping node gets a status of its own for each status of the node and nothing
// else; the fields are those of a captured echo of the original.
func TestPulse(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("root is needed to send an echo")
	}
	for _, netstring := range []bool{false, true} {
		frames := make(chan []byte, 10)
		n := sender(t, netstring, config.Medium{Kind: "ping", Device: "127.0.0.1", Addr: "127.0.0.1"},
			func(_ string, frame []byte) { frames <- append([]byte(nil), frame...) })
		n.transmit(message.New("resource").Add("ts", "1"))
		n.transmit(message.New("status").Add("st", "active").Add("ts", "6b031da9"))
		select {
		case frame := <-frames:
			msg, err := message.Decode(frame, n.keys.Load())
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range msg.Fields {
				if f.Name != "auth" {
					got = append(got, f.Name+"="+string(f.Value))
				}
			}
			if want := "[t=NS_st st=ping info=ping src=127.0.0.1 ts=6b031da9]"; fmt.Sprint(got) != want {
				t.Errorf("got %v", got)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("this machine does not answer itself")
		}
	}
}

// A serial line gets classic frames without NUL, whatever msgfmt says.
func TestLineGetsClassicFrames(t *testing.T) {
	for _, netstring := range []bool{false, true} {
		fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
		if err != nil {
			t.Skipf("no pseudo-terminals: %v", err)
		}
		master := os.NewFile(uintptr(fd), "ptmx")
		defer master.Close()
		if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
			t.Fatal(err)
		}
		pts, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
		if err != nil {
			t.Fatal(err)
		}
		n := sender(t, netstring, config.Medium{Kind: "serial", Device: fmt.Sprintf("/dev/pts/%d", pts), Baud: 115200},
			func(string, []byte) {})
		n.transmit(message.New("status").Add("src", "alpha"))
		n.transmit(message.New("end"))
		if err := master.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		text, buf := "", make([]byte, 4096)
		for strings.Count(text, "<<<\n") < 2 {
			k, err := master.Read(buf)
			if err != nil {
				t.Fatalf("%v after %q", err, text)
			}
			text += string(buf[:k])
		}
		if !strings.HasPrefix(text, ">>>\nt=status\nsrc=alpha\nauth=1 ") || !strings.Contains(text, "\n<<<\n>>>\nt=end\n") {
			t.Errorf("got %q", text)
		}
		if _, err := message.Decode([]byte(text[:strings.Index(text, "<<<\n")+4]), n.keys.Load()); err != nil {
			t.Error(err)
		}
	}
}

// TestCompressed: with traditional_compression a long message goes out
// compressed and is read as it was; a short one goes out as ever.
func TestCompressed(t *testing.T) {
	log := new(lines)
	n := &node{Options: Options{Config: new(config.Config), Log: log}, repeats: newRepeats(log)}
	n.Config.HA.Compress, n.Config.HA.CompressOver = true, 2<<10
	ring := &message.Keyring{Outbound: 1, Keys: map[int]message.Key{1: {Method: message.SHA1, Secret: "swordfish"}}}
	n.keys.Store(ring)
	long := strings.Repeat("all of this is the same, ", 400)
	for _, format := range []message.Format{message.Classic, message.Netstring} {
		for _, text := range []string{"short", long} {
			plain := n.encode(message.New("site").Add("text", text), format)
			frame := n.compressed(message.New("site").Add("text", text), format, plain)
			if (len(frame) < len(plain)) != (text == long) {
				t.Errorf("format %d: %d bytes of %d", format, len(frame), len(plain))
			}
			if msg, err := message.Decode(frame, ring); err != nil || msg.Text("text") != text {
				t.Errorf("format %d: read as %v, %v", format, msg, err)
			}
		}
	}
	if len(*log) > 0 {
		t.Errorf("log: %q", *log)
	}
}
