package message

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
)

// Scanner cuts a stream, such as the command FIFO or a serial line, into frames.
// It skips what is no frame and holds no more than one frame of MaxFrame bytes.
// Signatures behind a netstring frame are not part of its frame.
type Scanner struct {
	r     *bufio.Reader
	frame []byte
	err   error
	skip  func()
}

// NewScanner returns a scanner of a stream.
func NewScanner(r io.Reader) *Scanner {
	return &Scanner{r: bufio.NewReaderSize(r, 4096)}
}

// OnSkip has f called, from Scan, for every line or frame that is skipped.
func (s *Scanner) OnSkip(f func()) { s.skip = f }

func (s *Scanner) skipped() {
	if s.skip != nil {
		s.skip()
	}
}

// Scan advances to the next complete frame. It reports false at the end of the
// stream or on an error.
func (s *Scanner) Scan() bool {
	s.frame = s.frame[:0]
	for {
		line, err := s.line()
		if err != nil {
			return s.stop(err)
		}
		// A writer that died in the middle of a line may stand before the mark.
		for line != nil {
			switch {
			case bytes.HasSuffix(line, []byte(classicStart)):
				line, err = s.classic()
			case bytes.HasSuffix(line, []byte(netstringStart)):
				line, err = nil, s.netstring()
			default:
				line = nil
			}
			if err != nil {
				return s.stop(err)
			}
			if len(s.frame) > 0 {
				return true
			}
			s.skipped()
		}
	}
}

// Frame returns the frame that Scan found. It is valid until the next Scan.
func (s *Scanner) Frame() []byte { return s.frame }

// Err returns the error that ended the stream; nil at its end.
func (s *Scanner) Err() error { return s.err }

func (s *Scanner) stop(err error) bool {
	s.frame = s.frame[:0]
	if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		s.err = err
	}
	return false
}

// line reads one line with its newline. Of a line that is too long for a field
// it returns the last part only, which is garbage for every caller.
func (s *Scanner) line() ([]byte, error) {
	for {
		line, err := s.r.ReadSlice('\n')
		if err != bufio.ErrBufferFull {
			return line, err
		}
	}
}

// classic reads the lines behind a start mark. Without an end mark in time it
// leaves no frame, and returns the line of a mark that begins another one.
func (s *Scanner) classic() (again []byte, err error) {
	s.frame = append(s.frame[:0], classicStart...)
	for {
		line, err := s.r.ReadSlice('\n')
		if err != nil && err != bufio.ErrBufferFull {
			return nil, err
		}
		begins := len(s.frame) > 0 && s.frame[len(s.frame)-1] == '\n'
		if begins && (string(line) == classicStart || string(line) == netstringStart) {
			s.frame = s.frame[:0]
			return line, nil
		}
		s.frame = append(s.frame, line...)
		if begins && string(line) == classicEnd {
			return nil, nil
		}
		if len(s.frame) >= MaxFrame {
			s.frame = s.frame[:0]
			return nil, nil
		}
	}
}

// netstring reads the fields behind a start mark. It leaves no frame if one of
// them is malformed.
func (s *Scanner) netstring() error {
	s.frame = append(s.frame[:0], netstringStart...)
	for {
		head, err := s.r.Peek(len(netstringEnd))
		if err != nil {
			return err
		}
		if string(head) == netstringEnd {
			_, err := s.r.Discard(len(head))
			s.frame = append(s.frame, head...)
			return err
		}
		ok, err := s.pair()
		if err != nil {
			return err
		}
		if !ok {
			s.frame = s.frame[:0]
			return nil
		}
	}
}

// pair appends one length-prefixed field to the frame.
func (s *Scanner) pair() (ok bool, err error) {
	n := 0
	for i := 0; ; i++ {
		c, err := s.r.ReadByte()
		if err != nil {
			return false, err
		}
		if c == ':' && i > 0 {
			break
		}
		if c < '0' || c > '9' || i == 6 {
			return false, nil
		}
		n = n*10 + int(c-'0')
	}
	s.frame = strconv.AppendInt(s.frame, int64(n), 10)
	s.frame = append(s.frame, ':')
	start := len(s.frame)
	if start+n+1 >= MaxFrame {
		return false, nil
	}
	s.frame = append(s.frame, make([]byte, n+1)...)
	if _, err := io.ReadFull(s.r, s.frame[start:]); err != nil {
		return false, err
	}
	return s.frame[start+n] == ',', nil
}
