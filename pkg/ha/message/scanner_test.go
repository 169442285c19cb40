package message_test

import (
	"bytes"
	"compress/zlib"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"lvsha/pkg/ha/message"
)

// bombOf compresses many copies of a text.
func bombOf(t *testing.T, text string, copies int) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	for range copies {
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestScanner(t *testing.T) {
	const a, b = ">>>\nt=a\n<<<\n", ">>>\nt=b\nx=<<<\n<<<\n"
	const n = "###\n9:(0)t=a\n%%,%%%\n"
	tests := []struct {
		name  string
		input string
		want  []string
	}{
		{"nothing", "", nil},
		{"one", a, []string{a}},
		{"two", a + b, []string{a, b}},
		{"with NULs", a + "\x00" + b + "\x00", []string{a, b}},
		{"garbage between", "x\ny" + a + "junk\n\n" + b + "z", []string{a, b}},
		{"unfinished", a + ">>>\nt=b\n", []string{a}},
		{"writer died, the next begins", ">>>\nt=lost\n" + a, []string{a}},
		{"end without begin", "<<<\n" + a, []string{a}},
		{"netstring", n + a + n, []string{n, a, n}},
		{"netstring with signature", n + "6:1 abcd," + n, []string{n, n}},
		{"netstring bad length", "###\n99x:(0)t=a,%%%\n" + a, []string{a}},
		{"netstring without comma", "###\n8:(0)t=abcd%%%\n" + a, []string{a}},
		{"netstring too long", "###\n999999:(0)t=abcd%%%\n" + a, []string{a}},
		{"netstring in classic", ">>>\nt=lost\n" + n, []string{n}},
		{"long garbage line", strings.Repeat("g", 100000) + "\n" + a, []string{a}},
		{"long field", ">>>\nt=" + strings.Repeat("f", 9000) + "\n<<<\n",
			[]string{">>>\nt=" + strings.Repeat("f", 9000) + "\n<<<\n"}},
		{"frame without end is bounded", ">>>\n" + strings.Repeat("t=aaaaaaaaaaaaaa\n", message.MaxFrame/16) + "<<<\n" + a, []string{a}},
	}
	for _, tt := range tests {
		for _, bytewise := range []bool{false, true} {
			t.Run(tt.name, func(t *testing.T) {
				var r io.Reader = strings.NewReader(tt.input)
				if bytewise {
					r = iotest.OneByteReader(r)
				}
				var got []string
				s := message.NewScanner(r)
				for s.Scan() {
					got = append(got, string(s.Frame()))
				}
				if !reflect.DeepEqual(got, tt.want) || s.Err() != nil {
					t.Errorf("got %q, %v, want %q", got, s.Err(), tt.want)
				}
			})
		}
	}
}

func TestScannerError(t *testing.T) {
	want := errors.New("unplugged")
	s := message.NewScanner(io.MultiReader(strings.NewReader(">>>\nt=a\n"), iotest.ErrReader(want)))
	if s.Scan() || !errors.Is(s.Err(), want) {
		t.Errorf("error %v", s.Err())
	}
}

func FuzzScanner(f *testing.F) {
	for _, v := range loadVectors(f) {
		f.Add(append(v.frame, v.frame...))
	}
	f.Fuzz(func(t *testing.T, stream []byte) {
		const good = "\n>>>\nt=good\n<<<\n"
		s := message.NewScanner(bytes.NewReader(stream))
		for s.Scan() {
			if len(s.Frame()) > message.MaxFrame+4096 {
				t.Fatalf("a frame of %d bytes", len(s.Frame()))
			}
			if bytes.HasPrefix(s.Frame(), []byte(">>>")) != bytes.HasSuffix(s.Frame(), []byte("<<<\n")) {
				t.Fatalf("frame %q", s.Frame())
			}
		}
		if s.Err() != nil {
			t.Fatal(s.Err())
		}
		// A netstring that promises more may swallow what follows; no classic
		// garbage may.
		if bytes.Contains(stream, []byte("###")) {
			return
		}
		s = message.NewScanner(strings.NewReader(string(stream) + good))
		var last string
		for s.Scan() {
			last = string(s.Frame())
		}
		if last != good[1:] {
			t.Fatalf("garbage %q hides a frame", stream)
		}
	})
}
