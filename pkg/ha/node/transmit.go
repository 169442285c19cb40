package node

import (
	"bytes"
	"fmt"

	"lvsha/pkg/ha/link"
	"lvsha/pkg/ha/message"
	"lvsha/pkg/system/logging"
)

// transmit signs a message, once for all links of a kind, and sends it on every
// link.
func (n *node) transmit(msg *message.Message) {
	format := message.Classic
	if n.Config.HA.Netstring {
		format = message.Netstring
	}
	frame := n.compressed(msg, format, n.encode(msg, format))
	var line []byte
	for _, l := range n.links {
		switch {
		case l.Pings():
			if msg.Type() == "status" {
				n.sendOn(l, n.encode(pulse(l, msg), format))
			}
		case l.Classic():
			if line == nil {
				line = bytes.TrimSuffix(n.encode(msg, message.Classic), []byte{0})
			}
			n.sendOn(l, line)
		default:
			n.sendOn(l, frame)
		}
	}
}

// encode signs a message; nil if it cannot be encoded.
func (n *node) encode(msg *message.Message, format message.Format) []byte {
	frame, err := message.Encode(msg, format, n.keys.Load())
	if err != nil {
		n.repeats.log("encode", logging.Error, fmt.Sprintf("encode %s: %v", msg.Type(), err))
		return nil
	}
	return frame
}

// compressed is the frame of a message as ha.cf(5) traditional_compression wants
// it. Serial lines carry classic frames only, which have no such form.
func (n *node) compressed(msg *message.Message, format message.Format, frame []byte) []byte {
	if !n.Config.HA.Compress || len(frame) <= n.Config.HA.CompressOver {
		return frame
	}
	packed, err := message.Compress(msg, format, n.keys.Load(), "zlib")
	if err != nil {
		n.repeats.log("compress", logging.Error, fmt.Sprintf("%s: %v", msg.Type(), err))
		return frame
	}
	return packed
}

func (n *node) sendOn(l *link.Link, frame []byte) {
	if frame == nil || n.unsent() {
		return
	}
	if err := l.Send(frame); err != nil {
		n.repeats.log("send "+l.Name(), logging.Error, fmt.Sprintf("write_child: write failure on %s %s.: %v", l.Kind(), l.Name(), err))
	}
}

// pulse is what a ping node is sent for a status of this node: its own status,
// for it to send back.
func pulse(l *link.Link, status *message.Message) *message.Message {
	return message.New("NS_st").
		Add("st", "ping").
		Add("info", l.Kind()).
		Add("src", l.Name()).
		Add("ts", status.Text("ts"))
}
