package check_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"testing"
)

// signature is what Message-Authenticator adds behind the header.
const signature = 18

func TestRecordedRADIUS(t *testing.T) {
	t.Parallel()
	conversation{
		file: "testdata/check-radius.txt",
		// Identifier, authenticator and hidden password differ in every packet.
		same: func(got, recorded string) bool {
			g, r := []byte(got), []byte(recorded)
			if len(g) != len(r)+signature || g[0] != r[0] || !bytes.HasPrefix(g[20:], []byte{80, signature}) {
				return false
			}
			given := bytes.Clone(g[22:38])
			clear(g[22:38])
			mac := hmac.New(md5.New, []byte("sec"))
			mac.Write(g)
			if !hmac.Equal(given, mac.Sum(nil)) {
				return false
			}
			g = g[20+signature:]
			r = r[20:]
			user := int(r[1])
			return bytes.Equal(g[:user+2], r[:user+2]) && bytes.Equal(g[user+18:], r[user+18:])
		},
		// The answer is authentic only for the request that was sent, so that of
		// a recorded one is made again if it was.
		answer: func(x exchange, request, recorded []byte) []byte {
			asked := []byte(x.client)
			if !bytes.Equal(recorded[4:20], responseAuthenticator(recorded, asked)) {
				return recorded
			}
			reply := bytes.Clone(recorded)
			reply[1] = request[1]
			copy(reply[4:20], responseAuthenticator(reply, request))
			return reply
		},
	}.run(t)
}

// responseAuthenticator is that of RFC 2865, chapter 3.
func responseAuthenticator(reply, request []byte) []byte {
	sum := md5.New()
	sum.Write(reply[:4])
	sum.Write(request[4:20])
	sum.Write(reply[20:])
	sum.Write([]byte("sec"))
	return sum.Sum(nil)
}
