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

// digest is the digest function of one key. It is used by one caller at a time.
type digest struct {
	hash.Hash
	sum  [sha1.Size]byte // of the longest
	text [2 * sha1.Size]byte
}

// newDigest returns the digest function of a key; nil if the method is unknown.
func (k Key) newDigest() *digest {
	switch k.Method {
	case CRC:
		return &digest{Hash: new(cksum)}
	case MD5:
		return &digest{Hash: hmac.New(md5.New, []byte(k.Secret))}
	case SHA1:
		return &digest{Hash: hmac.New(sha1.New, []byte(k.Secret))}
	}
	return nil
}

// of is the digest of the parts as the wire spells it: hex of full length for the
// HMACs, without leading zeros for the checksum. It is valid until the next call.
func (d *digest) of(parts [][]byte) []byte {
	d.Reset()
	for _, p := range parts {
		_, _ = d.Write(p) // a hash never returns an error
	}
	if c, ok := d.Hash.(*cksum); ok {
		return strconv.AppendUint(d.text[:0], uint64(c.value()), 16)
	}
	return hex.AppendEncode(d.text[:0], d.Sum(d.sum[:0]))
}

// borrow returns the digest function of a key of the ring, nil if its method is
// unknown. Preparing an HMAC costs as much as a heartbeat signed by it, so those
// that were given back are used again.
func (r *Keyring) borrow(number int, k Key) *digest {
	if uint(number) < uint(len(r.idle)) {
		if d, ok := r.idle[number].Get().(*digest); ok {
			return d
		}
	}
	return k.newDigest()
}

// giveBack ends the use of a digest function.
func (r *Keyring) giveBack(number int, d *digest) {
	if uint(number) < uint(len(r.idle)) {
		r.idle[number].Put(d)
	}
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
	dst = append(strconv.AppendInt(dst, int64(r.Outbound), 10), ' ')
	if d := r.borrow(r.Outbound, k); d != nil {
		dst = append(dst, d.of(parts)...)
		r.giveBack(r.Outbound, d)
	}
	return dst, nil
}

// check verifies a token over the parts. Unlike the original's netstring reader
// it takes method and secret of the key that the token names, so that keys can
// be changed one node after the other.
func (r *Keyring) check(token []byte, parts ...[]byte) (AuthCause, int, bool) {
	number, token, ok := splitAuth(token)
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
	d := r.borrow(number, k)
	if d == nil {
		return AuthMismatch, number, false
	}
	defer r.giveBack(number, d)
	if subtle.ConstantTimeCompare(d.of(parts), token) != 1 {
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
