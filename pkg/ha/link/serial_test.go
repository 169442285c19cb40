package link

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lvsha/pkg/ha/config"
)

// terminal makes a pseudo-terminal: the test's end of the cable and the path of
// the line.
func terminal(t *testing.T) (master *os.File, path string) {
	t.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals: %v", err)
	}
	must(t, unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0))
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	must(t, err)
	master = os.NewFile(uintptr(fd), "ptmx")
	t.Cleanup(func() { _ = master.Close() })
	return master, fmt.Sprintf("/dev/pts/%d", n)
}

// kernelBuffer is more than a pseudo-terminal holds.
const kernelBuffer = 80000

func openLine(t *testing.T, path string) (*Link, ear) {
	t.Helper()
	e := make(ear, 1000)
	l, err := Open(context.Background(), config.Medium{Kind: "serial", Device: path, Baud: 19200}, e.hear)
	must(t, err)
	t.Cleanup(l.Close)
	return l, e
}

// expect reads from the test's end until the text has come.
func expect(t *testing.T, master *os.File, want string) {
	t.Helper()
	must(t, master.SetReadDeadline(time.Now().Add(limit)))
	got, buf := "", make([]byte, 4096)
	for !strings.Contains(got, want) {
		n, err := master.Read(buf)
		got += string(buf[:n])
		if err != nil {
			t.Fatalf("%v after %q", err, got[max(0, len(got)-100):])
		}
	}
}

func TestSerial(t *testing.T) {
	master, path := terminal(t)
	l, e := openLine(t, path)
	if want := "glib: Starting serial heartbeat on tty " + path + " (19200 baud)"; fmt.Sprint(l.Lines()) != "["+want+"]" {
		t.Errorf("got %q", l.Lines())
	}
	frame := ">>>\nt=status\nsrc=alpha\n<<<\n"
	must(t, l.Send([]byte(frame)))
	expect(t, master, frame)
	// Junk, a frame that was cut short, carriage returns, two frames at once.
	_, err := master.WriteString("\x00junk\n>>>\nt=cut\n" + strings.ReplaceAll(frame, "\n", "\r\n") + ">>>\nt=next\n<<<\n")
	must(t, err)
	e.wait(t, path+" "+frame)
	e.wait(t, path+" >>>\nt=next\n<<<\n")
	long := ">>>\nv=" + strings.Repeat("x", 3000) + "\n<<<\n"
	must(t, l.Send([]byte(long)))
	expect(t, master, long)
}

// Nobody reads the line: the sender never waits, the newest frames are kept, and
// the trouble is told. When it is read again it carries again.
func TestSerialStopped(t *testing.T) {
	master, path := terminal(t)
	l, _ := openLine(t, path)
	var failed error
	for n := range 1000 {
		if err := l.Send([]byte(fmt.Sprintf(">>>\nn=%d\nv=%s\n<<<\n", n, strings.Repeat("x", 400)))); err != nil {
			failed = err
		}
	}
	if !errors.Is(failed, ErrBacklog) {
		t.Errorf("got %v", failed)
	}
	expect(t, master, "n=999\n")
}

func TestSerialCloseDoesNotWaitForTheLine(t *testing.T) {
	master, path := terminal(t)
	l, err := Open(context.Background(), config.Medium{Kind: "serial", Device: path, Baud: 9600}, func(string, []byte) {})
	must(t, err)
	_ = l.Send([]byte(strings.Repeat("x", 2*kernelBuffer))) // for which the line needs minutes
	expect(t, master, "x")
	done := make(chan struct{})
	go func() {
		l.Close()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(limit):
		t.Fatal("the end waits for a line that nobody reads")
	}
}

// What follows a frame that was written in part begins on a line of its own.
func TestSerialWriteIsGivenUp(t *testing.T) {
	t.Parallel()
	master, path := terminal(t)
	l, err := Open(context.Background(), config.Medium{Kind: "serial", Device: path, Baud: 460800}, func(string, []byte) {})
	must(t, err)
	t.Cleanup(l.Close)
	// It does not fit, and is given up after twice the time that it takes.
	must(t, l.Send([]byte(">>>\nv="+strings.Repeat("x", kernelBuffer)+"\n<<<\n")))
	line := l.medium.(*serial)
	for late := time.Now().Add(limit); line.fault.Load() == nil; {
		if time.Now().After(late) {
			t.Fatal("the write is not given up")
		}
		time.Sleep(time.Millisecond)
	}
	if err := l.Send([]byte(">>>\nt=after\n<<<\n")); !errors.Is(err, ErrBacklog) {
		t.Errorf("got %v", err)
	}
	expect(t, master, "x\n>>>\nt=after\n<<<\n")
}

// A line that hangs up is told and opened again when it is there: here another
// pseudo-terminal takes its place.
func TestSerialHangsUp(t *testing.T) {
	master, path := terminal(t)
	link := filepath.Join(t.TempDir(), "line")
	must(t, os.Symlink(path, link))
	l, e := openLine(t, link)
	must(t, l.Send([]byte("before\n")))
	expect(t, master, "before\n")
	must(t, master.Close())
	late := time.Now().Add(limit)
	for l.Send([]byte("x\n")) == nil {
		if time.Now().After(late) {
			t.Fatal("the end of the line is not noticed")
		}
		time.Sleep(time.Millisecond)
	}
	master, path = terminal(t)
	must(t, os.Remove(link))
	must(t, os.Symlink(path, link))
	frame := ">>>\nt=after\n<<<\n"
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for late := time.After(limit); ; {
		_ = l.Send([]byte(frame))
		_, err := master.WriteString(frame)
		must(t, err)
		select {
		case got := <-e:
			if got == link+" "+frame {
				expect(t, master, frame)
				return
			}
		case <-again.C:
		case <-late:
			t.Fatal("the line is not opened again")
		}
	}
}

func TestSerialLock(t *testing.T) {
	_, path := terminal(t)
	name := filepath.Join(lockDir, "LCK.."+filepath.Base(path))
	if err := os.WriteFile(name, []byte(fmt.Sprintf("%10d\n", os.Getppid())), 0o644); err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { _ = os.Remove(name) })
	_, err := Open(context.Background(), config.Medium{Kind: "serial", Device: path, Baud: 19200}, nil)
	if err == nil || !strings.Contains(err.Error(), "cannot lock line "+path) {
		t.Errorf("got %v", err)
	}
	// A process that has ended has no lock.
	must(t, os.WriteFile(name, []byte("999999999\n"), 0o644))
	l, _ := openLine(t, path)
	if text, err := os.ReadFile(name); err != nil || string(text) != fmt.Sprintf("%10d\n", os.Getpid()) {
		t.Errorf("%q %v", text, err)
	}
	_ = l
}

func TestNoSerialLine(t *testing.T) {
	for _, path := range []string{"/dev/null", "/dev/no-such-line"} {
		if _, err := Open(context.Background(), config.Medium{Kind: "serial", Device: path, Baud: 19200}, nil); err == nil {
			t.Errorf("%s is a line", path)
		}
	}
	if _, err := Open(context.Background(), config.Medium{Kind: "tipc"}, nil); !errors.Is(err, ErrMedium) {
		t.Errorf("got %v", err)
	}
}
