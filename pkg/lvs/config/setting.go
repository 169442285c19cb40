package config

import "time"

// The readers of the value forms that global directives and options share. Each
// reports what is wrong in the original's words.

func (p *parser) seconds(number int, value string, to **time.Duration, text string) {
	digits := span(value, isDigit)
	if digits == "" || digits == "0" {
		p.report.fail(number, text)
		return
	}
	n := clamp(digits)
	if n == 0 {
		p.report.note(number, "a time of "+digits+" seconds means no limit to the original",
			"the default is used; write a number above 0")
		*to = nil
		return
	}
	d := time.Duration(n) * time.Second
	*to = &d
}

func (p *parser) count(number int, value string, to **int, text string) bool {
	digits := span(value, isDigit)
	if digits == "" || digits == "0" {
		p.report.fail(number, text)
		return false
	}
	n := max(clamp(digits), 1)
	*to = &n
	return true
}

func (p *parser) warnCheckCount(number int, ok bool) {
	if ok {
		p.report.warn(number, "checkcount option is deprecated and slated for removal.  please see 'failurecount'")
	}
}

func (p *parser) flag(number int, value, name string, to *bool) {
	yes, ok := yesNo(value)
	if !ok {
		p.report.fail(number, name+" must be 'yes' or 'no'")
		return
	}
	*to = yes
}

func (p *parser) optFlag(number int, value, name string, to **bool) {
	yes, ok := yesNo(value)
	if !ok {
		p.report.fail(number, name+" must be 'yes' or 'no'")
		return
	}
	*to = &yes
}

func (p *parser) text(number int, value string, to **string, text string) {
	if value == "" {
		p.report.fail(number, text)
		return
	}
	*to = &value
}

func (p *parser) frequency(line int, value string, to **time.Duration) {
	if value == "" || !isDigit(value[0]) {
		p.report.fail(line, "invalid email alert frequency")
		return
	}
	n, _ := number(value)
	every := time.Duration(n) * time.Second
	*to = &every
}

func (p *parser) status(number int, value string, to **AlertStatus) {
	status, problem := alertStatus(value)
	if problem != "" {
		p.report.fail(number, problem)
		return
	}
	*to = &status
}

func (p *parser) smtp(number int, value string, to **string) {
	p.text(number, smtpHost(value), to, "invalid SMTP server address")
}
