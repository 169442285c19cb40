package api

import (
	"strconv"

	"lvsha/pkg/ha/message"
	"lvsha/pkg/system/logging/level"
)

// register takes the first message of a connection. Anything but a sign-on is
// ignored.
func (m *Machine) register(c *client, msg *message.Message) {
	if msg.Type() != "hbapi-req" || msg.Text("reqtype") != "signon" {
		m.repeatf("register", level.Error, "api_process_registration_msg: bad message")
		return
	}
	pid, _ := strconv.Atoi(msg.Text("pid"))
	name := msg.Text("from_id")
	if len(name) > maxClientName {
		name = name[:maxClientName]
	}
	casual := name == "" || name == strconv.Itoa(pid)
	if casual {
		name = strconv.Itoa(pid)
	}
	m.generation++
	if reason, unnamed := m.refusal(c, msg, pid, name, casual); reason != "" {
		m.refuse(c, name, reason, casual, unnamed, pid)
		return
	}
	c.name, c.casual, c.generation, c.mask = name, casual, m.generation, kept
	m.hand(msg, false, calls)
	if !casual {
		m.emit(Send{Message: m.presence("join", name, "signon", c.generation)})
	}
	m.reply(c, m.signon("", "OK"))
}

// refusal returns why a sign-on is refused, and whether the leave event that
// follows names nobody.
func (m *Machine) refusal(c *client, msg *message.Message, pid int, name string, casual bool) (reason string, unnamed bool) {
	if pid <= 0 || !m.cfg.Exists(pid) {
		return "bad pid", true
	}
	if old := m.find(name); old != nil {
		if m.cfg.Exists(old.cred.PID) {
			return "duplicate add request", true
		}
		m.drop(old, "died")
	}
	uid, err1 := strconv.ParseUint(msg.Text("uid"), 10, 32)
	gid, err2 := strconv.ParseUint(msg.Text("gid"), 10, 32)
	if err1 != nil || err2 != nil {
		return "invalid id info", false
	}
	if uint32(uid) != c.cred.UID || uint32(gid) != c.cred.GID {
		return "incorrect/false credentials", false
	}
	if why := m.cfg.Permissions.check(name, casual, c.cred); why != "" {
		m.repeatf("refused", level.Warn, "Client [%s] pid %d failed authorization [%s]", name, pid, why)
		return why, false
	}
	if pid != c.cred.PID {
		return "pid mismatch", false
	}
	return "", false
}

// refuse answers a sign-on and ends the connection. The leave event is for this
// client alone.
func (m *Machine) refuse(c *client, name, reason string, casual, unnamed bool, pid int) {
	m.reply(c, m.signon(reason, "badreq"))
	switch {
	case unnamed:
		if pid > 0 && !m.cfg.Exists(pid) {
			reason = "died"
		}
		m.reply(c, m.presence("leave", "", reason, m.generation))
	case !casual:
		m.reply(c, m.presence("leave", name, reason, m.generation))
	}
	m.drop(c, reason)
}

// signon is the answer to a sign-on. The library learns from it what the daemon
// is, also when it is refused.
func (m *Machine) signon(info, result string) *message.Message {
	msg := answer("signon")
	if info != "" {
		msg.Add("info", info)
	}
	return msg.
		Add("result", result).
		AddHex("deadtime", uint64(m.cfg.Deadtime.Milliseconds())).
		AddHex("keepalive", uint64(m.cfg.Keepalive.Milliseconds())).
		Add("node", m.cfg.Self).
		Add("hbversion", m.cfg.LongVersion).
		Add("pacemaker", m.cfg.Pacemaker).
		Add("logfacility", strconv.Itoa(m.cfg.Facility))
}

func answer(reqtype string) *message.Message {
	return message.New("hbapi-resp").Add("reqtype", reqtype)
}
