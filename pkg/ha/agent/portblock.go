package agent

import (
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strings"

	"lvsha/pkg/system/logging"
)

var portList = regexp.MustCompile(`^[0-9]+(:[0-9]+)?(,[0-9]+(:[0-9]+)?)*$`)

// portBlock is portblock: a rule that drops what comes in for some ports, from the
// start to the stop ("block") or from the stop to the start ("unblock").
func (c *call) portBlock(action string) int {
	protocol, ports, kind := c.values["protocol"], c.values["portno"], c.values["action"]
	problem := ""
	switch {
	case protocol != "tcp" && protocol != "udp":
		problem = "Invalid protocol " + protocol
	case !portList.MatchString(ports):
		problem = "Invalid port number " + ports
	case kind != "block" && kind != "unblock":
		problem = "Invalid action " + kind
	}
	if problem != "" {
		c.refuse("%s!", problem)
		switch action {
		case "start":
			return notConfigured
		case "stop":
			return success // it cannot have been started
		}
		return notRunning
	}
	mark := c.pseudo(c.instance)
	present, err := c.dropRule(protocol, ports)
	if err != nil {
		c.refuse("%v", err)
		return failed
	}
	rule := fmt.Sprintf("portblock DROP rule [%s %s 0.0.0.0/0 in %s]", protocol, ports, kind)
	switch action {
	case "start":
		err = errors.Join(c.setDrop(protocol, ports, present, kind == "block"), mark.start())
	case "stop":
		err = errors.Join(c.setDrop(protocol, ports, present, kind == "unblock"), mark.stop())
	default:
		// What is blocked can be seen; that something was let through, cannot.
		if kind == "block" && present || kind == "unblock" && !present && mark.runs() {
			fmt.Fprintln(c.stdout, rule+"  is running (OK)")
			return success
		}
		fmt.Fprintln(c.stdout, rule+" is inactive")
		return notRunning
	}
	if err != nil {
		c.refuse("%v", err)
		return failed
	}
	return success
}

// iptables runs iptables, which waits for others that change the table if it is
// new enough to know how.
func (c *call) iptables(args ...string) (string, error) {
	out, err := c.tool("iptables", append([]string{"-w"}, args...)...)
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 2 {
		out, err = c.tool("iptables", args...)
	}
	return out, err
}

// dropRule says whether the rule is there. It is looked for in the listing as
// commands, which has had one form since iptables 1.4; the other listing changed
// with the change to nftables.
func (c *call) dropRule(protocol, ports string) (bool, error) {
	out, err := c.iptables("-S", "INPUT")
	if err != nil {
		return false, err
	}
	want := fmt.Sprintf("-A INPUT -p %s -m multiport --dports %s -j DROP", protocol, ports)
	for _, line := range strings.Split(out, "\n") {
		if strings.TrimSpace(line) == want {
			return true, nil
		}
	}
	return false, nil
}

// setDrop brings the rule into the wanted state; a second rule that the original
// has left is taken away with it.
func (c *call) setDrop(protocol, ports string, present, wanted bool) error {
	spec := []string{"INPUT", "-p", protocol, "-m", "multiport", "--dports", ports, "-j", "DROP"}
	if present == wanted {
		c.logf(logging.Debug, "the rule is as it should be")
		return nil
	}
	if wanted {
		_, err := c.iptables(append([]string{"-I"}, spec...)...)
		return err
	}
	for present {
		if _, err := c.iptables(append([]string{"-D"}, spec...)...); err != nil {
			return err
		}
		var err error
		if present, err = c.dropRule(protocol, ports); err != nil {
			return err
		}
	}
	return nil
}
