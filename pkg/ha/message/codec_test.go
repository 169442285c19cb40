package message_test

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"

	"lvsha/pkg/ha/message"
)

var ring = &message.Keyring{Outbound: 1, Keys: map[int]message.Key{
	1: {Method: message.SHA1, Secret: "swordfish"},
	2: {Method: message.CRC},
	3: {Method: message.MD5, Secret: "Hello!"},
}}

func sample() *message.Message {
	return message.New("status").Add("st", "active").Add("info", "two\nlines").Add("empty", "").
		AddBinary("srcuuid", []byte{0, 1, 2, 0xff}).AddHex("seq", 0x2a).Add("seq", "the second")
}

func TestRoundTrip(t *testing.T) {
	for _, f := range []message.Format{message.Classic, message.Netstring, message.NetstringSigned} {
		for number := range ring.Keys {
			t.Run(fmt.Sprintf("%v key %d", f, number), func(t *testing.T) {
				out := &message.Keyring{Outbound: number, Keys: ring.Keys}
				m := sample().Add("auth", "a former one")
				before := fmt.Sprint(m)
				frame, err := message.Encode(m, f, out)
				if err != nil {
					t.Fatal(err)
				}
				if fmt.Sprint(m) != before {
					t.Error("Encode changed the message")
				}
				got, err := message.Decode(frame, ring)
				if err != nil {
					t.Fatal(err)
				}
				want := sample()
				if f != message.Netstring {
					want.Add("auth", got.Text("auth"))
				}
				if !reflect.DeepEqual(got, want) {
					t.Errorf("got  %v\nwant %v", got, want)
				}
				// What was decoded does not depend on the buffer.
				for i := range frame {
					frame[i] = 'x'
				}
				if !reflect.DeepEqual(got, want) {
					t.Error("the message shares memory with the frame")
				}
			})
		}
	}
}

// Every changed bit of what is signed must be noticed.
func TestEveryAlteredByteIsRefused(t *testing.T) {
	for _, f := range []message.Format{message.Classic, message.Netstring, message.NetstringSigned} {
		frame, err := message.Encode(sample(), f, ring)
		if err != nil {
			t.Fatal(err)
		}
		end := len(frame)
		if f == message.Classic {
			// The newline behind the digest may be any other white space.
			end = bytes.LastIndex(frame, []byte("\n<<<\n"))
		}
		for i := 0; i < end; i++ {
			bad := bytes.Clone(frame)
			bad[i] ^= 1
			m, err := message.Decode(bad, ring)
			// A blank of the signature may become another one.
			if err == nil && !(m != nil && bad[i] == '!') {
				t.Errorf("%v: byte %d (%q) altered and accepted", f, i, frame[i])
			}
		}
	}
}

