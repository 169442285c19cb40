package config

import (
	"fmt"
	"strings"
)

// Flags of the scheduler, as the kernel numbers them (ipvsadm(8) -b): bit 0 is
// flag-1.
type Flags uint8

// Flags reads schedflags. The names beyond flag-1 to flag-3 depend on the
// scheduler.
func (v *Virtual) Flags() (Flags, error) {
	var flags Flags
	if v.SchedFlags == "" {
		return 0, nil
	}
	for _, word := range strings.Split(v.SchedFlags, ",") {
		switch {
		case word == "flag-1", word == "sh-fallback" && v.Scheduler == "sh", word == "mh-fallback" && v.Scheduler == "mh":
			flags |= 1
		case word == "flag-2", word == "sh-port" && v.Scheduler == "sh", word == "mh-port" && v.Scheduler == "mh":
			flags |= 2
		case word == "flag-3":
			flags |= 4
		default:
			return 0, fmt.Errorf("the scheduler %s has no flag %q", v.Scheduler, word)
		}
	}
	return flags, nil
}
