package director

import (
	"strings"
	"time"

	"lvsha/pkg/lvs/alert"
	"lvsha/pkg/lvs/plan"
)

// Mailer sends mail without holding anything up.
type Mailer interface {
	Send(mail alert.Mail)
	Close(limit time.Duration)
}

// mailStopLimit is how long the end of the daemon waits for its last mails: a
// takeover waits with it.
const mailStopLimit = 300 * time.Millisecond

// alert sends mail about a change of a server, and remembers a server that went
// out of service.
func (d *Director) alert(s *service, op plan.Op, text string) {
	if s.config.Alert.To == "" {
		return
	}
	text = strings.TrimPrefix(text, "Readd ")
	d.mail(s, text)
	kind, name, known := s.nameOf(op.Dest)
	if kind != "real" || !known {
		return
	}
	key := reminderKey(s, name)
	out := op.Action == plan.DeleteDest || op.Dest.Weight == 0 && !s.isUp(op.Dest)
	if !out || s.config.Alert.Every == 0 {
		d.reminders.Forget(key)
		return
	}
	reminder := s.mail("Inaccessible real server: " + name + " (" + s.config.Name() + ")")
	d.reminders.Set(key, reminder, s.config.Alert.Every, time.Now())
	d.setReminder()
}

func reminderKey(s *service, server string) string { return s.config.ID() + " " + server }

func (s *service) mail(message string) alert.Mail {
	a := s.config.Alert
	return alert.Mail{To: a.To, From: a.From, SMTP: a.SMTP, Message: message, Service: s.config.ServiceName, Comment: s.config.Comment}
}

// mail sends a message if the service wants mail in this phase.
func (d *Director) mail(s *service, message string) {
	if s.config.Alert.To == "" || s.config.Alert.Status&d.phase == 0 {
		return
	}
	m := s.mail(message)
	m.Phase = d.phase.String()
	d.o.Mailer.Send(m)
}

// remind sends the mails that are due.
func (d *Director) remind() {
	for _, r := range d.reminders.Due(time.Now()) {
		for _, s := range d.services {
			if strings.HasPrefix(r.Key, s.config.ID()+" ") {
				d.mail(s, r.Mail.Message)
			}
		}
	}
	d.setReminder()
}

// setReminder sets the timer to the next mail.
func (d *Director) setReminder() {
	if next, ok := d.reminders.Next(); ok {
		d.reminder.Reset(time.Until(next))
	}
}

// keepReminders forgets servers that are not configured any more.
func (d *Director) keepReminders() {
	if _, some := d.reminders.Next(); !some {
		return
	}
	configured := make(map[string]bool)
	for _, s := range d.services {
		for i := range s.config.Reals {
			configured[reminderKey(s, s.real(i))] = s.config.Alert.Every > 0
		}
	}
	d.reminders.Keep(func(key string) bool { return configured[key] })
}