func TestDecodeErrors(t *testing.T) {
	tests := []struct {
		name  string
		frame string
		want  string // beginning of the error
	}{
		{"empty", "", "not a heartbeat frame"},
		{"one byte", ">", "not a heartbeat frame"},
		{"text", "GET / HTTP/1.0\r\n\r\n", "not a heartbeat frame"},
		{"marks without newline", ">>>", "not a heartbeat frame"},
		{"classic mark only", ">>>\n", "authenticate frame: no signature"},
		{"netstring mark only", "###\n", "malformed frame at byte 4"},
		{"classic without name", ">>>\n=x\nauth=1 00\n<<<\n", "malformed frame at byte 0"},
		{"empty line", ">>>\nt=a\n\nauth=1 00\n<<<\n", "malformed frame at byte 4"},
		{"empty auth", ">>>\nt=a\nauth=\n<<<\n", "authenticate frame: the signature is not"},
		{"auth without number", ">>>\nt=a\nauth=x abc\n<<<\n", "authenticate frame: the signature is not"},
		{"auth without digest", ">>>\nt=a\nauth=1\n<<<\n", "authenticate frame: the signature is not"},
		{"negative key", ">>>\nt=a\nauth=-1 abc\n<<<\n", "authenticate frame: the signature is not"},
		{"unknown key", ">>>\nt=a\nauth=7 abc\n<<<\n", "authenticate frame: key 7 is not"},
		{"key of many digits", ">>>\nt=a\nauth=99999999999999999999 abc\n<<<\n", "authenticate frame: key 999999 is not"},
		{"binary auth", ">>>\nt=a\n(1)auth=YQ==\n<<<\n", "authenticate frame: no signature"},
		{"netstring without outer auth", "###\n8:(0)t=abc,%%%\n", "authenticate frame: no signature"},
		{"netstring bad outer auth", "###\n8:(0)t=abc,%%%\n3:abc,", "authenticate frame: the signature is not"},
		{"length zero", "###\n0:,%%%\n", "authenticate frame: no signature"},
		{"negative length", "###\n-1:(0)t=a,%%%\n", "malformed frame at byte 4"},
		{"huge length", "###\n99999999999999999999:(0)t=a,%%%\n", "malformed frame at byte 4"},
		{"no comma", "###\n7:(0)t=abc,%%%\n", "malformed frame at byte 4"},
		{"no end", "###\n8:(0)t=abc,", "malformed frame at byte 15"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := message.Decode([]byte(tt.frame), ring)
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
			if errors.Is(err, message.ErrNotFrame) != strings.HasPrefix(tt.want, "not a") {
				t.Errorf("ErrNotFrame: %v", err)
			}
		})
	}
	if _, err := message.Decode([]byte(">>>\nt=a\nauth=1 x\n<<<\n"), nil); err == nil {
		t.Error("accepted without keys")
	}
}

