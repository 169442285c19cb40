package check

import (
	"crypto/hmac"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
)

// newPOP is service=pop and pops: up is a server that lets the login in
// (RFC 1939, RFC 2195). Without a login it is up unasked, as with the original;
// Doubt warns of it.
func newPOP(t Target, env Env) (Check, error) {
	if t.Login == "" {
		return always{}, nil
	}
	return newDialogue(t, env, t.Service == "pops", talkPOP), nil
}

func talkPOP(t Target, p *peer) error {
	greeting, err := p.ReadLine()
	if err != nil {
		return err
	}
	if !hasPrefixFold(greeting, "+OK") {
		return unwanted("greeting", greeting, "+OK")
	}
	if err := p.popLogin(t, greeting); err != nil {
		return err
	}
	// Logged in: the verdict stands, the rest is good manners.
	if _, err := p.ask("STAT"); err == nil {
		_, _ = p.ask("QUIT")
	}
	return nil
}

// popLogin logs in the way that the server offers. Once it has offered one that
// keeps the password to itself, the password is not sent in clear.
func (p *peer) popLogin(t Target, greeting string) error {
	if stamp := apopStamp(greeting); stamp != "" {
		sum := md5.Sum([]byte(stamp + string(t.Passwd)))
		if err := p.popAsk("APOP", "APOP "+t.Login+" "+hex.EncodeToString(sum[:])); err != nil {
			return err
		}
		_, err := p.ask("NOOP")
		return err
	}
	offers, err := p.popCapabilities()
	if err != nil {
		return err
	}
	if offers["CRAM-MD5"] {
		return p.popCram(t)
	}
	if err := p.popAsk("USER", "USER "+t.Login); err != nil {
		return err
	}
	return p.popAsk("PASS", "PASS "+string(t.Passwd))
}

// apopStamp is the <local@domain> of a greeting, if there is one.
func apopStamp(greeting string) string {
	begin := strings.IndexByte(greeting, '<')
	if begin < 0 {
		return ""
	}
	end := strings.IndexByte(greeting[begin:], '>')
	if end < 0 || !strings.Contains(greeting[begin:begin+end], "@") {
		return ""
	}
	return greeting[begin : begin+end+1]
}

// popCapabilities returns the mechanisms of the SASL line of CAPA (RFC 2449),
// which a server may refuse.
func (p *peer) popCapabilities() (map[string]bool, error) {
	answer, err := p.ask("CAPA")
	if err != nil || !hasPrefixFold(answer, "+OK") {
		return nil, err
	}
	lines, err := p.ReadDotLines()
	offers := map[string]bool{}
	for _, line := range lines {
		if words := strings.Fields(strings.ToUpper(line)); len(words) > 0 && words[0] == "SASL" {
			for _, word := range words[1:] {
				offers[word] = true
			}
		}
	}
	return offers, err
}

func (p *peer) popCram(t Target) error {
	answer, err := p.ask("AUTH CRAM-MD5")
	if err != nil {
		return err
	}
	challenge, ok := strings.CutPrefix(answer, "+ ")
	if !ok {
		return unwanted("AUTH", answer, "a challenge")
	}
	text, err := base64.StdEncoding.DecodeString(challenge)
	if err != nil {
		return errors.New("AUTH: the challenge is no base64")
	}
	mac := hmac.New(md5.New, []byte(t.Passwd))
	mac.Write(text)
	reply := t.Login + " " + hex.EncodeToString(mac.Sum(nil))
	return p.popAsk("AUTH", base64.StdEncoding.EncodeToString([]byte(reply)))
}

// popAsk sends a line that must be answered with +OK.
func (p *peer) popAsk(step, line string) error {
	answer, err := p.ask(line)
	if err == nil && !hasPrefixFold(answer, "+OK") {
		err = unwanted(step, answer, "+OK")
	}
	return err
}
