package check_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5"
	"crypto/rand"
	"crypto/sha1"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// oracleServer is a server of the dialect of release 11.1, as far as a login and
// one statement go: no real one can be had. It answers logins with the password
// verifier of that release (SHA-1), and counts what it was asked to do.
type oracleServer struct {
	password string

	mu         sync.Mutex
	statements []string
	logins     int
	logoffs    int
}

// The functions that a client calls, the second byte of a message of type 3.
const (
	oraLogoff     = 0x09
	oraVersion    = 0x3b
	oraExecute    = 0x5e
	oraAuthFirst  = 0x76
	oraAuthSecond = 0x73
)

// oraTTC is the version of the protocol: 6 has the shortest messages.
const oraTTC = 6

// oraInt is a number with its length before it.
func oraInt(n int) []byte {
	if n == 0 {
		return []byte{0}
	}
	b := binary.BigEndian.AppendUint32(nil, uint32(n))
	b = bytes.TrimLeft(b, "\x00")
	return append([]byte{byte(len(b))}, b...)
}

// oraText is a text of less than 253 bytes with its length, which is said twice.
func oraText(s string) []byte {
	if s == "" {
		return oraInt(0)
	}
	return append(append(oraInt(len(s)), byte(len(s))), s...)
}

func oraPair(key, value string, number int) []byte {
	return bytes.Join([][]byte{oraText(key), oraText(value), oraInt(number)}, nil)
}

// oraEnd ends an answer: how many rows there were, and the error if any.
func oraEnd(rows, code int, text string) []byte {
	b := append([]byte{4}, oraInt(rows)...)
	b = append(b, oraInt(code)...)
	b = append(b, make([]byte, 4)...) // numbers: errors of an array, cursor, position
	b = append(b, 0, 0)               // kind of statement, fatal
	b = append(b, make([]byte, 2)...) // numbers: flags
	b = append(b, 0, 0)
	b = append(b, make([]byte, 2)...) // numbers: address of the row
	b = append(b, 0)
	b = append(b, make([]byte, 3)...) // numbers
	b = append(b, 0, 0)
	b = append(b, make([]byte, 2)...) // numbers
	b = append(b, make([]byte, 4)...) // texts
	if code != 0 {
		b = append(append(b, byte(len(text))), text...)
	}
	return b
}

// oraColumn describes the rows of an answer: one number each.
func oraColumn(name string) []byte {
	b := []byte{16, 1, 0}
	b = append(b, oraInt(22)...)
	b = append(b, oraInt(1)...)
	b = append(b, 0)
	b = append(b, 2, 0, 10) // NUMBER, flags, precision
	b = append(b, oraInt(0)...)
	b = append(b, oraInt(22)...)
	b = append(b, make([]byte, 2)...) // numbers: elements, flags
	b = append(b, 0)                  // text: identifier of the type
	b = append(b, make([]byte, 2)...) // numbers: version, character set
	b = append(b, 0)
	b = append(b, oraInt(0)...)
	b = append(b, 1, byte(len(name)))
	b = append(b, oraText(name)...)
	b = append(b, 0, 0) // texts: schema and type
	b = append(b, make([]byte, 2)...)
	b = append(b, 0)                       // text: time
	return append(b, make([]byte, 4+1)...) // numbers, text
}

// oraRow is a row with the number 1.
func oraRow() []byte {
	head := append([]byte{6, 0}, oraInt(1)...)
	head = append(head, 0, 1, 1, 0, 0, 0) // numbers: columns, rows, length; texts
	return append(head, 7, 2, 0xc1, 0x02)
}

func (o *oracleServer) serve(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			_ = o.talk(conn)
		}()
	}
}

// talk serves one connection until the client leaves.
func (o *oracleServer) talk(conn net.Conn) error {
	if kind, _, err := oraRead(conn); err != nil || kind != 1 {
		return fmt.Errorf("packet %d instead of a connect: %w", kind, err)
	}
	if _, err := conn.Write(tnsAccept(314, 8192, 32)); err != nil {
		return err
	}
	login := oraLogin{password: o.password}
	for {
		kind, message, err := oraRead(conn)
		if err != nil || kind != 6 || len(message) < 3 {
			return err // the last packet is empty
		}
		answer, err := o.answer(message[2:], &login)
		if err != nil {
			return err
		}
		if answer == nil {
			_, err := io.Copy(io.Discard, conn) // until the checker gives up
			return err
		}
		if _, err := conn.Write(tns(6, append([]byte{0, 0}, answer...))); err != nil {
			return err
		}
	}
}

