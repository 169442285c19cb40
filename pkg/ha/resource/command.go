package resource

import (
	"fmt"
	"io"
	"os"
	"strings"

	"lvsha/pkg/system/logging"
	"lvsha/pkg/system/netif"
)

// RunIPaddr is an address agent as a command of resource.d, called by name:
//
//	IPaddr2 ip[/mask[/interface[:label]][/broadcast]] start|stop|status|monitor|usage|meta-data
//	IPv6addr addr[/prefix[/interface]] start|…
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
	instance, _, _ := strings.Cut(arg, "/")
	log := OpenAgentLog(kind+"_"+instance, os.Getenv, stderr)
	defer log.Close()
	say := func(line string) {
		log.Line(line)
		fmt.Fprintln(stdout, line)
	}
	switch action {
	case "usage", "help":
		usage(stdout, name)
		if kind == agentIPv6addr {
			return ocfGeneric
		}
		say("INFO:  Success")
		return ocfSuccess
	case "meta-data":
		fmt.Fprintf(stdout, metaData, kind, family(kind))
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
	text, code := Verdict(a.address(kind, arg).act(action), action)
	say(text)
	return code
}

// family is which addresses an agent is for.
func family(kind string) string {
	if kind == agentIPv6addr {
		return "IPv6"
	}
	return "IPv4"
}

func usage(w io.Writer, name string) {
	if baseName(name) == agentIPv6addr {
		fmt.Fprintf(w, "usage: %s <ip-address> (start|stop|status|usage|meta-data)\n", name)
		return
	}
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

// verdicts are what a wrapper script of resource.d says of an OCF exit code.
var verdicts = map[int]string{
	ocfGeneric:       "ERROR:  Generic error",
	ocfArguments:     "ERROR:  Illegal argument",
	3:                "ERROR:  Function unimplemented",
	4:                "ERROR:  User had insufficient privilege",
	5:                "ERROR:  Program is not installed",
	ocfNotConfigured: "ERROR:  Program is not configured",
	ocfNotRunning:    "INFO:  Resource is stopped",
}

// Verdict is the line that a wrapper script of resource.d prints for the exit code
// of an agent, and the exit code it ends with; heartbeat judges a status by that
// text. Both blanks belong to it.
func Verdict(code int, action string) (string, int) {
	if code == ocfSuccess {
		if action == "status" || action == "monitor" {
			return "INFO:  Running OK", code
		}
		return "INFO:  Success", code
	}
	if text, ok := verdicts[code]; ok {
		return text, code
	}
	return fmt.Sprintf("ERROR:  Unknown error: %d", code), ocfGeneric
}

const metaData = `<?xml version="1.0"?>
<!DOCTYPE resource-agent SYSTEM "ra-api-1.dtd">
<resource-agent name="%[1]s">
<version>1.0</version>
<longdesc lang="en">Puts an %[2]s address on an interface and announces it to the neighbours.</longdesc>
<shortdesc lang="en">Virtual %[2]s address</shortdesc>
<parameters>
<parameter name="ip" unique="1" required="1">
<longdesc lang="en">ip-address[/netmaskbits[/interface]]</longdesc>
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
