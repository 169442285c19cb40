package message

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"hash"
	"strconv"
)

// MaxKeyNumber is the highest number of a key in authkeys.
const MaxKeyNumber = 15

// newHash returns the digest function of a key; nil if the method is unknown.
func (k Key) newHash() hash.Hash {
	switch k.Method {
	case CRC:
		return new(cksum)
	case MD5:
		return hmac.New(md5.New, []byte(k.Secret))
	case SHA1:
		return hmac.New(sha1.New, []byte(k.Secret))
	}
	return nil
}

// appendDigest appends the digest of the parts as the wire spells it: hex of
// full length for the HMACs, without leading zeros for the checksum.
func (k Key) appendDigest(dst []byte, parts ...[]byte) []byte {
	h := k.newHash()
	if h == nil {
		return dst
	}
	for _, p := range parts {
		_, _ = h.Write(p) // a hash never returns an error
	}
	if c, ok := h.(*cksum); ok {
		return strconv.AppendUint(dst, uint64(c.value()), 16)
	}
	var sum [sha1.Size]byte
	return hex.AppendEncode(dst, h.Sum(sum[:0]))
}

// outbound returns the key that signs.
func (r *Keyring) outbound() (Key, error) {
	if r == nil {
		return Key{}, fmt.Errorf("sign message: no authkeys")
	}
	k, ok := r.Keys[r.Outbound]
	if !ok {
		return Key{}, fmt.Errorf("sign message: key %d is not in authkeys", r.Outbound)
	}
	return k, nil
}

// sign appends "NUMBER DIGEST" over the parts, by the outbound key.
func (r *Keyring) sign(dst []byte, parts ...[]byte) ([]byte, error) {
	k, err := r.outbound()
	if err != nil {
		return nil, err
	}
	dst = strconv.AppendInt(dst, int64(r.Outbound), 10)
	return k.appendDigest(append(dst, ' '), parts...), nil
}

// check verifies a token over the parts. Unlike the original's netstring reader
// it takes method and secret of the key that the token names, so that keys can
// be changed one node after the other.
func (r *Keyring) check(token []byte, parts ...[]byte) (AuthCause, int, bool) {
	number, digest, ok := splitAuth(token)
	if !ok {
		return AuthMalformed, 0, false
	}
	if r == nil {
		return AuthUnknownKey, number, false
	}
	k, ok := r.Keys[number]
	if !ok {
		return AuthUnknownKey, number, false
	}
	var room [2 * sha1.Size]byte
	want := k.appendDigest(room[:0], parts...)
	if len(want) == 0 || subtle.ConstantTimeCompare(want, digest) != 1 {
		return AuthMismatch, number, false
	}
	return 0, number, true
}

// splitAuth splits "NUMBER DIGEST". White space may surround both, and what
// follows the digest is ignored, as in the original.
func splitAuth(token []byte) (number int, digest []byte, ok bool) {
	i := skipSpace(token, 0)
	start := i
	for i < len(token) && token[i] >= '0' && token[i] <= '9' && i-start < 6 {
		number = number*10 + int(token[i]-'0')
		i++
	}
	if i == start {
		return 0, nil, false
	}
	i = skipSpace(token, i)
	end := i
	for end < len(token) && !isSpace(token[end]) {
		end++
	}
	return number, token[i:end], end > i
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && isSpace(b[i]) {
		i++
	}
	return i
}

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// cksum is the checksum of the method crc: polynomial 0x04C11DB7, most
// significant bit first, starting at 0, complemented; that of POSIX cksum but
// without the length.
type cksum uint32

var cksumTable = func() (t [256]uint32) {
	const polynomial = 0x04C11DB7
	for i := range t {
		c := uint32(i) << 24
		for range 8 {
			if c&(1<<31) != 0 {
				c = c<<1 ^ polynomial
			} else {
				c <<= 1
			}
		}
		t[i] = c
	}
	return t
}()

func (c *cksum) Write(p []byte) (int, error) {
	v := uint32(*c)
	for _, b := range p {
		v = v<<8 ^ cksumTable[byte(v>>24)^b]
	}
	*c = cksum(v)
	return len(p), nil
}

func (c *cksum) value() uint32 { return ^uint32(*c) }

// The rest of hash.Hash.

func (c *cksum) Sum(b []byte) []byte {
	v := c.value()
	return append(b, byte(v>>24), byte(v>>16), byte(v>>8), byte(v))
}
func (c *cksum) Reset()         { *c = 0 }
func (c *cksum) Size() int      { return 4 }
func (c *cksum) BlockSize() int { return 1 }