func oraRead(r io.Reader) (kind byte, carries []byte, err error) {
	head := make([]byte, 8)
	if _, err := io.ReadFull(r, head); err != nil {
		return 0, nil, err
	}
	carries = make([]byte, int(binary.BigEndian.Uint16(head))-len(head))
	_, err = io.ReadFull(r, carries)
	return head[4], carries, err
}

func (o *oracleServer) answer(message []byte, login *oraLogin) ([]byte, error) {
	switch {
	case message[0] == 1:
		return oraProtocol(), nil
	case message[0] == 2:
		return []byte{2, 0}, nil // no types of its own
	}
	// Before a call others may stand that close cursors.
	switch {
	case bytes.HasPrefix(message, []byte{3, oraAuthFirst}):
		return login.begin()
	case bytes.HasPrefix(message, []byte{3, oraAuthSecond}):
		if !login.right(message) {
			return oraEnd(0, 1017, "ORA-01017: invalid username/password; logon denied\n"), nil
		}
		o.mu.Lock()
		o.logins++
		o.mu.Unlock()
		return oraSession(), nil
	case bytes.HasPrefix(message, []byte{3, oraVersion}):
		const banner = "Oracle Database 11g Release 11.1.0.7.0 - Production"
		return bytes.Join([][]byte{{8}, oraInt(len(banner)), []byte(banner), oraInt(11<<24 | 1<<20 | 7<<8), oraEnd(0, 0, "")}, nil), nil
	case bytes.HasPrefix(message, []byte{3, oraLogoff}):
		o.mu.Lock()
		o.logoffs++
		o.mu.Unlock()
		return []byte{9}, nil
	case bytes.Contains(message, []byte{3, oraExecute}):
		return o.execute(message), nil
	}
	return nil, fmt.Errorf("call % x", message[:2])
}

// execute knows the statements of the test. It has no answer to one of them.
func (o *oracleServer) execute(message []byte) []byte {
	for statement, answer := range map[string][]byte{
		"SELECT 1 FROM dual":         bytes.Join([][]byte{oraColumn("1"), oraRow(), oraEnd(1, 1403, "ORA-01403: no data found\n")}, nil),
		"SELECT n FROM void":         bytes.Join([][]byte{oraColumn("N"), oraEnd(0, 1403, "ORA-01403: no data found\n")}, nil),
		"SELECT n FROM nowhere":      oraEnd(0, 942, "ORA-00942: table or view does not exist\n"),
		"UPDATE t SET n=1":           oraEnd(3, 0, ""),
		"UPDATE t SET n=1 WHERE n=0": oraEnd(0, 0, ""),
		"SELECT n FROM locked":       nil,
	} {
		if i := bytes.Index(message, []byte(statement)); i < 0 || message[i-1] != byte(len(statement)) {
			continue
		}
		o.note(statement)
		return answer
	}
	o.note("another")
	return oraEnd(0, 900, "ORA-00900: invalid SQL statement\n")
}

func (o *oracleServer) note(statement string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.statements = append(o.statements, statement)
}

// oraProtocol is what the server can do.
func oraProtocol() []byte {
	b := append([]byte{1, 6, 0}, "x86_64/Linux 2.4.xx"...)
	b = append(b, 0)
	b = append(b, 0x69, 3, 1, 0, 0) // AL32UTF8; flags; no further character sets
	fdo := make([]byte, 11)
	binary.BigEndian.PutUint16(fdo[9:], 2000) // AL16UTF16
	b = append(b, 0, byte(len(fdo)))
	b = append(b, fdo...)
	compiled := make([]byte, 38)
	compiled[4], compiled[7] = 2, oraTTC // the verifier is not padded
	b = append(append(b, byte(len(compiled))), compiled...)
	return append(b, 7, 2, 0, 0, 0, 0, 0, 0)
}

// oraSession is the end of a login.
func oraSession() []byte {
	pairs := [][]byte{oraPair("AUTH_SESSION_ID", "12", 0), oraPair("AUTH_SERIAL_NUM", "345", 0), oraPair("AUTH_SC_SERVER_HOST", "db", 0)}
	nls := bytes.Join([][]byte{{23, 4}, oraInt(1), {0}, oraInt(1), oraPair("", "AMERICAN", 16), oraInt(0), oraInt(0), oraInt(0)}, nil)
	return bytes.Join([][]byte{{8}, oraInt(len(pairs)), bytes.Join(pairs, nil), nls, oraEnd(0, 0, "")}, nil)
}

