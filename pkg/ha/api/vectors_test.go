package api_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lvsha/pkg/ha/api"
	"lvsha/pkg/ha/message"
)

// bodies are the frames of a recording.
func bodies(t *testing.T, name string) [][]byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "vectors", name+".bin"))
	if err != nil {
		t.Fatal(err)
	}
	var out [][]byte
	r := bytes.NewReader(data)
	for {
		body, err := api.ReadFrame(r)
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatalf("%s: frame %d: %v", name, len(out)+1, err)
		}
		out = append(out, body)
	}
}

// TestVectors decodes every recorded frame and encodes it to the same bytes.
func TestVectors(t *testing.T) {
	files, err := filepath.Glob("testdata/vectors/*.bin")
	if err != nil || len(files) < 100 {
		t.Fatalf("%d recordings: %v", len(files), err)
	}
	frames := 0
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".bin")
		recorded, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var again []byte
		for _, body := range bodies(t, name) {
			msg, err := api.Decode(body)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			out, err := api.Encode(msg, bytes.HasPrefix(body, []byte("###\n")))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			again = append(again, api.Frame(out)...)
			frames++
		}
		if !bytes.Equal(again, recorded) {
			t.Errorf("%s: encoded\n%q, recorded\n%q", name, again, recorded)
		}
	}
	t.Logf("%d frames", frames)
}

func TestReadFrame(t *testing.T) {
	head := func(n int32, magic uint32) []byte {
		return []byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24), byte(magic), byte(magic >> 8), byte(magic >> 16), byte(magic >> 24)}
	}
	for _, c := range []struct {
		name, want string
		in         []byte
	}{
		{"nothing", "EOF", nil},
		{"half a header", "unexpected EOF", head(4, 0xabcd)[:5]},
		{"half a body", "unexpected EOF", append(head(4, 0xabcd), "ab"...)},
		{"bad magic", "api frame: bad magic 0xabce", head(4, 0xabce)},
		{"negative", "api frame: bad length -1", head(-1, 0xabcd)},
		{"too long", "api frame: bad length 262145", head(262145, 0xabcd)},
		{"announced and not sent", "unexpected EOF", head(262144, 0xabcd)},
	} {
		if _, err := api.ReadFrame(bytes.NewReader(c.in)); err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
	body, err := api.ReadFrame(bytes.NewReader(append(head(0, 0xabcd), "rest"...)))
	if err != nil || len(body) != 0 {
		t.Errorf("empty body: %q, %v", body, err)
	}
}

func TestDecode(t *testing.T) {
	for body, ok := range map[string]bool{
		">>>\nt=a\n<<<\n\x00":          true,
		">>>\nt=a\n<<<\n":              true,
		">>>\nt=a\n":                   false,
		">>>\nt=a\n\x00":               false,
		">>>\nno field\n<<<\n":         false,
		"###\n6:(0)t=a,%%%\n":          true,
		"###\n6:(0)t=a,":               false,
		"":                             false,
		"garbage":                      false,
		">>>\nt=a\nsite=\n<<<\n\x00":   true,
		">>>\nt=a\n(1)b=!!\n<<<\n\x00": false,
		">>>\nt=a\n(3)l=3:on\n<<<\n":   false,
		">>>\nt=a\n(1)b=AAEC\n<<<\n":   true,
		">>>\nt=a\n(3)l=3:one,\n<<<\n": true,
		"###\n9:(2)s=###\n,%%%\n":      false,
		"###\n11:(1)b=\x00\x01\x02\x03\x04\xff,%%%\n": true,
	} {
		if _, err := api.Decode([]byte(body)); (err == nil) != ok {
			t.Errorf("%q: %v", body, err)
		}
	}
}

// FuzzDecode has whatever is decoded come through encoding unchanged.
func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob("testdata/vectors/api-*.bin")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		if strings.Contains(name, "whole") {
			continue
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		body, err := api.ReadFrame(bytes.NewReader(data))
		if err != nil {
			return
		}
		msg, err := api.Decode(body)
		if err != nil {
			return
		}
		out, err := api.Encode(msg, true)
		if err != nil {
			return // a message that grew too big
		}
		again, err := api.Decode(out)
		if err != nil {
			t.Fatalf("%q became %q: %v", body, out, err)
		}
		if want, got := withoutAuth(msg), withoutAuth(again); want != got {
			t.Fatalf("%q became %q", want, got)
		}
	})
}

func withoutAuth(m *message.Message) string {
	var b strings.Builder
	for _, f := range m.Fields {
		if f.Name != "auth" {
			b.WriteString(f.Name + "=" + string(f.Value) + "\n")
		}
	}
	return b.String()
}
