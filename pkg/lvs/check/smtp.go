package check

import (
	"errors"
	"net/textproto"
)

// newSMTP is service=smtp and submission: up is a server that greets with 2xx
// and accepts EHLO, or HELO where it does not know EHLO (RFC 5321).
func newSMTP(t Target, env Env) (Check, error) {
	return newDialogue(t, env, false, talkSMTP), nil
}

// helloName is what the original calls itself.
const helloName = "localhost.localdomain"

func talkSMTP(_ Target, p *peer) error {
	if err := p.smtpReply("greeting"); err != nil {
		return err
	}
	if err := p.send("EHLO " + helloName); err != nil {
		return err
	}
	err := p.smtpReply("EHLO")
	var refused *textproto.Error
	if errors.As(err, &refused) && refused.Code/100 == 5 {
		if err := p.send("HELO " + helloName); err != nil {
			return err
		}
		err = p.smtpReply("HELO")
	}
	if err != nil {
		return err
	}
	// The verdict stands; the goodbye is waited for so that the server does not
	// log a broken connection.
	_, _ = p.ask("QUIT")
	return nil
}

// smtpReply reads an answer, which may have several lines.
func (p *peer) smtpReply(step string) error {
	_, _, err := p.ReadResponse(2)
	var other *textproto.Error
	if errors.As(err, &other) {
		return &replyError{step, other}
	}
	return err
}

// replyError is an answer whose code was not the one wanted.
type replyError struct {
	step  string
	reply *textproto.Error
}

func (e *replyError) Error() string { return unwanted(e.step, e.reply.Error(), "2xx").Error() }
func (e *replyError) Unwrap() error { return e.reply }