// oraLogin is the state of a login.
type oraLogin struct {
	password  string
	key, sent []byte // of the verifier; the session key of the server
}

// begin sends the session key, encrypted by the password.
func (l *oraLogin) begin() ([]byte, error) {
	salt := make([]byte, 10)
	l.sent = make([]byte, 48)
	for _, b := range [][]byte{salt, l.sent} {
		if _, err := rand.Read(b); err != nil {
			return nil, err
		}
	}
	sum := sha1.Sum(append([]byte(l.password), salt...))
	l.key = append(sum[:], 0, 0, 0, 0)
	block, err := aes.NewCipher(l.key)
	if err != nil {
		return nil, err
	}
	encrypted := make([]byte, len(l.sent))
	cipher.NewCBCEncrypter(block, make([]byte, aes.BlockSize)).CryptBlocks(encrypted, l.sent)
	pairs := append(oraPair("AUTH_SESSKEY", fmt.Sprintf("%X", encrypted), 0), oraPair("AUTH_VFR_DATA", fmt.Sprintf("%X", salt), 6949)...)
	return bytes.Join([][]byte{{8}, oraInt(2), pairs, oraEnd(0, 0, "")}, nil), nil
}

// right says whether the client knows the password.
func (l *oraLogin) right(message []byte) bool {
	mine, err1 := oraDecrypt(l.key, oraValue(message, "AUTH_SESSKEY"))
	if err1 != nil || len(mine) != len(l.sent) {
		return false
	}
	joined := make([]byte, 24)
	for i := range joined {
		joined[i] = l.sent[16+i] ^ mine[16+i]
	}
	one, two := md5.Sum(joined[:16]), md5.Sum(joined[16:])
	password, err := oraDecrypt(append(one[:], two[:8]...), oraValue(message, "AUTH_PASSWORD"))
	if err != nil || len(password) < 17 {
		return false
	}
	pad := int(password[len(password)-1])
	return pad <= aes.BlockSize && len(password) >= 16+pad && string(password[16:len(password)-pad]) == l.password
}

func oraDecrypt(key []byte, text string) ([]byte, error) {
	content, err := hex.DecodeString(text)
	if err != nil || len(content) == 0 || len(content)%aes.BlockSize != 0 {
		return nil, fmt.Errorf("%q is not encrypted: %w", text, err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	cipher.NewCBCDecrypter(block, make([]byte, aes.BlockSize)).CryptBlocks(content, content)
	return content, nil
}

// oraValue finds the value of a key in a message.
func oraValue(message []byte, key string) string {
	_, rest, ok := bytes.Cut(message, []byte(key))
	if !ok || len(rest) < 3 || len(rest) < 3+int(rest[2]) {
		return ""
	}
	return string(rest[3 : 3+int(rest[2])])
}

// TestOracleServer has statements answered.
func TestOracleServer(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, password, request string
		up                      bool
		reason                  string
	}{
		{"a row", "Sesame-4711", "/SELECT 1 FROM dual", true, ""},
		{"rows changed", "Sesame-4711", "/UPDATE t SET n=1", true, ""},
		{"no row", "Sesame-4711", "/SELECT n FROM void", false, "no row"},
		{"no row changed", "Sesame-4711", "/UPDATE t SET n=1 WHERE n=0", false, "no row"},
		{"no such table", "Sesame-4711", "/SELECT n FROM nowhere", false, "ORA-00942"},
		{"silence", "Sesame-4711", "/SELECT n FROM locked", false, "timed out"},
		{"another password", "Sesame-4712", "/SELECT 1 FROM dual", false, "ORA-01017"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l, addr := listen(t)
			server := &oracleServer{password: test.password}
			go server.serve(l)
			target := oracleTarget(addr)
			target.Timeout, target.Request = 10*time.Second, test.request
			if test.name == "silence" {
				target.Timeout = 300 * time.Millisecond
			}
			r := run(t, target)
			if r.Up != test.up {
				t.Errorf("up is %t: %v", r.Up, r.Err)
			}
			if test.reason != "" && (r.Err == nil || !strings.Contains(r.Err.Error(), test.reason)) {
				t.Errorf("the reason is %v, wanted %s", r.Err, test.reason)
			}
			server.mu.Lock()
			defer server.mu.Unlock()
			if test.password == "Sesame-4711" && (server.logins != 1 || len(server.statements) != 1 || server.logoffs != 1 && test.name != "silence") {
				t.Errorf("%d logins, %d logoffs, statements %q", server.logins, server.logoffs, server.statements)
			}
		})
	}
}
