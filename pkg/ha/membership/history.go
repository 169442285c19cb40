package membership

import (
	"time"

	"lvsha/pkg/ha/message"
)

// historySize is how many sent messages can be asked for again.
const historySize = 500

type sent struct {
	seq     uint64
	msg     *message.Message
	resent  time.Time
	present bool
}

// history is the ring of sent messages.
type history struct{ ring [historySize]sent }

func (h *history) keep(seq uint64, msg *message.Message) {
	h.ring[seq%historySize] = sent{seq: seq, msg: msg, present: true}
}

// find returns the sent message of that number, or nil.
func (h *history) find(seq uint64) *sent {
	s := &h.ring[seq%historySize]
	if !s.present || s.seq != seq {
		return nil
	}
	return s
}
