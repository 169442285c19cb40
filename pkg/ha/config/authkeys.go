package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"lvsha/pkg/ha/message"
)

// Keys reads authkeys of a directory. The keyring is nil if the report has an
// error.
func Keys(dir string) (*message.Keyring, *Report) {
	k := &keyReader{dir: dir, report: new(Report)}
	path := filepath.Join(dir, "authkeys")
	info, err := os.Stat(path)
	var data []byte
	if err == nil {
		data, err = os.ReadFile(path)
	}
	if err != nil {
		k.report.unreadable(path, err, "the keys that sign messages cannot be read",
			legacyError("Cannot open keyfile [%s].  Stop.", legacyPath(dir, "authkeys")))
		return nil, k.report
	}
	// Others may be allowed to write: the original does not look at that.
	const readable = 0o044
	if info.Mode().Perm()&readable != 0 {
		k.find(Error, 0, 0, fmt.Sprintf("its mode is %04o: others can read the keys; chmod 600 it", info.Mode().Perm()),
			legacyError("Bad permissions on keyfile [%s], 600 recommended.", legacyPath(dir, "authkeys")))
		return nil, k.report
	}
	return k.read(data), k.report
}

// parseKeys reads the text of authkeys.
func parseKeys(data []byte, dir string) (*message.Keyring, *Report) {
	k := &keyReader{dir: dir, report: new(Report)}
	return k.read(data), k.report
}

type keyReader struct {
	dir    string
	report *Report
}

func (k *keyReader) find(s Severity, line, column int, text string, legacy ...Line) {
	k.report.add(Finding{Severity: s, File: filepath.Join(k.dir, "authkeys"), Line: line, Column: column, Text: text, Legacy: legacy})
}

// read applies the rules of the original: "auth N" must come before the key of
// that number, and only the last of several that is followed by its key counts.
func (k *keyReader) read(data []byte) *message.Keyring {
	ring := &message.Keyring{Outbound: -1, Keys: make(map[int]message.Key)}
	chosen, chosenLine := -1, 0
	lines := make(map[int]int)
	for _, l := range readLines(data) {
		text := strings.TrimLeft(l.text, whiteSpace)
		indent := l.text[:len(l.text)-len(text)]
		column := l.offset + len(indent) + 1
		text = strings.TrimRight(text, whiteSpace)
		switch {
		case text == "" || text[0] == '#':
		case text[0] == 'a':
			n, ok := k.auth(l.number, column, indent, text)
			if ok {
				chosen, chosenLine = n, l.number
			}
		default:
			n, key, ok := k.key(l.number, column, indent, text)
			if !ok {
				continue
			}
			if old, again := lines[n]; again {
				k.find(Warning, l.number, column, fmt.Sprintf("key %d was set before, in line %d; this one counts", n, old))
			}
			ring.Keys[n], lines[n] = key, l.number
			if n == chosen {
				ring.Outbound = n
			}
		}
	}
	legacy := legacyPath(k.dir, "authkeys")
	switch {
	case chosen < 0:
		k.find(Error, 0, 0, "no line says which key signs: write auth N before the keys",
			legacyError("Missing auth directive in keyfile [%s]", legacy))
	case ring.Outbound < 0:
		text := fmt.Sprintf("there is no key %d", chosen)
		if line, ok := lines[chosen]; ok {
			text = fmt.Sprintf("auth %d must stand before its key, which is in line %d", chosen, line)
		}
		k.find(Error, chosenLine, 0, text, legacyError("Auth Key [%d] not found in keyfile [%s]", chosen, legacy))
	case ring.Outbound != chosen:
		k.find(Warning, chosenLine, 0, fmt.Sprintf("auth %d has no key behind it and does not count: key %d signs", chosen, ring.Outbound))
	}
	if !k.report.OK() {
		return nil
	}
	return ring
}

