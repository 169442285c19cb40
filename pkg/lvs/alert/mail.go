// Package alert sends mail about real servers that come and go. Mails wait in a
// queue of their own: neither a check nor a change of the table waits for a mail
// server.
package alert

import (
	"strings"
)

// Mail is one mail.
type Mail struct {
	To      string // one address, or several with commas between
	From    string // header; empty: the sender's login with SMTP, none else
	SMTP    string // server; empty: the local mailer
	Message string // the line of the log
	Phase   string // starting, running, reloading or stopping
	Service string // servicename; may be empty
	Comment string // may be empty
}

// Recipients are the addresses one by one.
func (m Mail) Recipients() []string {
	var list []string
	for _, r := range strings.Split(m.To, ",") {
		if r = strings.TrimSpace(r); r != "" {
			list = append(list, r)
		}
	}
	return list
}

// title is the message with the service's name, as header and body have it.
func (m Mail) title() string {
	if m.Service == "" {
		return m.Message
	}
	return "[" + m.Service + "] " + m.Message
}

// Text is the mail in the original's form, its lines ending with LF. host is the
// name of the node. from stands in the header; without one there is no such
// header.
func (m Mail) Text(host, from string) string {
	var b strings.Builder
	if from != "" {
		b.WriteString("From: " + oneLine(from) + "\n")
	}
	b.WriteString("To: " + oneLine(m.To) + "\nSubject: " + oneLine(m.title()) + "\n\n")
	b.WriteString("ldirectord host: " + host + "\nLog-Message: " + m.title() + "\nDaemon-Status: " + m.Phase + "\n")
	if m.Service == "" && m.Comment == "" {
		return b.String()
	}
	b.WriteString("\n")
	if m.Service != "" {
		b.WriteString("Service name: " + m.Service + "\n")
	}
	if m.Comment != "" {
		b.WriteString("Comment: " + m.Comment + "\n")
	}
	b.WriteString("\n")
	return b.String()
}

// oneLine keeps what the configuration says from adding headers.
func oneLine(text string) string { return strings.NewReplacer("\r", " ", "\n", " ").Replace(text) }
