package message

import (
	"errors"
	"fmt"
)

// ErrNotFrame says that the bytes begin with the mark of neither framing. Such
// a datagram is dropped without a word.
var ErrNotFrame = errors.New("not a heartbeat frame")

// SyntaxError says that a frame cannot be read.
type SyntaxError struct {
	Reason string
	Offset int // in bytes from the start of the text being read
}

// Error implements error.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("malformed frame at byte %d: %s", e.Offset, e.Reason)
}

func syntax(offset int, reason string) error {
	return &SyntaxError{Reason: reason, Offset: offset}
}

// AuthCause is why a signature was not accepted.
type AuthCause uint8

// The causes.
const (
	AuthMissing    AuthCause = iota // there is no signature
	AuthMalformed                   // it is not "NUMBER DIGEST"
	AuthUnknownKey                  // authkeys has no key of that number
	AuthMismatch                    // the digest is another one
)

// AuthError says that the signature of a frame was not accepted. It keeps the
// frame for Lines: ask for them before the buffer of the frame is used again.
type AuthError struct {
	Cause  AuthCause
	Key    int    // number of the key, 0 if none was named
	Format Format // Classic or Netstring
	token  string
	frame  []byte
}

// Error implements error.
func (e *AuthError) Error() string {
	switch e.Cause {
	case AuthMissing:
		return "authenticate frame: no signature"
	case AuthMalformed:
		return "authenticate frame: the signature is not a key number and a digest"
	case AuthUnknownKey:
		return fmt.Sprintf("authenticate frame: key %d is not in authkeys", e.Key)
	}
	return fmt.Sprintf("authenticate frame: the digest of key %d does not match", e.Key)
}

// Severe reports whether the original logs the first of the lines as an error;
// else it is a warning.
func (e *AuthError) Severe() bool {
	return e.Format != Classic && (e.Cause == AuthMismatch || e.Cause == AuthMissing)
}

// maxDump bounds the fields of a rejected frame that Lines shows.
const maxDump = 40

// Lines returns what the original writes to its log about such a frame, for
// administrators who search for it. Unlike the original they do not tell the
// digest that would have been right: the log is open to readers who do not know
// the key.
func (e *AuthError) Lines() []string {
	if e.Format == Classic {
		return e.classicLines()
	}
	if e.Cause == AuthMissing {
		return []string{"peel_netstring() error in getting auth string"}
	}
	var lines []string
	switch e.Cause {
	case AuthMalformed:
		lines = append(lines, "Bad/invalid netstring auth string")
	case AuthUnknownKey:
		lines = append(lines, fmt.Sprintf("Invalid authentication [%d] in message!", e.Key))
	default:
		_, digest, _ := splitAuth([]byte(e.token))
		lines = append(lines, fmt.Sprintf("authtoken does not match, authtoken=%s, authstr=<hidden>", digest))
	}
	lines = append(lines, fmt.Sprintf("netstring authentication failed, s=%s, autotoken=%s", e.frame, e.token))
	return append(lines, e.dump()...)
}

func (e *AuthError) classicLines() []string {
	node := "?"
	if m, err := DecodePlain(e.frame); err == nil && m.Has("src") {
		node = m.Text("src")
	}
	var lines []string
	switch e.Cause {
	case AuthMissing:
		lines = append(lines, "Bad/invalid auth token, authtoken=(nil)")
	case AuthMalformed:
		lines = append(lines, "Bad/invalid auth token, authtoken="+e.token)
	case AuthUnknownKey:
		lines = append(lines, fmt.Sprintf("Invalid authentication type [%d] in message!", e.Key))
	}
	return append(lines, fmt.Sprintf("string2msg_ll: node [%s] failed authentication", node))
}

// dump shows the fields of the frame as the original does.
func (e *AuthError) dump() []string {
	m, err := DecodePlain(e.frame)
	if err != nil {
		return nil
	}
	lines := []string{fmt.Sprintf("MSG: Dumping message with %d fields", len(m.Fields))}
	for i, f := range m.Fields {
		if i == maxDump {
			return append(lines, fmt.Sprintf("MSG: %d more fields", len(m.Fields)-i))
		}
		text := string(f.Value)
		if f.Kind != String {
			text = fmt.Sprintf("(%d bytes of type %d)", len(f.Value), f.Kind)
		}
		lines = append(lines, fmt.Sprintf("MSG[%d] : [%s=%s]", i, f.Name, text))
	}
	return lines
}