// auth reads "auth N"; what follows is ignored.
func (k *keyReader) auth(line, column int, indent, text string) (int, bool) {
	rest, ok := strings.CutPrefix(text, "auth")
	n, _, numeric := leadingInt(strings.TrimLeft(rest, whiteSpace))
	if !ok || !numeric {
		k.find(Error, line, column, "a line that begins with a is auth N",
			legacyError("Invalid auth line [%s] in %s", indent+hideBehindFirst(text), legacyPath(k.dir, "authkeys")))
		return 0, false
	}
	return n, true
}

// key reads "N METHOD [KEY]"; what follows is ignored.
func (k *keyReader) key(line, column int, indent, text string) (int, message.Key, bool) {
	n, rest, numeric := leadingInt(text)
	words := splitWords(rest, whiteSpace, 1)
	if !numeric || len(words) == 0 {
		k.find(Error, line, column, "a key is a number, a method and for md5 and sha1 the key: N METHOD KEY",
			legacyError("Auth line [%s] is invalid.", indent+hideBehindFirst(text)))
		return 0, message.Key{}, false
	}
	if n < 0 || n > message.MaxKeyNumber {
		k.find(Error, line, column, fmt.Sprintf("keys have numbers from 0 to %d", message.MaxKeyNumber),
			legacyError("Invalid authnum [%d] in %s", n, legacyPath(k.dir, "authkeys")))
		return 0, message.Key{}, false
	}
	key, ok := k.method(line, column, words)
	return n, key, ok
}

func (k *keyReader) method(line, column int, words []word) (message.Key, bool) {
	name := words[0].text
	var key message.Key
	switch name {
	case "crc":
		if len(words) > 1 {
			k.find(Error, line, column, "crc has no key, and protects from accidents only: take sha1 if a key is wanted",
				legacyInfo("Auth method [crc] doesn't use a key"))
			return key, false
		}
		key.Method = message.CRC
		return key, true
	case "md5":
		key.Method = message.MD5
	case "sha1":
		key.Method = message.SHA1
	default:
		shown := hideUnlessMethod(name)
		text := "the methods are sha1, md5 and crc"
		if near := Nearest(name, []string{"sha1", "md5", "crc"}); near != "" {
			text += "; did you mean " + near + "?"
		}
		k.find(Error, line, column, text, legacyError("Invalid authtype [%s]", shown))
		return key, false
	}
	if len(words) < 2 {
		k.find(Error, line, column, name+" wants a key behind it", legacyError("Auth method [%s] requires a key", name))
		return key, false
	}
	if len(words) > 2 {
		k.find(Warning, line, column, "the key is the first word only; the rest of the line is ignored")
	}
	key.Secret = message.Secret(words[1].text)
	return key, true
}

// leadingInt reads a decimal number off the front.
func leadingInt(s string) (n int, rest string, ok bool) {
	end := 0
	if end < len(s) && (s[end] == '-' || s[end] == '+') {
		end++
	}
	digits := end
	for end < len(s) && isDigit(s[end]) {
		end++
	}
	if end == digits {
		return 0, s, false
	}
	n, _ = parseInt(s[:end])
	return n, s[end:], true
}

// hideBehindFirst keeps keys out of the log: of a line only the first word is
// shown.
func hideBehindFirst(text string) string {
	if i := strings.IndexAny(text, whiteSpace); i >= 0 {
		return text[:i] + " <hidden>"
	}
	return text
}

// hideUnlessMethod shows a word only if it looks like a method and not like a
// key whose method was forgotten.
func hideUnlessMethod(name string) string {
	low := strings.ToLower(name)
	for _, prefix := range []string{"sha", "md", "crc", "hmac", "none"} {
		if strings.HasPrefix(low, prefix) && len(name) <= len("sha512-256") {
			return name
		}
	}
	return "<hidden>"
}

// unreadable records that a file cannot be read.
func (r *Report) unreadable(path string, err error, text string, legacy ...Line) {
	r.add(Finding{Severity: Error, File: path, Text: text + ": " + cause(err), Legacy: legacy})
	if errors.Is(err, fs.ErrPermission) {
		r.Status = ExitPermission
	}
}

// cause is an error without the path, which the finding names already.
func cause(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}
