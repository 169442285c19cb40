package alert

import (
	"slices"
	"strings"
	"time"
)

// Reminders remembers which servers are out of service, for mails that repeat
// (emailalertfreq). It is pure: the time comes in. The zero value is empty.
type Reminders struct {
	entries map[string]reminder
}

type reminder struct {
	mail  Mail
	every time.Duration
	due   time.Time
}

// Reminder is a mail that is due, with the key that it was set under.
type Reminder struct {
	Key  string
	Mail Mail
}

// Set remembers a server under a key. Every must be above 0.
func (r *Reminders) Set(key string, mail Mail, every time.Duration, now time.Time) {
	if r.entries == nil {
		r.entries = make(map[string]reminder)
	}
	r.entries[key] = reminder{mail, every, now.Add(every)}
}

// Forget drops a server.
func (r *Reminders) Forget(key string) { delete(r.entries, key) }

// Keep drops every server that is not wanted any more.
func (r *Reminders) Keep(wanted func(key string) bool) {
	for key := range r.entries {
		if !wanted(key) {
			delete(r.entries, key)
		}
	}
}

// Due returns the mails that are due, and sets them to their next time.
func (r *Reminders) Due(now time.Time) []Reminder {
	var due []Reminder
	for key, e := range r.entries {
		if !e.due.After(now) {
			due = append(due, Reminder{key, e.mail})
			e.due = now.Add(e.every)
			r.entries[key] = e
		}
	}
	slices.SortFunc(due, func(a, b Reminder) int { return strings.Compare(a.Key, b.Key) })
	return due
}

// Next returns when the next mail is due; ok is false if there is none.
func (r *Reminders) Next() (next time.Time, ok bool) {
	for _, e := range r.entries {
		if !ok || e.due.Before(next) {
			next, ok = e.due, true
		}
	}
	return next, ok
}
