package ipvs

import (
	"bytes"
	"errors"
	"testing"

	"golang.org/x/sys/unix"
)

// sockets are two ends that keep messages apart, as netlink does.
func sockets(t *testing.T) (near, far int) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = unix.Close(fds[0]), unix.Close(fds[1]) })
	return fds[0], fds[1]
}

func write(t *testing.T, fd int, messages ...string) {
	t.Helper()
	for _, m := range messages {
		if _, err := unix.Write(fd, []byte(m)); err != nil {
			t.Fatal(err)
		}
	}
}

// received is what the next call receives.
func (i *inbox) received(t *testing.T, fd int) (messages []string) {
	t.Helper()
	n, err := i.receive(fd)
	if err != nil {
		t.Fatal(err)
	}
	for k := range n {
		b, err := i.message(k)
		if err != nil {
			t.Fatal(err)
		}
		messages = append(messages, string(b))
	}
	return messages
}

func TestMessagesAreReceivedInTheirOrder(t *testing.T) {
	t.Parallel()
	sent := []string{"one", "and two", "3", string(bytes.Repeat([]byte{4}, messageSize)), "five"}
	for name, alone := range map[string]bool{"two at a time": false, "by an old kernel": true} {
		near, far := sockets(t)
		in := newInbox()
		in.alone = alone
		write(t, far, sent...)
		var got []string
		calls := 0
		for len(got) < len(sent) {
			got = append(got, in.received(t, near)...)
			calls++
		}
		for i := range sent {
			if got[i] != sent[i] {
				t.Errorf("%s: message %d has %d bytes, want %d", name, i, len(got[i]), len(sent[i]))
			}
		}
		if want := map[bool]int{false: 3, true: 5}[alone]; calls != want {
			t.Errorf("%s: %d calls, want %d", name, calls, want)
		}
	}
}

// TestAMessageThatIsNotThereIsWaitedFor, and no longer than the socket says.
func TestAMessageThatIsNotThereIsWaitedFor(t *testing.T) {
	t.Parallel()
	near, far := sockets(t)
	in := newInbox()
	written := make(chan struct{})
	go func() {
		defer close(written)
		write(t, far, "late")
	}()
	if got := in.received(t, near); len(got) != 1 || got[0] != "late" {
		t.Errorf("received %q", got)
	}
	<-written
	if err := unix.SetsockoptTimeval(near, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Usec: 1000}); err != nil {
		t.Fatal(err)
	}
	if _, err := in.receive(near); !errors.Is(err, unix.EAGAIN) {
		t.Errorf("nothing is received: %v", err)
	}
}

func TestAMessageWithoutRoomIsAnError(t *testing.T) {
	t.Parallel()
	near, far := sockets(t)
	in := newInbox()
	write(t, far, "short", string(make([]byte, messageSize+1)))
	if n, err := in.receive(near); n != 2 || err != nil {
		t.Fatalf("%d messages, %v", n, err)
	}
	if b, err := in.message(0); err != nil || string(b) != "short" {
		t.Errorf("the first: %q, %v", b, err)
	}
	if _, err := in.message(1); !errors.Is(err, errShort) {
		t.Errorf("the second: %v", err)
	}
	write(t, far, "next")
	if got := in.received(t, near); got[0] != "next" {
		t.Errorf("behind it: %q", got)
	}
}
