package message

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strconv"
)

// Encode returns the signed frame of a message. A field auth in the message is
// left out and computed anew; the message itself stays as it is. For a serial
// line drop the NUL that ends a classic frame.
func Encode(m *Message, f Format, ring *Keyring) ([]byte, error) {
	switch f {
	case Classic:
		return encodeClassic(m, ring)
	case Netstring:
		return encodeNetstring(m, nil, ring)
	case NetstringSigned:
		lines, err := appendLines(nil, m, 0, true)
		if err != nil {
			return nil, err
		}
		token, err := ring.sign(nil, lines)
		if err != nil {
			return nil, err
		}
		return encodeNetstring(m, token, ring)
	}
	return nil, fmt.Errorf("encode message: unknown format %d", f)
}

// EncodePlain returns the frame of a message without any signature, as the
// command FIFO, local clients and nested messages have it. Fields stay as they
// are, auth too.
func EncodePlain(m *Message, f Format) ([]byte, error) {
	if f == Classic {
		b, err := appendClassic(make([]byte, 0, 256), m, 0)
		if err != nil {
			return nil, err
		}
		return sized(append(b, 0))
	}
	b, err := appendNetstring(make([]byte, 0, 256), m, 0, false)
	if err != nil {
		return nil, err
	}
	return sized(append(b, netstringEnd...))
}

// sized refuses a frame that no receiver takes.
func sized(b []byte) ([]byte, error) {
	if len(b) >= MaxFrame {
		return nil, fmt.Errorf("encode message: msg too big(%d)", len(b))
	}
	return b, nil
}

func encodeClassic(m *Message, ring *Keyring) ([]byte, error) {
	b := append(make([]byte, 0, 320), classicStart...)
	b, err := appendLines(b, m, 0, true)
	if err != nil {
		return nil, err
	}
	signed := b[len(classicStart):]
	b = append(b, authName...)
	b, err = ring.sign(append(b, '='), signed)
	if err != nil {
		return nil, err
	}
	b = append(append(b, '\n'), classicEnd...)
	return sized(append(b, 0))
}

func encodeNetstring(m *Message, token []byte, ring *Keyring) ([]byte, error) {
	b, err := appendNetstring(make([]byte, 0, 400), m, 0, true)
	if err != nil {
		return nil, err
	}
	if token != nil {
		b = appendPair(b, String, authName, token)
	}
	b = append(b, netstringEnd...)
	var room [64]byte
	outer, err := ring.sign(room[:0], b)
	if err != nil {
		return nil, err
	}
	return sized(append(appendPrefixed(b, outer), ','))
}

// appendClassic appends the complete classic text of a message at a depth.
func appendClassic(b []byte, m *Message, depth int) ([]byte, error) {
	b, err := appendLines(append(b, classicStart...), m, depth, false)
	if err != nil {
		return nil, err
	}
	return append(b, classicEnd...), nil
}

// appendLines appends the classic lines of the fields, which are also what the
// field auth signs.
func appendLines(b []byte, m *Message, depth int, withoutAuth bool) ([]byte, error) {
	for _, f := range m.Fields {
		if withoutAuth && f.Name == authName {
			continue
		}
		if err := checkField(f, depth); err != nil {
			return nil, err
		}
		if f.Kind != String {
			b = append(b, '(', '0'+byte(f.Kind), ')')
		}
		b = append(append(b, f.Name...), '=')
		start := len(b)
		switch f.Kind {
		case String:
			b = append(b, f.Value...)
			replace(b[start:], '\n', newlineMark)
		case Binary, Compressed:
			b = base64.StdEncoding.AppendEncode(b, f.Value)
		case List:
			b = appendList(b, f.List)
			if bytes.IndexByte(b[start:], '\n') >= 0 {
				return nil, fmt.Errorf("encode field %s: a classic list cannot hold a newline", f.Name)
			}
		case Struct:
			var err error
			if b, err = appendClassic(b, f.Nested, depth+1); err != nil {
				return nil, err
			}
			replace(b[start:], '\n', nestedNewline[depth])
		}
		b = append(b, '\n')
	}
	return b, nil
}

// appendNetstring appends start mark and fields of a message at a depth.
func appendNetstring(b []byte, m *Message, depth int, withoutAuth bool) ([]byte, error) {
	b = append(b, netstringStart...)
	for _, f := range m.Fields {
		if withoutAuth && f.Name == authName {
			continue
		}
		if err := checkField(f, depth); err != nil {
			return nil, err
		}
		value := f.Value
		switch f.Kind {
		case List:
			value = appendList(nil, f.List)
		case Struct:
			nested, err := appendNetstring(nil, f.Nested, depth+1, false)
			if err != nil {
				return nil, err
			}
			value = append(nested, netstringEnd...)
		}
		b = appendPair(b, f.Kind, f.Name, value)
	}
	return b, nil
}

// appendPair appends one field of a netstring frame.
func appendPair(b []byte, kind Kind, name string, value []byte) []byte {
	b = strconv.AppendInt(b, int64(len("(0)=")+len(name)+len(value)), 10)
	b = append(b, ':', '(', '0'+byte(kind), ')')
	b = append(append(b, name...), '=')
	return append(append(b, value...), ',')
}

// appendPrefixed appends a value with its length before it.
func appendPrefixed(b, value []byte) []byte {
	b = strconv.AppendInt(b, int64(len(value)), 10)
	return append(append(b, ':'), value...)
}

func appendList(b []byte, list []string) []byte {
	for _, s := range list {
		b = strconv.AppendInt(b, int64(len(s)), 10)
		b = append(append(b, ':'), s...)
		b = append(b, ',')
	}
	return b
}

// checkField refuses what no reader could take apart again.
func checkField(f Field, depth int) error {
	switch {
	case !validName([]byte(f.Name)):
		return fmt.Errorf("encode field %q: no valid name", f.Name)
	case f.Kind > Compressed:
		return fmt.Errorf("encode field %s: unknown type %d", f.Name, f.Kind)
	case f.Kind == String && bytes.IndexByte(f.Value, 0) >= 0:
		return fmt.Errorf("encode field %s: a text cannot hold a NUL", f.Name)
	case f.Kind == Struct && f.Nested == nil:
		return fmt.Errorf("encode field %s: no nested message", f.Name)
	case f.Kind == Struct && depth+1 >= maxDepth:
		return fmt.Errorf("encode field %s: nested too deep", f.Name)
	}
	return nil
}

func replace(b []byte, from, to byte) {
	for i, c := range b {
		if c == from {
			b[i] = to
		}
	}
}
