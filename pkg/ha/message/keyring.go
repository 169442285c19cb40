package message

import "sync"

// Method is a signature method of authkeys.
type Method uint8

// The methods of authkeys.
const (
	CRC  Method = iota + 1 // checksum without a secret
	MD5                    // HMAC-MD5
	SHA1                   // HMAC-SHA1
)

// String returns the method as authkeys spells it.
func (m Method) String() string {
	switch m {
	case CRC:
		return "crc"
	case MD5:
		return "md5"
	case SHA1:
		return "sha1"
	}
	return "unknown"
}

// Secret is the key of a signature. It never prints its value.
type Secret string

// String hides the secret.
func (Secret) String() string { return "<secret>" }

// GoString hides the secret.
func (Secret) GoString() string { return "<secret>" }

// Key is one key of authkeys.
type Key struct {
	Method Method
	Secret Secret // empty for CRC
}

// Keyring holds the keys of authkeys. A keyring is never changed after it was
// made; a new authkeys file makes a new one.
type Keyring struct {
	Outbound int         // number of the key that signs, 0 to 15
	Keys     map[int]Key // every key that verifies

	idle [MaxKeyNumber + 1]sync.Pool // of *digest, by number of the key
}
