package logging

import (
	"fmt"
	"net"
	"strconv"
	"time"
)

// facilities are the syslog facilities that heartbeat knows, with their codes.
var facilities = map[string]int{
	"kern": 0, "user": 1, "mail": 2, "daemon": 3, "auth": 4, "security": 4,
	"syslog": 5, "lpr": 6, "news": 7, "uucp": 8, "cron": 9, "authpriv": 10,
	"ftp": 11, "local0": 16, "local1": 17, "local2": 18, "local3": 19,
	"local4": 20, "local5": 21, "local6": 22, "local7": 23,
}

// KnownFacility reports whether ha.cf(5) logfacility takes that name. The word
// none is known too.
func KnownFacility(name string) bool {
	_, ok := facilities[name]
	return ok || name == "none"
}

// FacilityCode returns the code of a facility as syslog(3) has it, 0 for "none"
// and -1 for an unknown or empty name.
func FacilityCode(name string) int {
	if name == "none" {
		return 0
	}
	code, ok := facilities[name]
	if !ok {
		return -1
	}
	return code << 3
}

// FacilityNames lists the syslog facilities in no order.
func FacilityNames() []string {
	names := make([]string, 0, len(facilities))
	for name := range facilities {
		names = append(names, name)
	}
	return names
}

// priorities are the syslog severities by level.
var priorities = [...]int{Debug: 7, Info: 6, Notice: 5, Warn: 4, Error: 3, Crit: 2}

const (
	syslogPath  = "/dev/log"
	syslogWait  = 100 * time.Millisecond // longest wait for a full socket
	syslogRetry = 5 * time.Second        // pause after a failure
)

// syslogTarget writes to the local syslog socket.
type syslogTarget struct {
	path     string
	facility int
	conn     net.Conn
	stream   bool
	retry    time.Time // no attempt before
}

// newSyslog returns a target for a facility; nil if the facility is none.
func newSyslog(o Options) (*syslogTarget, error) {
	if o.Facility == "" || o.Facility == "none" {
		return nil, nil
	}
	code, ok := facilities[o.Facility]
	switch {
	case !ok && o.Style.ofLdirectord():
		code = facilities["user"]
	case !ok:
		return nil, fmt.Errorf("log facility(%s) not valid", o.Facility)
	}
	path := o.SyslogSocket
	if path == "" {
		path = syslogPath
	}
	return &syslogTarget{path: path, facility: code}, nil
}

// write sends one record. A syslog that does not listen, or not fast enough,
// loses lines: the program goes on.
func (s *syslogTarget) write(now time.Time, priority int, tag, text string) bool {
	record := "<" + strconv.Itoa(s.facility<<3|priority) + ">" +
		now.Format("Jan _2 15:04:05 ") + tag + ": " + text
	if s.send(record) {
		return true
	}
	if s.conn != nil {
		// The daemon was started anew: its socket is another one now.
		s.close()
		return s.send(record)
	}
	return false
}

func (s *syslogTarget) send(record string) bool {
	if s.conn == nil && !s.connect() {
		return false
	}
	if s.stream {
		record += "\x00"
	}
	if err := s.conn.SetWriteDeadline(time.Now().Add(syslogWait)); err != nil {
		return false
	}
	_, err := s.conn.Write([]byte(record))
	return err == nil
}

func (s *syslogTarget) connect() bool {
	if now := time.Now(); now.Before(s.retry) {
		return false
	}
	for _, network := range []string{"unixgram", "unix"} {
		conn, err := net.DialTimeout(network, s.path, syslogWait)
		if err == nil {
			s.conn, s.stream = conn, network == "unix"
			return true
		}
	}
	s.retry = time.Now().Add(syslogRetry)
	return false
}

func (s *syslogTarget) close() {
	if s.conn != nil {
		_ = s.conn.Close()
		s.conn = nil
	}
}
