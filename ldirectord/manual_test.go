package main

import (
	"bytes"
	"slices"
	"testing"

	"lvsha/packaging/man"
)

// TestManualOfOptions tries every letter and long name: those that are taken have
// an entry in ldirectord(8), and no others.
func TestManualOfOptions(t *testing.T) {
	entries, err := man.Section("ldirectord.8", "OPTIONS")
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	for _, e := range entries {
		documented = append(documented, e.Words...)
	}
	options := []string{"-?"}
	for letter := 'A'; letter <= 'z'; letter++ {
		if letter <= 'Z' || letter >= 'a' {
			options = append(options, "-"+string(letter))
		}
	}
	for long := range longOptions {
		options = append(options, long)
	}
	for _, option := range options {
		var stderr bytes.Buffer
		a := &app{stdout: new(bytes.Buffer), stderr: &stderr}
		a.parse([]string{option, "status"})
		known := stderr.Len() == 0
		if known != slices.Contains(documented, option) {
			t.Errorf("option %s: the code knows it: %v; ldirectord(8) has it: %v", option, known, !known)
		}
	}
	for _, word := range documented {
		if word[0] == '-' && !slices.Contains(options, word) {
			t.Errorf("ldirectord(8) documents %s, which the code does not know", word)
		}
	}
}

func TestManualOfCommands(t *testing.T) {
	entries, err := man.Section("ldirectord.8", "COMMANDS")
	if err != nil {
		t.Fatal(err)
	}
	documented := make(map[string]bool)
	for _, e := range entries {
		documented[e.Name()] = true
		if _, ok := commands[e.Name()]; !ok {
			t.Errorf("ldirectord(8) documents %s, which is no command", e.Name())
		}
	}
	for name := range commands {
		if !documented[name] {
			t.Errorf("ldirectord(8) says nothing of %s", name)
		}
	}
}
