// Package statustest is what the tests of both daemons need of a status: that its
// metrics are documented, and that somebody listens.
package statustest

import (
	"net"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

var typeLine = regexp.MustCompile(`(?m)^# TYPE (\S+)`)

// Documented fails the test if a text of metrics has one that the tables of a
// document do not name, or if they name another one with this prefix.
func Documented(t *testing.T, text, document, prefix string) {
	t.Helper()
	var made, told []string
	for _, f := range typeLine.FindAllStringSubmatch(text, -1) {
		made = append(made, f[1])
	}
	content, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range regexp.MustCompile("(?m)^\\| `("+prefix+"[a-z_]+)`").FindAllStringSubmatch(string(content), -1) {
		told = append(told, f[1])
	}
	slices.Sort(told)
	if !slices.Equal(made, told) {
		t.Errorf("made\n%s\ntold\n%s", strings.Join(made, "\n"), strings.Join(told, "\n"))
	}
}

// Lines fails the test for each line that a text of metrics does not have.
func Lines(t *testing.T, text string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("no %s in\n%s", line, text)
		}
	}
}

// Listens waits until somebody listens on a socket.
func Listens(t *testing.T, socket string) {
	t.Helper()
	for limit := time.Now().Add(20 * time.Second); ; {
		conn, err := net.Dial("unix", socket)
		if err == nil {
			_ = conn.Close()
			return
		}
		if time.Now().After(limit) {
			t.Fatalf("nobody listens on %s: %v", socket, err)
		}
		<-time.After(time.Millisecond)
	}
}
