package main

import (
	"bufio"
	"fmt"
	"io"
	"os"

	"lvsha/pkg/system/logging"
)

const haLoggerUsage = "usage: ha_logger [-t tag] [-D <ha-log/ha-debug>] [message]\n"

// runHALogger is ha_logger: it hands its words, or the lines of its standard
// input, to the log daemon, one record each.
func runHALogger(_ string, args []string, stdout, stderr io.Writer) int {
	entity, debug := "cluster", false
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		option, value := args[0][:2], args[0][2:]
		args = args[1:]
		if option == "--" {
			break
		}
		if value == "" && option != "-h" {
			if len(args) == 0 {
				fmt.Fprint(stdout, haLoggerUsage)
				return exitFailed
			}
			value, args = args[0], args[1:]
		}
		switch {
		case option == "-t":
			entity = value
		case option == "-D" && (value == "ha-log" || value == "ha-debug"):
			debug = value == "ha-debug"
		default:
			fmt.Fprint(stdout, haLoggerUsage)
			return exitFailed
		}
	}
	send := func(text string) bool {
		if err := logging.SendLogd(logdSocket, entity, debug, os.Getpid(), text); err != nil {
			fmt.Fprint(stderr, "logd is not running")
			return false
		}
		return true
	}
	if len(args) == 0 {
		for in := bufio.NewScanner(os.Stdin); in.Scan(); {
			if !send(in.Text()) {
				return exitFailed
			}
		}
		return exitOK
	}
	for _, word := range args {
		if !send(word) {
			return exitFailed
		}
	}
	return exitOK
}
