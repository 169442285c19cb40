package resource

import (
	"fmt"
	"io"
	"os"

	"lvsha/pkg/system/logging"
	"lvsha/pkg/system/netif"
)

// RunIPaddr is an address agent as a command of resource.d, called by name:
//
//	IPaddr2 ip[/mask[/interface[:label]][/broadcast]] start|stop|status|monitor|usage|meta-data
//
// name is what it was called by, args what follows. Output, log lines and exit
// codes are those of the original scripts, so that a real heartbeat 3.0.6 can
// run it. The announcements go on in a detached process after it has returned.
func RunIPaddr(name string, args []string, stdout, stderr io.Writer) int {
	kind := baseName(name)
	if len(args) == 1 && args[0] == "meta-data" {
		args = append(args, args[0])
		args[0] = ""
	}
	if len(args) != 2 {
		usage(stdout, name)
		return ocfGeneric
	}
	arg, action := args[0], args[1]
	log := openScriptLog(kind+"_"+parseWish(arg).text, os.Getenv, stderr)
	defer log.close()
	say := func(line string) {
		log.line(line)
		fmt.Fprintln(stdout, line)
	}
	switch action {
	case "usage", "help":
		usage(stdout, name)
		say("INFO:  Success")
		return ocfSuccess
	case "meta-data":
		fmt.Fprintf(stdout, metaData, kind)
		return ocfSuccess
	case "start", "stop", "status", "monitor":
	default:
		say("ERROR: Unknown operation: " + action)
		usage(stdout, name)
		return ocfGeneric
	}
	h, err := netif.Open()
	if err != nil {
		say("ERROR:  Generic error")
		log.Log(logging.Error, err.Error())
		return ocfGeneric
	}
	defer h.Close()
	a := &Agents{Host: h, Announcer: detached{tmp: tmpOf(os.Getenv), log: log}, Tmp: tmpOf(os.Getenv), Log: log}
	code := a.job(kind, arg).act(action)
	say(verdict(code, action))
	return code
}

func usage(w io.Writer, name string) {
	fmt.Fprintf(w, "usage: %s ip-address[/netmaskbits[/interface[:label][/broadcast]]] (start|stop|status|usage|meta-data)\n", name)
}

func baseName(name string) string {
	for i := len(name) - 1; i >= 0; i-- {
		if name[i] == '/' {
			return name[i+1:]
		}
	}
	return name
}

func tmpOf(getenv func(string) string) string {
	if d := getenv("HA_RSCTMP"); d != "" {
		return d
	}
	return DefaultTmp
}

// verdict is the line that a wrapper script of resource.d prints for an exit
// code; heartbeat judges a status by its text. Both blanks belong to it.
func verdict(code int, action string) string {
	switch code {
	case ocfSuccess:
		if action == "status" || action == "monitor" {
			return "INFO:  Running OK"
		}
		return "INFO:  Success"
	case 2:
		return "ERROR:  Illegal argument"
	case ocfNotConfigured:
		return "ERROR:  Program is not configured"
	case ocfNotRunning:
		return "INFO:  Resource is stopped"
	}
	return "ERROR:  Generic error"
}

const metaData = `<?xml version="1.0"?>
<!DOCTYPE resource-agent SYSTEM "ra-api-1.dtd">
<resource-agent name="%s">
<version>1.0</version>
<longdesc lang="en">Puts an IPv4 address on an interface and announces it by gratuitous ARP.</longdesc>
<shortdesc lang="en">Virtual IPv4 address</shortdesc>
<parameters>
<parameter name="ip" unique="1" required="1">
<longdesc lang="en">ip-address[/netmaskbits[/interface[:label][/broadcast]]]</longdesc>
<shortdesc lang="en">Address</shortdesc>
<content type="string" default=""/>
</parameter>
</parameters>
<actions>
<action name="start" timeout="20s"/>
<action name="stop" timeout="20s"/>
<action name="status" timeout="20s" interval="10s"/>
<action name="monitor" timeout="20s" interval="10s"/>
<action name="usage" timeout="5s"/>
<action name="meta-data" timeout="5s"/>
</actions>
</resource-agent>
`
