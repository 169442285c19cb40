package agent

import (
	"strconv"
	"time"

	"lvsha/pkg/system/logging"
)

// What Delay waits, in seconds, if it is not told.
const (
	defaultStartDelay = "10"
	defaultStopDelay  = "30"
)

// delay is Delay: a start and a stop that take their time.
func (c *call) delay(action string) int {
	wait := make(map[string]time.Duration)
	for name, fallback := range map[string]string{"startdelay": defaultStartDelay, "stopdelay": defaultStopDelay} {
		text, given := c.values[name]
		if !given {
			text = fallback
		}
		seconds, err := strconv.ParseFloat(text, 64)
		if err != nil || seconds < 0 || seconds > 1e6 {
			c.refuse("Some of the instance parameters are invalid")
			return badArguments
		}
		wait[name] = time.Duration(seconds * float64(time.Second))
	}
	mark := c.pseudo("Delay_" + c.instance)
	switch action {
	case "start":
		if mark.runs() {
			c.logf(logging.Info, "Delay already running.")
			return success
		}
		return c.pause(mark.start(), wait["startdelay"])
	case "stop":
		if !mark.runs() {
			c.logf(logging.Info, "Delay already stopped.")
			return success
		}
		return c.pause(mark.stop(), wait["stopdelay"])
	}
	if mark.runs() {
		return success
	}
	return notRunning
}

// pause waits. An error of the mark is one of permission.
func (c *call) pause(err error, d time.Duration) int {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-c.ctx.Done():
		return failed
	}
	if err != nil {
		c.logf(logging.Error, "%v", err)
		return 4
	}
	return success
}
