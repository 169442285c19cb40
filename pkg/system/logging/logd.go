package logging

import (
	"encoding/binary"
	"errors"
	"net"
	"time"
)

// The record of ha_logd(8), in host byte order behind the usual frame header:
// six words, the name of the program, the time in seconds and the text.
const (
	logdMagic  = 0xabcd
	logdRecord = 2 // a line to log
	logdEntity = 64
	logdWait   = 100 * time.Millisecond // longest wait for a full socket
)

// errLogdAway says that it is too early to look for the daemon again.
var errLogdAway = errors.New("no log daemon")

// logdTarget sends lines to the log daemon of cluster-glue.
type logdTarget struct {
	path     string
	facility int // code of the syslog facility, as in syslog(3)
	retry    time.Duration
	conn     net.Conn
	next     time.Time // no attempt before
}

// newLogd returns a target; nil if there is none to write to.
func newLogd(o Options) *logdTarget {
	if o.Logd == "" {
		return nil
	}
	t := &logdTarget{path: o.Logd, facility: max(FacilityCode(o.Facility), 0), retry: o.LogdRetry}
	if t.retry <= 0 {
		t.retry = time.Minute
	}
	return t
}

// logdFrame is a record as it is sent. The daemon puts the name of the severity
// in front of the text if named says so.
func logdFrame(at time.Time, facility, priority, pid int, named bool, entity, text string) []byte {
	if len(entity) >= logdEntity {
		entity = entity[:logdEntity-1]
	}
	flag := uint32(0)
	if named {
		flag = 1
	}
	order := binary.NativeEndian
	b := make([]byte, 8, 8+24+logdEntity+8+len(text)+1)
	for _, word := range []uint32{logdRecord, uint32(facility), uint32(priority), uint32(len(text) + 1), flag, uint32(pid)} {
		b = order.AppendUint32(b, word)
	}
	var name [logdEntity]byte
	copy(name[:], entity)
	b = append(b, name[:]...)
	b = order.AppendUint64(b, uint64(at.Unix()))
	b = append(append(b, text...), 0)
	order.PutUint32(b, uint32(len(b)-8))
	order.PutUint32(b[4:], logdMagic)
	return b
}

// write sends a record. The daemon may have been started anew since the last
// one: then the connection is another one. err is errLogdAway between attempts.
func (t *logdTarget) write(now time.Time, frame []byte) error {
	if t.conn != nil {
		if t.send(frame) == nil {
			return nil
		}
		t.next = time.Time{}
	}
	if now.Before(t.next) {
		return errLogdAway
	}
	conn, err := net.DialTimeout("unix", t.path, logdWait)
	if err == nil {
		t.conn = conn
		err = t.send(frame)
	}
	if err != nil {
		t.next = now.Add(t.retry)
	}
	return err
}

// send writes a frame whole or ends the connection.
func (t *logdTarget) send(frame []byte) error {
	err := t.conn.SetWriteDeadline(time.Now().Add(logdWait))
	if err == nil {
		_, err = t.conn.Write(frame)
	}
	if err != nil {
		t.close()
	}
	return err
}

func (t *logdTarget) close() {
	if t.conn != nil {
		_ = t.conn.Close()
		t.conn = nil
	}
}

// SendLogd hands one line to the log daemon at a path, as ha_logger(1) does.
// pid is the process that the line names.
func SendLogd(path, entity string, debug bool, pid int, text string) error {
	const user = 1 << 3 // ha_logger is no daemon
	priority := priorities[Info]
	if debug {
		priority = priorities[Debug]
	}
	t := &logdTarget{path: path}
	defer t.close()
	return t.write(time.Now(), logdFrame(time.Now(), user, priority, pid, false, entity, text))
}
