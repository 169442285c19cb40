package message

import (
	"bytes"
	"compress/bzip2"
	"compress/zlib"
	"fmt"
	"io"
)

// Compress returns the signed frame of a message in compressed form, as ha.cf(5)
// traditional_compression sends it: a netstring frame of two fields around the
// frame that Encode would make. The algorithm is "zlib"; bz2 can only be read.
func Compress(m *Message, f Format, ring *Keyring, algorithm string) ([]byte, error) {
	if algorithm != "zlib" {
		return nil, fmt.Errorf("compress message: cannot write %s", algorithm)
	}
	inner, err := innerFrame(m, f, ring)
	if err != nil {
		return nil, err
	}
	var packed bytes.Buffer
	w := zlib.NewWriter(&packed)
	if _, err := w.Write(inner); err != nil {
		return nil, fmt.Errorf("compress message: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("compress message: %w", err)
	}
	wrapper := new(Message).AddBinary(payloadName, packed.Bytes()).Add(algorithmName, algorithm)
	return Encode(wrapper, Netstring, ring)
}

// innerFrame is the frame within the wrapper: without an outer signature, with
// the field auth as the format has it.
func innerFrame(m *Message, f Format, ring *Keyring) ([]byte, error) {
	if f == Netstring {
		return EncodePlain(m, f)
	}
	lines, err := appendLines(nil, m, 0, true)
	if err != nil {
		return nil, err
	}
	token, err := ring.sign(nil, lines)
	if err != nil {
		return nil, err
	}
	signed := new(Message)
	for _, field := range m.Fields {
		if field.Name != authName {
			signed.Fields = append(signed.Fields, field)
		}
	}
	return EncodePlain(signed.Add(authName, string(token)), f)
}

// unwrap returns the message within a compressed one, or the message itself.
func unwrap(m *Message) (*Message, error) {
	f, ok := m.Lookup(payloadName)
	if !ok || f.Kind != Binary {
		return m, nil
	}
	frame, err := inflate(m.Text(algorithmName), f.Value)
	if err != nil {
		return nil, syntax(0, err.Error())
	}
	inner, err := DecodePlain(frame)
	if err == ErrNotFrame {
		return nil, syntax(0, "the compressed payload is no frame")
	}
	if err != nil {
		return nil, err
	}
	if f, ok := inner.Lookup(payloadName); ok && f.Kind == Binary {
		return nil, syntax(0, "compressed twice")
	}
	return inner, nil
}

// inflate decompresses a payload up to MaxInflated.
func inflate(algorithm string, payload []byte) ([]byte, error) {
	var r io.Reader
	switch algorithm {
	case "zlib":
		z, err := zlib.NewReader(bytes.NewReader(payload))
		if err != nil {
			return nil, fmt.Errorf("inflate zlib: %w", err)
		}
		r = z
	case "bz2":
		r = bzip2.NewReader(bytes.NewReader(payload))
	default:
		return nil, fmt.Errorf("compression algorithm %q is unknown", algorithm)
	}
	frame, err := io.ReadAll(io.LimitReader(r, MaxInflated+1))
	if err != nil {
		return nil, fmt.Errorf("inflate %s: %w", algorithm, err)
	}
	if len(frame) > MaxInflated {
		return nil, fmt.Errorf("inflate %s: more than %d bytes", algorithm, MaxInflated)
	}
	return frame, nil
}
