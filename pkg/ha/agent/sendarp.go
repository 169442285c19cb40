package agent

import (
	"net/netip"

	"lvsha/pkg/ha/resource"
	"lvsha/pkg/system/logging"
)

// sendARP is SendArp: it announces an address that something else configures. The
// announcements go on in a detached process.
func (c *call) sendARP(action string) int {
	text, device := c.values["ip"], c.values["nic"]
	mark := c.pseudo("SendArp_" + c.instance)
	ip, err := netip.ParseAddr(text)
	switch action {
	case "start":
		if mark.runs() {
			return success
		}
		if err != nil {
			c.refuse("%v", err)
			return notConfigured
		}
		if err := resource.Detached("", c.log, true).Announce(device, ip); err != nil {
			c.refuse("Could not send gratuitous arps")
			c.logf(logging.Error, "%v", err)
		}
		err = mark.start()
	case "stop":
		if !mark.runs() {
			return success
		}
		if err == nil {
			resource.Detached("", c.log, true).Withdraw(device, ip)
		}
		c.logf(logging.Info, "SendArp for %s/%s released", text, device)
		err = mark.stop()
	default:
		if mark.runs() {
			return success
		}
		return notRunning
	}
	if err != nil {
		c.logf(logging.Error, "%v", err)
		return failed
	}
	return success
}
