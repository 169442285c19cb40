package check

import (
	"strconv"
	"strings"
)

// newIMAP is service=imap and imaps: up is a server that greets and lets the
// login in, if there is one (RFC 3501).
func newIMAP(t Target, env Env) (Check, error) {
	return newDialogue(t, env, t.Service == "imaps", talkIMAP), nil
}

func talkIMAP(t Target, p *peer) error {
	greeting, err := p.ReadLine()
	if err != nil {
		return err
	}
	if !hasPrefixFold(greeting, "* OK") && !hasPrefixFold(greeting, "* PREAUTH") {
		return unwanted("greeting", greeting, "* OK or * PREAUTH")
	}
	tag := 0
	if t.Login != "" {
		if err := p.imapAsk(tag, "LOGIN", imapQuoted(t.Login), imapQuoted(string(t.Passwd))); err != nil {
			return err
		}
		tag++
	}
	// The verdict stands, whatever the server says to the goodbye.
	_ = p.imapAsk(tag, "LOGOUT")
	return nil
}

// imapAsk sends a command and waits for the answer with its tag.
func (p *peer) imapAsk(tag int, command string, arguments ...string) error {
	prefix := strconv.Itoa(tag) + " "
	if err := p.send(prefix + strings.Join(append([]string{command}, arguments...), " ")); err != nil {
		return err
	}
	for {
		line, err := p.ReadLine()
		if err != nil {
			return err
		}
		answer, ok := strings.CutPrefix(line, prefix)
		switch {
		case ok && (strings.EqualFold(answer, "OK") || hasPrefixFold(answer, "OK ")):
			return nil
		case ok, command == "LOGIN" && hasPrefixFold(line, "* BYE"), strings.HasPrefix(line, "+"):
			return unwanted(command, line, prefix+"OK")
		}
	}
}

// imapQuoted writes a quoted string (RFC 3501, quoted).
func imapQuoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