func TestSyntaxOfSignedFrames(t *testing.T) {
	tests := []struct {
		name  string
		plain string
	}{
		{"type of text", ">>>\n(0)a=b\n<<<\n"},
		{"unknown type", ">>>\n(9)a=b\n<<<\n"},
		{"name with parenthesis", ">>>\n(a=b\n<<<\n"},
		{"base64", ">>>\n(1)a=!!!!\n<<<\n"},
		{"list", ">>>\n(3)a=9:b,\n<<<\n"},
		{"struct", ">>>\n(2)a=b\n<<<\n"},
		{"struct without end", ">>>\n(2)a=>>>\x14b=c\x14\n<<<\n"},
		{"netstring unknown type", "###\n7:(9)t=ab,%%%\n"},
		{"netstring no type", "###\n4:t=ab,%%%\n"},
		{"netstring zero length", "###\n0:,%%%\n"},
		{"netstring no name", "###\n6:(0)=ab,%%%\n"},
		{"netstring no equals", "###\n6:(0)abc,%%%\n"},
		{"netstring NUL", "###\n7:(0)t=\x00b,%%%\n"},
		{"netstring bad struct", "###\n7:(2)t=ab,%%%\n"},
		{"netstring bad list", "###\n7:(3)t=ab,%%%\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := message.DecodePlain([]byte(tt.plain))
			var bad *message.SyntaxError
			if !errors.As(err, &bad) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestTolerance(t *testing.T) {
	classic, err := message.Encode(sample(), message.Classic, ring)
	if err != nil {
		t.Fatal(err)
	}
	text := string(classic)
	netstring, err := message.Encode(sample(), message.Netstring, ring)
	if err != nil {
		t.Fatal(err)
	}
	line := text[strings.Index(text, "auth="):strings.Index(text, "<<<")]
	tests := map[string]string{
		"no NUL":              text[:len(text)-1],
		"junk behind the end": text + "junk",
		"cut behind digest":   strings.TrimSuffix(text, "\n<<<\n\x00"),
		"auth first":          ">>>\n" + line + strings.Replace(text[4:], line, "", 1),
		"netstring and junk":  string(netstring) + "junk",
	}
	for name, frame := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := message.Decode([]byte(frame), ring); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestNestingIsBounded(t *testing.T) {
	nest := func(depth int) *message.Message {
		m := message.New("bottom")
		for range depth {
			up := new(message.Message)
			up.Fields = append(up.Fields, message.Field{Name: "in", Kind: message.Struct, Nested: m})
			m = up
		}
		return m
	}
	for _, f := range []message.Format{message.Classic, message.Netstring} {
		frame, err := message.EncodePlain(nest(15), f)
		if err != nil {
			t.Fatal(err)
		}
		m, err := message.DecodePlain(frame)
		if err != nil || !reflect.DeepEqual(m, nest(15)) {
			t.Errorf("%v: %v", f, err)
		}
		if _, err := message.EncodePlain(nest(16), f); err == nil {
			t.Errorf("%v: encoded deeper than readers go", f)
		}
	}
	deep := "###\n8:(0)t=abc,%%%\n"
	for range 16 {
		pair := "(2)i=" + deep
		deep = fmt.Sprintf("###\n%d:%s,%%%%%%\n", len(pair), pair)
	}
	if _, err := message.DecodePlain([]byte(deep)); err == nil {
		t.Error("read deeper than sixteen")
	}
}

func TestEncodeRefuses(t *testing.T) {
	tests := map[string]*message.Message{
		"no name":     new(message.Message).Add("", "x"),
		"equals":      new(message.Message).Add("a=b", "x"),
		"newline":     new(message.Message).Add("a\nb", "x"),
		"parenthesis": new(message.Message).Add("(1)a", "x"),
		"NUL":         new(message.Message).Add("a", "x\x00"),
		"too big":     new(message.Message).Add("a", strings.Repeat("x", message.MaxFrame)),
		"no struct":   {Fields: []message.Field{{Name: "a", Kind: message.Struct}}},
		"type":        {Fields: []message.Field{{Name: "a", Kind: 5}}},
	}
	for name, m := range tests {
		for _, f := range []message.Format{message.Classic, message.Netstring, message.NetstringSigned} {
			if _, err := message.Encode(m, f, ring); err == nil {
				t.Errorf("%s encoded as %v", name, f)
			}
		}
	}
	if _, err := message.Encode(sample(), message.Classic, &message.Keyring{Outbound: 4}); err == nil {
		t.Error("signed with a key that is not there")
	}
	if _, err := message.Encode(sample(), message.Format(9), ring); err == nil {
		t.Error("encoded in an unknown format")
	}
}

func TestCompress(t *testing.T) {
	big := message.New("bigmsg").Add("f", strings.Repeat("abcdefgh", 1000))
	for _, f := range []message.Format{message.Classic, message.Netstring, message.NetstringSigned} {
		frame, err := message.Compress(big, f, ring, "zlib")
		if err != nil {
			t.Fatal(err)
		}
		if len(frame) > 1000 {
			t.Errorf("%v: %d bytes", f, len(frame))
		}
		m, err := message.Decode(frame, ring)
		if err != nil || m.Text("f") != big.Text("f") || m.Has("auth") != (f != message.Netstring) {
			t.Errorf("%v: %v, %v", f, m, err)
		}
		if big.Has("auth") {
			t.Error("Compress changed the message")
		}
	}
	if _, err := message.Compress(big, message.Classic, ring, "bz2"); err == nil {
		t.Error("bz2 was written")
	}
}

func TestBadCompression(t *testing.T) {
	seal := func(algorithm string, payload []byte) []byte {
		m := new(message.Message).AddBinary("_compressed_payload", payload).Add("_compression_algorithm", algorithm)
		frame, err := message.Encode(m, message.Netstring, ring)
		if err != nil {
			t.Fatal(err)
		}
		return frame
	}
	wrap := func(m *message.Message) []byte {
		frame, err := message.Compress(m, message.Netstring, ring, "zlib")
		if err != nil {
			t.Fatal(err)
		}
		return frame
	}
	payload := func(frame []byte) []byte {
		m, err := message.DecodePlain(frame)
		if err != nil {
			t.Fatal(err)
		}
		return m.Bytes("_compressed_payload")
	}
	once, err := message.DecodePlain(wrap(sample()))
	if err != nil {
		t.Fatal(err)
	}
	good := payload(wrap(sample()))
	tests := map[string][]byte{
		"algorithm":  seal("lzo", good),
		"not zlib":   seal("zlib", []byte("x")),
		"not bz2":    seal("bz2", good),
		"cut":        seal("zlib", good[:len(good)-5]),
		"no frame":   seal("zlib", bombOf(t, "hello", 1)),
		"a bomb":     seal("zlib", bombOf(t, ">>>\nt=a\nx="+strings.Repeat("0", 1<<20), 4)),
		"in another": wrap(once),
	}
	for name, frame := range tests {
		t.Run(name, func(t *testing.T) {
			var bad *message.SyntaxError
			if _, err := message.Decode(frame, ring); !errors.As(err, &bad) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestAuthLines(t *testing.T) {
	frame := func(f message.Format, from, to string) []byte {
		b, err := message.Encode(message.New("status").Add("src", "beta"), f, ring)
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Replace(b, []byte(from), []byte(to), 1)
	}
	tests := []struct {
		name   string
		frame  []byte
		severe bool
		want   []string // beginnings
	}{
		{"netstring digest", frame(message.Netstring, "beta", "bata"), true, []string{
			"authtoken does not match, authtoken=", "netstring authentication failed, s=###\n11:(0)t=status,",
			"MSG: Dumping message with 2 fields", "MSG[0] : [t=status]", "MSG[1] : [src=bata]"}},
		{"netstring key", frame(message.Netstring, "%%%\n42:1 ", "%%%\n42:7 "), false, []string{
			"Invalid authentication [7] in message!", "netstring authentication failed, s=",
			"MSG: Dumping message with 2 fields", "MSG[0] : [t=status]", "MSG[1] : [src=beta]"}},
		{"netstring no number", frame(message.Netstring, "%%%\n42:1 ", "%%%\n42:x "), false, []string{
			"Bad/invalid netstring auth string", "netstring authentication failed, s=",
			"MSG: Dumping message with 2 fields", "MSG[0] : [t=status]", "MSG[1] : [src=beta]"}},
		{"netstring none", frame(message.Netstring, "%%%\n42:1 ", "%%%\nx"), true, []string{
			"peel_netstring() error in getting auth string"}},
		{"classic digest", frame(message.Classic, "beta", "bata"), false, []string{
			"string2msg_ll: node [bata] failed authentication"}},
		{"classic key", frame(message.Classic, "auth=1", "auth=7"), false, []string{
			"Invalid authentication type [7] in message!", "string2msg_ll: node [beta] failed authentication"}},
		{"classic none", []byte(">>>\nt=a\n<<<\n"), false, []string{
			"Bad/invalid auth token, authtoken=(nil)", "string2msg_ll: node [?] failed authentication"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := message.Decode(tt.frame, ring)
			var bad *message.AuthError
			if !errors.As(err, &bad) {
				t.Fatal(err)
			}
			lines := bad.Lines()
			if len(lines) != len(tt.want) || bad.Severe() != tt.severe {
				t.Fatalf("severe %v, lines %q", bad.Severe(), lines)
			}
			for i, want := range tt.want {
				if !strings.HasPrefix(lines[i], want) {
					t.Errorf("line %q, want %q", lines[i], want)
				}
			}
		})
	}
}

// The right digest of a forged frame in a log that everyone may read would let
// its reader forge.
func TestLinesDoNotTellTheDigest(t *testing.T) {
	forged := []byte("###\n11:(0)t=status,%%%\n")
	good, err := message.Encode(message.New("status"), message.Netstring, ring)
	if err != nil {
		t.Fatal(err)
	}
	digest := string(good[len(good)-41 : len(good)-1])
	_, err = message.Decode(append(forged, "6:1 dead,"...), ring)
	var bad *message.AuthError
	if !errors.As(err, &bad) {
		t.Fatal(err)
	}
	if strings.Contains(strings.Join(bad.Lines(), "\n"), digest) {
		t.Error("the lines tell the digest")
	}
}

func TestForgedFramesAreCheap(t *testing.T) {
	for _, f := range []message.Format{message.Classic, message.Netstring} {
		frame, err := message.Encode(sample(), f, ring)
		if err != nil {
			t.Fatal(err)
		}
		stranger := &message.Keyring{Keys: map[int]message.Key{2: {Method: message.CRC}}}
		if n := testing.AllocsPerRun(100, func() { _, _ = message.Decode(frame, stranger) }); n > 3 {
			t.Errorf("%v: %v allocations for an unknown key", f, n)
		}
		bad := bytes.Replace(frame, []byte("status"), []byte("statue"), 1)
		if n := testing.AllocsPerRun(100, func() { _, _ = message.Decode(bad, ring) }); n > 12 {
			t.Errorf("%v: %v allocations for a wrong digest", f, n)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, v := range loadVectors(f) {
		f.Add(v.frame)
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		before := bytes.Clone(frame)
		if m, err := message.Decode(frame, ring); err == nil && m == nil {
			t.Error("neither message nor error")
		} else {
			var bad *message.AuthError
			if errors.As(err, &bad) {
				bad.Lines()
			}
		}
		m, err := message.DecodePlain(frame)
		if !bytes.Equal(frame, before) {
			t.Fatal("the frame was changed")
		}
		if err != nil {
			return
		}
		// What was read can be written, and reads the same.
		again, err := message.EncodePlain(m, message.Netstring)
		if err != nil {
			t.Fatalf("%v cannot be written: %v", m, err)
		}
		m2, err := message.DecodePlain(again)
		if err != nil {
			t.Fatalf("%q cannot be read: %v", again, err)
		}
		if again2, err := message.EncodePlain(m2, message.Netstring); err != nil || !bytes.Equal(again, again2) {
			t.Fatalf("%q became %q, %v", again, again2, err)
		}
	})
}

// TestRingIsShared: each link verifies and the node signs by one ring at the same
// time.
func TestRingIsShared(t *testing.T) {
	var all sync.WaitGroup
	for number := range ring.Keys {
		for i := range 8 {
			all.Add(1)
			go func() {
				defer all.Done()
				out := &message.Keyring{Outbound: number, Keys: ring.Keys}
				for n := range 100 {
					frame, err := message.Encode(message.New("x").AddHex("seq", uint64(i*1000+n)), message.Classic, out)
					if err != nil {
						t.Error(err)
						return
					}
					if _, err := message.Decode(frame, ring); err != nil {
						t.Errorf("key %d: %v", number, err)
						return
					}
				}
			}()
		}
	}
	all.Wait()
}

func BenchmarkDecode(b *testing.B) {
	for _, f := range []message.Format{message.Classic, message.Netstring} {
		frame, err := message.Encode(sample(), f, ring)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(f.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := message.Decode(frame, ring); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// crc of a known text, by the rule of POSIX cksum without the length: cksum of
// the text with its length byte appended must agree with the program cksum,
// which prints 930766865 for "123456789".
func TestChecksum(t *testing.T) {
	r := &message.Keyring{Outbound: 0, Keys: map[int]message.Key{0: {Method: message.CRC}}}
	frame, err := message.Encode(message.New("x"), message.Classic, r)
	if err != nil {
		t.Fatal(err)
	}
	var c uint32
	for _, b := range []byte("t=x\n") {
		c ^= uint32(b) << 24
		for range 8 {
			top := c >> 31
			c = c<<1 ^ top*0x04C11DB7
		}
	}
	want := fmt.Sprintf("auth=0 %x\n", ^c)
	if !strings.Contains(string(frame), want) {
		t.Errorf("%q has no %q", frame, want)
	}
}
