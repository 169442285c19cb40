package message

import "bytes"

// peel takes one "LENGTH:VALUE," off the front.
func peel(b []byte) (value, rest []byte, ok bool) {
	const maxDigits = 7 // MaxInflated has no more
	n, i := 0, 0
	for i < len(b) && i < maxDigits && b[i] >= '0' && b[i] <= '9' {
		n = n*10 + int(b[i]-'0')
		i++
	}
	if i == 0 || i >= len(b) || b[i] != ':' {
		return nil, nil, false
	}
	b = b[i+1:]
	if n >= len(b) || b[n] != ',' {
		return nil, nil, false
	}
	return b[:n], b[n+1:], true
}

// netstringBody returns the fields between the marks of a frame, and what comes
// behind the end mark.
func netstringBody(frame []byte) (body, rest []byte, err error) {
	start := frame[len(netstringStart):]
	b := start
	for !bytes.HasPrefix(b, []byte(netstringEnd)) {
		_, next, ok := peel(b)
		if !ok {
			return nil, nil, syntax(len(frame)-len(b), "a field is no LENGTH:VALUE")
		}
		b = next
	}
	return start[:len(start)-len(b)], b[len(netstringEnd):], nil
}

// verifyNetstring checks the outer signature, which covers both marks. What
// follows it is ignored.
func verifyNetstring(frame []byte, ring *Keyring) ([]byte, error) {
	body, rest, err := netstringBody(frame)
	if err != nil {
		return nil, err
	}
	token, _, ok := peel(rest)
	if !ok {
		return nil, &AuthError{Cause: AuthMissing, Format: Netstring, frame: frame}
	}
	signed := frame[:len(frame)-len(rest)]
	if cause, key, ok := ring.check(token, signed); !ok {
		return nil, &AuthError{Cause: cause, Key: key, Format: Netstring, token: string(token), frame: frame}
	}
	return body, nil
}

// parseNetstring reads the fields of a message. It takes the bytes over.
func parseNetstring(body []byte, depth int) (*Message, error) {
	m := new(Message)
	n := 0
	for b := body; len(b) > 0; n++ {
		_, rest, ok := peel(b)
		if !ok {
			return nil, syntax(len(body)-len(b), "a field is no LENGTH:VALUE")
		}
		b = rest
	}
	m.Fields = make([]Field, 0, n)
	for b := body; len(b) > 0; {
		pair, rest, _ := peel(b)
		f, reason := netstringField(pair, depth)
		if reason != "" {
			return nil, syntax(len(body)-len(b), reason)
		}
		m.Fields = append(m.Fields, f)
		b = rest
	}
	return m, nil
}

// netstringField reads "(T)NAME=VALUE". The reason is empty if it is good.
func netstringField(pair []byte, depth int) (f Field, reason string) {
	if len(pair) < 3 || pair[0] != '(' || pair[2] != ')' || pair[1] < '0' || pair[1] > '4' {
		return f, "unknown field type"
	}
	f.Kind = Kind(pair[1] - '0')
	pair = pair[3:]
	eq := bytes.IndexByte(pair, '=')
	if eq < 0 || !validName(pair[:eq]) {
		return f, "a field is no NAME=VALUE"
	}
	f.Name = fieldName(pair[:eq])
	value := pair[eq+1:]
	value = value[:len(value):len(value)]
	switch f.Kind {
	case String:
		if bytes.IndexByte(value, 0) >= 0 {
			return f, "NUL in a text"
		}
		f.Value = value
	case Binary, Compressed:
		f.Value = value
	case List:
		var ok bool
		if f.List, ok = parseList(value); !ok {
			return f, "bad list"
		}
	case Struct:
		if depth+1 >= maxDepth {
			return f, "nested too deep"
		}
		if !bytes.HasPrefix(value, []byte(netstringStart)) {
			return f, "bad nested message"
		}
		body, _, err := netstringBody(value)
		if err != nil {
			return f, "bad nested message"
		}
		if f.Nested, err = parseNetstring(body, depth+1); err != nil {
			return f, "bad nested message"
		}
	}
	return f, ""
}
