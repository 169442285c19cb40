package howto

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// software is what runs on the directors. Its methods return when the command
// that an administrator would give has returned.
type software interface {
	start(p *play, h *host) error
	stop(p *play, h *host) error
	// idle reports whether a director that does not have the VIP is as it
	// should be.
	idle(p *play, h *host) bool
}

// heartbeat is heartbeat with ldirectord, ours or the original.
type heartbeat struct{}

func (heartbeat) start(p *play, h *host) error { return p.heartbeat(h, "start") }
func (heartbeat) stop(p *play, h *host) error  { return p.heartbeat(h, "stop") }
func (heartbeat) idle(p *play, h *host) bool   { return p.services(h) == 0 }

// keepalived plays the same parts: VRRP for the VIP, its own checks for the
// table, which it keeps on both directors.
type keepalived struct{}

// vrrpConf is the how-to in keepalived's words; state, priority.
const vrrpConf = `vrrp_instance howto {
    state %s
    interface eth0
    virtual_router_id 70
    priority %d
    advert_int 1
    virtual_ipaddress {
        192.0.2.70/32 dev eth0
    }
}
virtual_server 192.0.2.70 80 {
    delay_loop 10
    lb_algo rr
    lb_kind DR
    persistence_timeout 3600
    protocol TCP
%s}
`

const vrrpReal = `    real_server %s 80 {
        weight 10
        HTTP_GET {
            url {
                path /lvsm.hwlee.shop
                status_code 200
            }
            connect_timeout 10
        }
    }
`

func (keepalived) start(p *play, h *host) error {
	state, priority := "MASTER", 150
	if h == p.standby {
		state, priority = "BACKUP", 100
	}
	text := fmt.Sprintf(vrrpConf, state, priority, fmt.Sprintf(vrrpReal, web1IP)+fmt.Sprintf(vrrpReal, web2IP))
	if err := os.WriteFile(filepath.Join(h.dir, "etc", "keepalived.conf"), []byte(text), 0o644); err != nil {
		return err
	}
	p.say("  %s: keepalived -f /etc/ha.d/keepalived.conf", h.ns)
	out, err := h.run("keepalived", "-f", "/etc/ha.d/keepalived.conf")
	if err != nil {
		return fmt.Errorf("keepalived: %w: %s", err, out)
	}
	return nil
}

func (keepalived) stop(p *play, h *host) error {
	p.say("  %s: kill $(cat /run/keepalived.pid), until it is gone", h.ns)
	out, err := h.run("/bin/sh", "-c", "pid=$(cat /run/keepalived.pid) && kill $pid && while kill -0 $pid 2>/dev/null; do sleep 0.05; done")
	if err != nil {
		return fmt.Errorf("stop keepalived: %w: %s", err, out)
	}
	return nil
}

func (keepalived) idle(*play, *host) bool { return true }

// daemon names the daemon that a process belongs to, by its command line.
func daemon(cmdline string) string {
	words := strings.FieldsFunc(cmdline, func(r rune) bool { return r == 0 || r == ' ' })
	for i, word := range words {
		// An interpreter stands before the script.
		if i > 3 {
			break
		}
		switch base := strings.TrimSuffix(filepath.Base(word), ":"); base {
		case "heartbeat", "ldirectord", "keepalived":
			return base
		}
	}
	return ""
}
