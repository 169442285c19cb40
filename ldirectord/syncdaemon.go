package main

import (
	"errors"
	"fmt"
	"io"

	"lvsha/pkg/lvs/ipvs"
)

// syncSwapName is the script of resource.d that changes the role of the kernel's
// sync daemon with the resources.
const syncSwapName = "LVSSyncDaemonSwap"

// syncDevice is where connections are told of, unless the arguments say so.
const syncDevice = "eth0"

// swapSync is LVSSyncDaemonSwap. A start ends the opposite sync daemon and starts
// the one that is named, a stop the reverse.
func swapSync(self string, args []string, stdout, stderr io.Writer) int {
	usage := func() int {
		fmt.Fprintf(stderr, "usage: %s {master|backup} [interface] {start|stop|status|monitor}\n", self)
		return statusFailed
	}
	if len(args) < 2 || len(args) > 3 {
		return usage()
	}
	role, err := ipvs.ParseSyncRole(args[0])
	if err != nil {
		return usage()
	}
	device, action := syncDevice, args[len(args)-1]
	if len(args) == 3 {
		device = args[1]
	}
	fail := func(err error) int {
		fmt.Fprintf(stderr, "%s: ERROR: %v\n", syncSwapName, err)
		return statusFailed
	}
	switch action {
	case "start", "stop", "status", "monitor":
	case "usage", "help":
		usage()
		return statusOK
	default:
		return usage()
	}
	sync, err := ipvs.OpenSync()
	if err != nil {
		if action == "stop" && errors.Is(err, ipvs.ErrNoIPVS) {
			return statusOK // nothing can run
		}
		return fail(err)
	}
	defer func() { _ = sync.Close() }()
	switch action {
	case "start":
		err = errors.Join(sync.Stop(role.Other()), sync.Start(role, device, 0))
	case "stop":
		if err = sync.Stop(role); err != nil {
			break
		}
		// What had to end has ended; a director that cannot listen is none that
		// has to be restarted.
		if err := sync.Start(role.Other(), device, 0); err != nil {
			_ = fail(err)
		}
	default:
		running, err := sync.Running()
		if err != nil {
			return fail(err)
		}
		if !running[role] {
			fmt.Fprintf(stdout, "%s stopped\n", role)
			return statusStopped
		}
		fmt.Fprintf(stdout, "%s running\n", role)
		return statusOK
	}
	if err != nil {
		return fail(err)
	}
	return statusOK
}
