package howto

import (
	"fmt"
	"os"
	"path/filepath"
)

// The hosts of the how-to.
const (
	masterName  = "lvsm.hwlee.shop"
	standbyName = "lvss.hwlee.shop"
	vip         = "192.0.2.70"
	masterIP    = "192.0.2.78"
	standbyIP   = "192.0.2.117"
	web1IP      = "192.0.2.121"
	web2IP      = "192.0.2.122"
	clientIP    = "192.0.2.200"
)

// sources are the addresses from which the client asks; persistence sends each
// to one web server.
var sources = []string{"192.0.2.201", "192.0.2.202", "192.0.2.203", "192.0.2.204"}

// haCF is the how-to's ha.cf, the peer's address left open.
const haCF = `debugfile /var/log/ha-debug.log
logfile /var/log/ha.log
keepalive 2
deadtime 10
udpport 694


node lvsm.hwlee.shop
node lvss.hwlee.shop


auto_failback on


ucast eth0 %s
`

const haResources = `lvsm.hwlee.shop \
ldirectord::ldirectord.cf \
IPaddr2::192.0.2.70/32/eth0
`

const authKeys = "auth 2\n2 sha1 lvs\n"

// ldirectordCF is the how-to's file with a second web server.
const ldirectordCF = `checktimeout=10
checkinterval=10
autoreload=no
logfile="/var/log/ldirectord.log"
quiescent=no


# Web Server LVS
virtual=192.0.2.70:80
        real=192.0.2.121:80 gate 10
        real=192.0.2.122:80 gate 10
        service=http
        request="lvsm.hwlee.shop"
        receive="lvss.hwlee.shop"
        scheduler=rr
        persistent=3600
        protocol=tcp
        checktype=negotiate
`

// writeConfig writes the how-to's files below a director's /etc/ha.d.
func writeConfig(dir, peer string) error {
	if err := os.MkdirAll(filepath.Join(dir, "conf"), 0o755); err != nil {
		return err
	}
	// Debian's sample would be found before the how-to's file.
	if err := os.RemoveAll(filepath.Join(dir, "ldirectord.cf")); err != nil {
		return err
	}
	for _, f := range []struct {
		name, text string
		mode       os.FileMode
	}{
		{"ha.cf", fmt.Sprintf(haCF, peer), 0o644},
		{"haresources", haResources, 0o644},
		{"authkeys", authKeys, 0o600},
		{"conf/ldirectord.cf", ldirectordCF, 0o644},
	} {
		if err := os.WriteFile(filepath.Join(dir, f.name), []byte(f.text), f.mode); err != nil {
			return err
		}
	}
	return nil
}
