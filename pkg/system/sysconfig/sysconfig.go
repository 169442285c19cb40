// Package sysconfig reads the settings that the legacy files cannot say, from
// /etc/sysconfig/heartbeat and /etc/sysconfig/ldirectord: NAME=value lines that
// the init scripts read too.
package sysconfig

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"gopkg.in/ini.v1"
)

// File is one file of settings. The zero value has none.
type File struct {
	path   string
	text   string
	values map[string]string
}

// Read reads a file; a file that does not exist has no settings.
func Read(path string) (*File, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &File{path: path}, nil
	}
	if err != nil {
		return nil, err
	}
	data, err := ini.LoadSources(ini.LoadOptions{SkipUnrecognizableLines: true}, text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	f := &File{path: path, text: string(text), values: make(map[string]string)}
	// A test of the shell, "[ … ]", looks like the head of a section.
	for _, section := range data.Sections() {
		for _, key := range section.Keys() {
			f.values[key.Name()] = key.String()
		}
	}
	return f, nil
}

// Text returns a setting, or fallback if it is not there.
func (f *File) Text(name, fallback string) string {
	if value, ok := f.values[name]; ok {
		return value
	}
	return fallback
}

// Seconds returns a setting that is a number of seconds, or fallback if it is
// not there. The error names file and line.
func (f *File) Seconds(name string, fallback time.Duration) (time.Duration, error) {
	text := f.Text(name, "")
	if text == "" {
		return fallback, nil
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n < 0 || n > float64(time.Duration(1<<62)/time.Second) {
		return fallback, fmt.Errorf("%s: %s=%s is no number of seconds", f.place(name), name, text)
	}
	return time.Duration(n * float64(time.Second)), nil
}

// Flag returns a setting that is yes or no, or fallback if it is not there. The
// error names file and line.
func (f *File) Flag(name string, fallback bool) (bool, error) {
	switch text := f.Text(name, ""); strings.ToLower(text) {
	case "":
		return fallback, nil
	case "yes", "true", "on", "1":
		return true, nil
	case "no", "false", "off", "0":
		return false, nil
	default:
		return fallback, fmt.Errorf("%s: %s=%s is neither yes nor no", f.place(name), name, text)
	}
}

// place is "file:line" of a setting.
func (f *File) place(name string) string {
	at := 0
	for i, line := range strings.Split(f.text, "\n") {
		if key, _, ok := strings.Cut(line, "="); ok && strings.TrimSpace(key) == name {
			at = i + 1
		}
	}
	if at == 0 {
		return f.path
	}
	return fmt.Sprintf("%s:%d", f.path, at)
}
