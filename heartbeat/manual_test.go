package main

import (
	"bytes"
	"slices"
	"testing"

	"lvsha/packaging/man"
)

// TestManualOfOptions tries every letter: those that are taken have an entry in
// heartbeat(8), and no others.
func TestManualOfOptions(t *testing.T) {
	entries, err := man.Section("heartbeat.8", "OPTIONS")
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	for _, e := range entries {
		documented = append(documented, e.Words...)
	}
	if !slices.Contains(documented, "--version") {
		t.Error("heartbeat(8) says nothing of --version")
	}
	for letter := 'A'; letter <= 'z'; letter++ {
		if letter > 'Z' && letter < 'a' {
			continue
		}
		option := "-" + string(letter)
		var stderr bytes.Buffer
		parse([]string{option}, &stderr)
		known := !bytes.Contains(stderr.Bytes(), []byte("unknown option"))
		if known != slices.Contains(documented, option) {
			t.Errorf("option %s: the code knows it: %v; heartbeat(8) has it: %v", option, known, !known)
		}
	}
}

// TestManualOfCommands looks for the other names of the program.
func TestManualOfCommands(t *testing.T) {
	text := ""
	for _, page := range man.Names() {
		text += man.Text(page)
	}
	for name := range tools {
		if !bytes.Contains([]byte(text), []byte(name)) {
			t.Errorf("no manual says anything of %s", name)
		}
	}
}
