package link

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"lvsha/pkg/ha/config"
	"lvsha/pkg/ha/message"
)

// ErrBacklog says that a line takes less than it is given, so that the oldest
// frames are dropped.
var ErrBacklog = errors.New("the line is too slow or nobody reads it (no connection or bad cable?)")

const (
	backlog     = 16  // frames that may wait for the line
	chunk       = 512 // bytes written at once
	bitsPerByte = 10  // with start and stop bit
)

// serial is a line to one other node. A goroutine of its own writes, because a
// line is slow and may be stopped by the other end; it also opens the line again
// when it was hung up.
type serial struct {
	path    string
	baud    int
	deliver func(frame []byte)

	queue chan []byte
	fault atomic.Pointer[error] // why the last frame was not written
	line  atomic.Pointer[tty]   // nil while it cannot be opened
	quit  chan struct{}
	done  chan struct{}
}

// openSerial opens ha.cf(5) serial. It takes classic frames without their NUL.
func openSerial(_ context.Context, m config.Medium, deliver func([]byte)) (medium, []string, error) {
	s := &serial{
		path: m.Device, baud: m.Baud, deliver: deliver,
		queue: make(chan []byte, backlog),
		quit:  make(chan struct{}), done: make(chan struct{}),
	}
	line, err := s.open()
	if err != nil {
		return nil, nil, err
	}
	s.line.Store(line)
	go s.run()
	return s, []string{fmt.Sprintf("glib: Starting serial heartbeat on tty %s (%d baud)", m.Device, m.Baud)}, nil
}

// open opens the line and begins to read it.
func (s *serial) open() (*tty, error) {
	line, err := openTTY(s.path, s.baud)
	if err != nil {
		return nil, err
	}
	go func() {
		defer close(line.done)
		for scanner := message.NewScanner(line); scanner.Scan(); {
			s.deliver(scanner.Frame())
		}
	}()
	return line, nil
}

// send hands a frame to the writer. If too many wait, the oldest is dropped: it
// says less about this node than the newest.
func (s *serial) send(frame []byte) error {
	var failed error
	for queued := false; !queued; {
		select {
		case s.queue <- frame:
			queued = true
		default:
			select {
			case <-s.queue:
				failed = ErrBacklog
			default:
			}
		}
	}
	if err := s.fault.Load(); err != nil {
		return *err
	}
	return failed
}

// run owns the line.
func (s *serial) run() {
	defer close(s.done)
	broken := false // the last frame was written in part
	for {
		line := s.line.Load()
		var hungUp chan struct{}
		if line != nil {
			hungUp = line.done
		}
		select {
		case <-s.quit:
			if line != nil {
				line.close(broken)
			}
			return
		case <-hungUp:
			s.line.Store(nil)
			line.close(true)
			s.note(fmt.Errorf("%s: hung up", s.path))
		case frame := <-s.queue:
			var err error
			if line == nil {
				if line, err = s.open(); err != nil {
					s.note(err)
					continue
				}
				s.line.Store(line)
			}
			if broken {
				// The rest of a line must not stand before the mark of a frame.
				frame = append([]byte{'\n'}, frame...)
			}
			err = s.write(line, frame)
			broken = err != nil
			s.note(err)
		}
	}
}

// note remembers why a frame was not written, for the next call of send.
func (s *serial) note(err error) {
	if err == nil {
		s.fault.Store(nil)
		return
	}
	s.fault.Store(&err)
}

// write writes a frame in pieces; the line itself sets the pace. It gives up when
// the other end has stopped the line for much longer than the frame takes.
func (s *serial) write(line *tty, frame []byte) error {
	takes := time.Duration(len(frame)*bitsPerByte) * time.Second / time.Duration(s.baud)
	if err := line.SetWriteDeadline(time.Now().Add(2*takes + time.Second)); err != nil {
		return fmt.Errorf("%s: %w", s.path, err)
	}
	select {
	case <-s.quit: // whose deadline was overwritten just now
		return os.ErrClosed
	default:
	}
	for len(frame) > 0 {
		n, err := line.Write(frame[:min(chunk, len(frame))])
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return ErrBacklog
		}
		if err != nil {
			return fmt.Errorf("TTY write failure on [%s]: %w", s.path, err)
		}
		frame = frame[n:]
	}
	return nil
}

// refresh has nothing to do: the writer opens the line again when it must.
func (*serial) refresh() (string, error) { return "", nil }

func (*serial) on(string, int) bool { return false }

func (s *serial) close() {
	close(s.quit)
	if line := s.line.Load(); line != nil {
		// A writer that waits for the line waits no more.
		_ = line.SetWriteDeadline(time.Now())
	}
	<-s.done
}
