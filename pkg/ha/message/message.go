// Package message is the wire of Linux-HA heartbeat: ordered fields, their two
// framings, compression and signatures. It does no input or output.
package message

import "strconv"

// Kind is the type digit of a field on the wire.
type Kind uint8

// The kinds of field. Clusters that run haresources send only String and Binary.
const (
	String     Kind = 0 // text without NUL
	Binary     Kind = 1 // raw bytes; base64 in classic frames
	Struct     Kind = 2 // a nested message
	List       Kind = 3 // a list of strings
	Compressed Kind = 4 // a nested message, compressed
)

// Field is one named value of a message.
type Field struct {
	Name   string
	Kind   Kind
	Value  []byte   // String, Binary and Compressed
	Nested *Message // Struct
	List   []string // List
}

// Message is an ordered list of fields. Names may repeat; the first one wins on
// lookup. The zero value is an empty message ready for use.
type Message struct {
	Fields []Field
}

// New returns a message of the given type (field "t").
func New(kind string) *Message {
	return new(Message).Add("t", kind)
}

// Add appends a text field and returns the message, so that calls chain.
func (m *Message) Add(name, value string) *Message {
	m.Fields = append(m.Fields, Field{Name: name, Kind: String, Value: []byte(value)})
	return m
}

// AddHex appends a number in hexadecimal, the base of seq, hg, ts, dt and ackseq.
func (m *Message) AddHex(name string, value uint64) *Message {
	return m.Add(name, strconv.FormatUint(value, 16))
}

// AddBinary appends a binary field.
func (m *Message) AddBinary(name string, value []byte) *Message {
	m.Fields = append(m.Fields, Field{Name: name, Kind: Binary, Value: value})
	return m
}

// Lookup returns the first field of that name.
func (m *Message) Lookup(name string) (Field, bool) {
	for _, f := range m.Fields {
		if f.Name == name {
			return f, true
		}
	}
	return Field{}, false
}

// Has reports whether a field of that name is present.
func (m *Message) Has(name string) bool {
	_, ok := m.Lookup(name)
	return ok
}

// Text returns the value of the first text field of that name, or "".
func (m *Message) Text(name string) string {
	f, ok := m.Lookup(name)
	if !ok || f.Kind != String {
		return ""
	}
	return string(f.Value)
}

// Bytes returns the value of the first binary field of that name, or nil.
func (m *Message) Bytes(name string) []byte {
	f, ok := m.Lookup(name)
	if !ok || f.Kind != Binary {
		return nil
	}
	return f.Value
}

// Hex returns the first field of that name read as a hexadecimal number. It
// reports false if the field is absent or no such number.
func (m *Message) Hex(name string) (uint64, bool) {
	f, ok := m.Lookup(name)
	if !ok || f.Kind != String {
		return 0, false
	}
	v, err := strconv.ParseUint(string(f.Value), 16, 64)
	return v, err == nil
}

// Decimal returns the first field of that name read as a decimal number. It
// reports false if the field is absent or no such number.
func (m *Message) Decimal(name string) (uint64, bool) {
	f, ok := m.Lookup(name)
	if !ok || f.Kind != String {
		return 0, false
	}
	v, err := strconv.ParseUint(string(f.Value), 10, 64)
	return v, err == nil
}

// Type returns the message type, field "t".
func (m *Message) Type() string { return m.Text("t") }

// Clone returns a copy that shares no field list with m. Values are shared; they
// are never changed in place.
func (m *Message) Clone() *Message {
	return &Message{Fields: append([]Field(nil), m.Fields...)}
}
