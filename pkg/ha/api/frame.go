package api

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"slices"

	"lvsha/pkg/ha/message"
)

// SocketName is the socket below the run directory of heartbeat.
const SocketName = "register"

// A frame is a header of two words in host byte order, the length of the body
// and the magic, and the body.
const (
	magic      = 0xabcd
	headerSize = 8
	// maxBody is the longest body.
	maxBody = message.MaxFrame
)

// FrameError is a stream that is no sequence of frames. Nothing behind it can be
// understood.
type FrameError struct{ Reason string }

// Error implements error.
func (e *FrameError) Error() string { return "api frame: " + e.Reason }

// Frame returns a body with its header.
func Frame(body []byte) []byte {
	b := make([]byte, headerSize, headerSize+len(body))
	binary.NativeEndian.PutUint32(b, uint32(len(body)))
	binary.NativeEndian.PutUint32(b[4:], magic)
	return append(b, body...)
}

// ReadFrame reads one frame and returns its body. The error is io.EOF at the end
// of the stream between two frames, or a *FrameError.
func ReadFrame(r io.Reader) ([]byte, error) {
	var head [headerSize]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	if m := binary.NativeEndian.Uint32(head[4:]); m != magic {
		return nil, &FrameError{Reason: fmt.Sprintf("bad magic %#x", m)}
	}
	n := int32(binary.NativeEndian.Uint32(head[:]))
	if n < 0 || n > maxBody {
		return nil, &FrameError{Reason: fmt.Sprintf("bad length %d", n)}
	}
	// The room grows with what arrives, not with what is announced.
	var body bytes.Buffer
	if _, err := io.CopyN(&body, r, int64(n)); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return body.Bytes(), nil
}

// classicMarks end a classic body. The NUL behind it may be missing.
var classicMarks = []byte("\n<<<\n")

// Decode returns the message of a body of either form.
func Decode(body []byte) (*message.Message, error) {
	if bytes.HasPrefix(body, []byte(">>>\n")) && !bytes.HasSuffix(bytes.TrimRight(body, "\x00"), classicMarks) {
		return nil, &FrameError{Reason: "a classic message has no end"}
	}
	return message.DecodePlain(body)
}

// Encode returns the body of a message as the daemon and the library write it:
// classic, or netstrings if asked for or needed for a nested message. Netstring
// bodies have no signature.
func Encode(m *message.Message, netstring bool) ([]byte, error) {
	nested := func(f message.Field) bool { return f.Kind == message.Struct }
	if !netstring && !slices.ContainsFunc(m.Fields, nested) {
		return message.EncodePlain(m, message.Classic)
	}
	plain := &message.Message{Fields: slices.DeleteFunc(slices.Clone(m.Fields), func(f message.Field) bool { return f.Name == "auth" })}
	return message.EncodePlain(plain, message.Netstring)
}
