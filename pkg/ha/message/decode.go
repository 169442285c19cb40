package message

import (
	"bytes"
	"encoding/base64"
)

// Decode verifies a frame of either framing and returns its message. The field
// auth stays in the message. A compressed message is unwrapped; only its wrapper
// is signed. The message shares no memory with the frame.
//
// The error is ErrNotFrame, a *SyntaxError or an *AuthError. A frame that was not
// signed by a key of the ring is refused before anything is built of it.
func Decode(frame []byte, ring *Keyring) (*Message, error) {
	var m *Message
	switch {
	case bytes.HasPrefix(frame, []byte(classicStart)):
		body, err := verifyClassic(frame, ring)
		if err != nil {
			return nil, err
		}
		if m, err = parseClassic(bytes.Clone(body), 0); err != nil {
			return nil, err
		}
	case bytes.HasPrefix(frame, []byte(netstringStart)):
		body, err := verifyNetstring(frame, ring)
		if err != nil {
			return nil, err
		}
		if m, err = parseNetstring(bytes.Clone(body), 0); err != nil {
			return nil, err
		}
	default:
		return nil, ErrNotFrame
	}
	return unwrap(m)
}

// DecodePlain returns the message of a frame that need not be signed: from the
// command FIFO or a local client. A signature that is there is not looked at,
// and a compressed message stays wrapped.
func DecodePlain(frame []byte) (*Message, error) {
	switch {
	case bytes.HasPrefix(frame, []byte(classicStart)):
		body, _ := classicBody(frame)
		return parseClassic(bytes.Clone(body), 0)
	case bytes.HasPrefix(frame, []byte(netstringStart)):
		body, _, err := netstringBody(frame)
		if err != nil {
			return nil, err
		}
		return parseNetstring(bytes.Clone(body), 0)
	}
	return nil, ErrNotFrame
}

// classicBody returns the lines between the marks of a classic frame. Text ends
// at a NUL. A missing end mark is tolerated, as is a last line without newline.
func classicBody(frame []byte) (body []byte, complete bool) {
	text := frame[len(classicStart):]
	if i := bytes.IndexByte(text, 0); i >= 0 {
		text = text[:i]
	}
	if bytes.HasPrefix(text, []byte(classicEnd)) {
		return nil, true
	}
	if i := bytes.Index(text, []byte("\n"+classicEnd)); i >= 0 {
		return text[:i+1], true
	}
	return text, false
}

// verifyClassic checks the field auth over all other lines.
func verifyClassic(frame []byte, ring *Keyring) ([]byte, error) {
	body, _ := classicBody(frame)
	var token []byte
	var found bool
	// The signed text is everything but the lines named auth, of which there
	// is one in practice.
	var room [4][]byte
	parts := room[:0]
	from := 0
	for at := 0; at < len(body); {
		line, next := cutLine(body, at)
		name := line
		if len(name) > 3 && name[0] == '(' && name[2] == ')' {
			name = name[3:]
		}
		eq := bytes.IndexByte(name, '=')
		if eq <= 0 {
			return nil, syntax(at, "a line is no NAME=VALUE")
		}
		if string(name[:eq]) == authName {
			if !found && line[0] != '(' {
				token = name[eq+1:]
			}
			found = true
			parts = append(parts, body[from:at])
			from = next
		}
		at = next
	}
	parts = append(parts, body[from:])
	if token == nil {
		return nil, &AuthError{Cause: AuthMissing, Format: Classic, frame: frame}
	}
	if cause, key, ok := ring.check(token, parts...); !ok {
		return nil, &AuthError{Cause: cause, Key: key, Format: Classic, token: string(token), frame: frame}
	}
	return body, nil
}

// cutLine returns the line at an offset without its newline, and where the next
// one begins.
func cutLine(b []byte, at int) (line []byte, next int) {
	if i := bytes.IndexByte(b[at:], '\n'); i >= 0 {
		return b[at : at+i], at + i + 1
	}
	return b[at:], len(b)
}

// parseClassic reads the lines of a message. It takes the bytes over and changes
// them.
func parseClassic(body []byte, depth int) (*Message, error) {
	m := &Message{Fields: make([]Field, 0, bytes.Count(body, []byte{'\n'})+1)}
	for at := 0; at < len(body); {
		line, next := cutLine(body, at)
		f, reason := classicField(line, depth)
		if reason != "" {
			return nil, syntax(at, reason)
		}
		m.Fields = append(m.Fields, f)
		at = next
	}
	return m, nil
}

// classicField reads one line. The reason is empty if it is good.
func classicField(line []byte, depth int) (f Field, reason string) {
	if len(line) > 0 && line[0] == '(' {
		// Text has no type on a classic line.
		if len(line) < 3 || line[2] != ')' || line[1] < '1' || line[1] > '4' {
			return f, "unknown field type"
		}
		f.Kind = Kind(line[1] - '0')
		line = line[3:]
	}
	eq := bytes.IndexByte(line, '=')
	if eq < 0 || !validName(line[:eq]) {
		return f, "a line is no NAME=VALUE"
	}
	f.Name = fieldName(line[:eq])
	value := line[eq+1:]
	switch f.Kind {
	case String:
		replace(value, newlineMark, '\n')
		f.Value = value[:len(value):len(value)]
	case Binary, Compressed:
		b := make([]byte, base64.StdEncoding.DecodedLen(len(value)))
		n, err := base64.StdEncoding.Decode(b, value)
		if err != nil {
			return f, "bad base64"
		}
		f.Value = b[:n]
	case List:
		var ok bool
		if f.List, ok = parseList(value); !ok {
			return f, "bad list"
		}
	case Struct:
		if depth+1 >= maxDepth {
			return f, "nested too deep"
		}
		replace(value, nestedNewline[depth], '\n')
		if !bytes.HasPrefix(value, []byte(classicStart)) {
			return f, "bad nested message"
		}
		body, complete := classicBody(value)
		if !complete {
			return f, "bad nested message"
		}
		var err error
		if f.Nested, err = parseClassic(body, depth+1); err != nil {
			return f, "bad nested message"
		}
	}
	return f, ""
}

// parseList reads "LENGTH:TEXT,LENGTH:TEXT,".
func parseList(b []byte) ([]string, bool) {
	list := []string{}
	for len(b) > 0 {
		value, rest, ok := peel(b)
		if !ok {
			return nil, false
		}
		list = append(list, string(value))
		b = rest
	}
	return list, true
}
