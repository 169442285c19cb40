package message_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"lvsha/pkg/ha/message"
)

// vector is one frame captured from an original, with what is known of it.
type vector struct {
	name     string
	frame    []byte
	verdict  string
	ring     *message.Keyring
	format   message.Format
	trailing int
	fields   []string // as the description prints them
}

func loadVectors(t testing.TB) []vector {
	t.Helper()
	paths, err := filepath.Glob("testdata/vectors/*.bin")
	if err != nil || len(paths) < 60 {
		t.Fatalf("%d vectors, %v", len(paths), err)
	}
	var all []vector
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(strings.TrimSuffix(path, ".bin") + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		v := vector{name: strings.TrimSuffix(filepath.Base(path), ".bin"), frame: b}
		inner := false
		for _, line := range strings.Split(string(text), "\n") {
			key, value, _ := strings.Cut(line, ":")
			value = strings.TrimSpace(value)
			switch {
			case strings.HasPrefix(line, "  "):
				v.fields = append(v.fields, strings.TrimSpace(line))
			case key == "verdict":
				v.verdict = value
			case key == "key":
				v.ring = parseKey(t, value)
			case key == "format" && value == "netstring":
				v.format = message.Netstring
			case key == "inner":
				inner = true
			case key == "trailing":
				v.trailing, _ = strconv.Atoi(strings.Fields(value)[0])
			}
		}
		if inner && v.format == message.Netstring {
			v.format = message.NetstringSigned
		}
		all = append(all, v)
	}
	return all
}

func parseKey(t testing.TB, text string) *message.Keyring {
	t.Helper()
	words := strings.Fields(text)
	n, err := strconv.Atoi(words[0])
	if err != nil {
		t.Fatal(err)
	}
	k := message.Key{}
	switch words[1] {
	case "crc":
		k.Method = message.CRC
	case "md5":
		k.Method = message.MD5
	case "sha1":
		k.Method = message.SHA1
	}
	if len(words) > 2 {
		k.Secret = message.Secret(words[2])
	}
	return &message.Keyring{Outbound: n, Keys: map[int]message.Key{n: k}}
}

// describe prints a field as the descriptions of the vectors do.
func describe(f message.Field) string { return fmt.Sprintf("%d %s = %s", f.Kind, f.Name, value(f)) }

func value(f message.Field) string {
	switch f.Kind {
	case message.String:
		return `"` + strings.ReplaceAll(string(f.Value), "\n", `\n`) + `"`
	case message.List:
		return `["` + strings.Join(f.List, `", "`) + `"]`
	case message.Struct:
		var parts []string
		for _, n := range f.Nested.Fields {
			parts = append(parts, describe(n))
		}
		return "{ " + strings.Join(parts, "; ") + " }"
	}
	return "hex:" + hex.EncodeToString(f.Value)
}

func compareFields(t *testing.T, m *message.Message, want []string) {
	t.Helper()
	if len(m.Fields) != len(want) {
		t.Fatalf("%d fields, want %d", len(m.Fields), len(want))
	}
	for i, f := range m.Fields {
		got := describe(f)
		// The descriptions are UTF-8 of single bytes.
		if f.Name == "hi" {
			got = `0 hi = "Ã©"`
			if string(f.Value) != "\xc3\xa9" {
				t.Errorf("hi = %x", f.Value)
			}
		}
		// The description of a long payload is cut.
		if got != want[i] && !(len(want[i]) > 500 && strings.HasPrefix(got, want[i])) {
			t.Errorf("field %d: got %s, want %s", i, got, want[i])
		}
	}
}

func TestVectors(t *testing.T) {
	for _, v := range loadVectors(t) {
		t.Run(v.name, func(t *testing.T) {
			switch v.verdict {
			case "accept":
				accept(t, v)
			case "reject: authentication":
				_, err := message.Decode(v.frame, v.ring)
				var bad *message.AuthError
				if !errors.As(err, &bad) {
					t.Errorf("got %v, want an AuthError", err)
				}
			case "reject: malformed":
				_, err := message.Decode(v.frame, v.ring)
				var bad *message.SyntaxError
				if !errors.As(err, &bad) {
					t.Errorf("got %v, want a SyntaxError", err)
				}
			default:
				plain(t, v)
			}
		})
	}
}

func accept(t *testing.T, v vector) {
	m, err := message.Decode(v.frame, v.ring)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(v.name, "compressed") {
		inflated, err := os.ReadFile("testdata/vectors/" + v.name + ".inflated")
		if err != nil {
			t.Fatal(err)
		}
		// The wrapper is what the description shows.
		wrapper, err := message.DecodePlain(v.frame)
		if err != nil {
			t.Fatal(err)
		}
		compareFields(t, wrapper, v.fields)
		again, err := message.Encode(wrapper, message.Netstring, v.ring)
		if err != nil || !bytes.Equal(again, v.frame) {
			t.Errorf("the wrapper encodes to another frame, %v", err)
		}
		again, err = message.Encode(m, message.Classic, v.ring)
		if err != nil || !bytes.Equal(again, inflated) {
			t.Errorf("the payload encodes to another frame, %v", err)
		}
		return
	}
	compareFields(t, m, v.fields)
	if strings.HasPrefix(v.name, "62-") {
		return // its inner signature is wrong on purpose
	}
	again, err := message.Encode(m, v.format, v.ring)
	if err != nil {
		t.Fatal(err)
	}
	want := v.frame
	if v.format == message.Classic {
		// A serial line has no NUL.
		want = append(v.frame[:len(v.frame)-v.trailing:len(v.frame)-v.trailing], 0)
	} else {
		want = want[:len(want)-v.trailing]
	}
	if !bytes.Equal(again, want) {
		t.Errorf("encodes to\n%q\nwant\n%q", again, want)
	}
}

func plain(t *testing.T, v vector) {
	if !strings.HasPrefix(v.verdict, "codec test only") {
		t.Fatalf("verdict %q", v.verdict)
	}
	m, err := message.DecodePlain(v.frame)
	if err != nil {
		t.Fatal(err)
	}
	compareFields(t, m, v.fields)
	again, err := message.EncodePlain(m, v.format)
	if err != nil || !bytes.Equal(again, v.frame) {
		t.Errorf("encodes to %q, %v\nwant %q", again, err, v.frame)
	}
}
