package alert

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"os"
	"os/exec"
	"os/user"
	"strings"
	"time"

	"lvsha/pkg/system/logging"
)

// Mailer sends mails one after the other.
type Mailer struct {
	log    logging.Sink
	host   string
	sender string // of the envelope
	queue  chan Mail
	done   chan struct{}
	stop   context.CancelFunc
	// Where mails go; tests change it.
	dial      func(ctx context.Context, network, address string) (net.Conn, error)
	sendmails []string
}

const (
	// maxMails bounds what waits for a mail server that hangs.
	maxMails = 1000
	// mailLimit is how long one mail may take.
	mailLimit = 60 * time.Second
)

// NewMailer starts a mailer.
func NewMailer(log logging.Sink) *Mailer {
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	login := "root"
	if u, err := user.Current(); err == nil {
		login = u.Username
	}
	ctx, stop := context.WithCancel(context.Background())
	m := &Mailer{
		log: log, host: host, sender: login + "@" + host, queue: make(chan Mail, maxMails), done: make(chan struct{}), stop: stop,
		dial: (&net.Dialer{}).DialContext, sendmails: []string{"/usr/sbin/sendmail", "/usr/lib/sendmail"},
	}
	go m.run(ctx)
	return m
}

// Send queues a mail.
func (m *Mailer) Send(mail Mail) {
	logging.Logf(m.log, logging.Info, "emailalert: %s", mail.Message)
	select {
	case m.queue <- mail:
	default:
		logging.Logf(m.log, logging.Warn, "failed to send email message: %d mails are waiting already", maxMails)
	}
}

// Close ends the mailer when its queue is empty, or after the limit.
func (m *Mailer) Close(limit time.Duration) {
	close(m.queue)
	timer := time.AfterFunc(limit, m.stop)
	defer timer.Stop()
	<-m.done
	m.stop()
}

func (m *Mailer) run(ctx context.Context) {
	defer close(m.done)
	for mail := range m.queue {
		if err := m.deliver(ctx, mail); err != nil {
			what := "failed to send email message"
			if mail.SMTP != "" {
				what = "failed to send SMTP email message"
			}
			logging.Logf(m.log, logging.Warn, "%s: %v", what, err)
		}
	}
}

func (m *Mailer) deliver(ctx context.Context, mail Mail) error {
	ctx, cancel := context.WithTimeout(ctx, mailLimit)
	defer cancel()
	if mail.SMTP == "" {
		return m.local(ctx, mail)
	}
	from := mail.From
	if from == "" {
		from = m.sender
	}
	return m.smtp(ctx, mail, mail.Text(m.host, from))
}

// local hands the mail to the sendmail program of the host.
func (m *Mailer) local(ctx context.Context, mail Mail) error {
	for _, program := range m.sendmails {
		if _, err := os.Stat(program); err != nil {
			continue
		}
		cmd := exec.CommandContext(ctx, program, append([]string{"-oi", "--"}, mail.Recipients()...)...)
		cmd.Stdin = strings.NewReader(mail.Text(m.host, mail.From))
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w %.200s", program, err, out)
		}
		return nil
	}
	return fmt.Errorf("none of %s is there", strings.Join(m.sendmails, ", "))
}

// smtp speaks RFC 5321 without extensions, as the original.
func (m *Mailer) smtp(ctx context.Context, mail Mail, text string) error {
	conn, err := m.dial(ctx, "tcp", net.JoinHostPort(mail.SMTP, "25"))
	if err != nil {
		return fmt.Errorf("smtp %s: %w", mail.SMTP, err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	c := textproto.NewConn(conn)
	if err := m.dialogue(c, mail, text); err != nil {
		return fmt.Errorf("smtp %s: %w", mail.SMTP, err)
	}
	return nil
}

func (m *Mailer) dialogue(c *textproto.Conn, mail Mail, text string) error {
	if _, _, err := c.ReadResponse(220); err != nil {
		return err
	}
	if err := command(c, 250, "EHLO %s", m.host); err != nil {
		if err := command(c, 250, "HELO %s", m.host); err != nil {
			return err
		}
	}
	if err := command(c, 250, "MAIL FROM:<%s>", m.sender); err != nil {
		return err
	}
	var refused []error
	recipients := mail.Recipients()
	for _, r := range recipients {
		if err := command(c, 25, "RCPT TO:<%s>", oneLine(r)); err != nil {
			refused = append(refused, fmt.Errorf("recipient %s: %w", r, err))
		}
	}
	if len(refused) == len(recipients) {
		return errors.Join(refused...)
	}
	if err := command(c, 354, "DATA"); err != nil {
		return err
	}
	w := c.DotWriter()
	if _, err := w.Write([]byte(text)); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	if _, _, err := c.ReadResponse(250); err != nil {
		return err
	}
	// The mail is delivered; how the server says good-bye does not matter.
	_ = command(c, 221, "QUIT")
	return errors.Join(refused...)
}

func command(c *textproto.Conn, code int, format string, args ...any) error {
	if err := c.PrintfLine(format, args...); err != nil {
		return err
	}
	_, _, err := c.ReadResponse(code)
	return err
}
