package message

// Format is how a message is laid out in a datagram.
type Format uint8

// The formats on the wire. Readers take every one of them at any time.
const (
	// Classic is ">>>", one line a field, "<<<" and a NUL. The signature is the
	// field auth. Linux-HA 2.1 sends it, and every version reads it.
	Classic Format = iota
	// Netstring is "###", length-prefixed fields, "%%%" and an outer signature;
	// ha.cf(5) msgfmt netstring.
	Netstring
	// NetstringSigned is Netstring with the field auth of Classic inside as
	// well, which readers ignore. 3.0.6 sends it by default.
	NetstringSigned
)

// String returns the format as ha.cf spells it where it can.
func (f Format) String() string {
	switch f {
	case Classic:
		return "classic"
	case Netstring:
		return "netstring"
	case NetstringSigned:
		return "netstring with inner auth"
	}
	return "unknown"
}

// Sizes of the protocol in bytes.
const (
	// MaxFrame is the first size that is too big for a frame.
	MaxFrame = 256 << 10
	// MaxInflated is the most that a compressed message may hold.
	MaxInflated = 2 << 20
	// maxDepth is how deep messages nest; the top level is 0.
	maxDepth = 16
)

// Marks of the two framings. Each stands at the beginning of a line.
const (
	classicStart   = ">>>\n"
	classicEnd     = "<<<\n"
	netstringStart = "###\n"
	netstringEnd   = "%%%\n"
)

// authName is the field that signs a classic frame.
const authName = "auth"

// newlineMark stands for a newline within a classic text value.
const newlineMark = 0x13

// nestedNewline holds, by depth, the byte that stands for each newline of a
// nested classic message.
var nestedNewline = [maxDepth]byte{
	20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 15, 16, 17, 18,
}

// Fields of a message that wraps a compressed one (ha.cf(5)
// traditional_compression).
const (
	payloadName   = "_compressed_payload"
	algorithmName = "_compression_algorithm"
)

// validName reports whether a field can have that name.
func validName(name []byte) bool {
	if len(name) == 0 || name[0] == '(' {
		return false
	}
	for _, c := range name {
		if c == '=' || c == '\n' || c == 0 {
			return false
		}
	}
	return true
}

// fieldName makes a string of a name. The usual names cost no allocation.
func fieldName(name []byte) string {
	if s, ok := knownNames[string(name)]; ok {
		return s
	}
	return string(name)
}

var knownNames = func() map[string]string {
	m := make(map[string]string)
	for _, s := range []string{
		"t", "st", "dt", "protocol", "src", "srcuuid", "dest", "destuuid", "seq",
		"hg", "ts", "ld", "ttl", authName, "ackseq", "firstseq", "lastseq", "info",
		"rsc_hold", "rtype", "isstable", "nodelist", "delnodelist", "node",
		"result", "ipaddr", "weown", "ok", "from_id", "to_id", "client_gen",
	} {
		m[s] = s
	}
	return m
}()
