package main

import (
	"strconv"
	"strings"
	"time"

	"lvsha/pkg/ha/config"
	"lvsha/pkg/system/logging"
	"lvsha/pkg/system/netif"
	"lvsha/pkg/system/status"
	"lvsha/pkg/system/sysconfig"
)

// sysconfigFile holds what ha.cf cannot say.
const sysconfigFile = "/etc/sysconfig/heartbeat"

// defaultScriptTimeout is long: a file system check may stand behind a script.
const defaultScriptTimeout = time.Hour

// defaultStartRetry leaves time to see what is wrong.
const defaultStartRetry = time.Minute

// settings are what sysconfigFile says.
type settings struct {
	schedule      netif.Schedule
	scriptTimeout time.Duration
	startRetry    time.Duration
	logJSON       bool
	listen        []status.Address // of the status page
	standbyChecks bool
	tmp           string // where scripts keep what must outlive them; "" is the default
}

// readSettings reads the file. What is wrong in it is logged and keeps its
// default: a pair must not stay down for it.
func readSettings(path string, log logging.Sink) settings {
	s := settings{schedule: netif.DefaultSchedule(), scriptTimeout: defaultScriptTimeout, startRetry: defaultStartRetry}
	file, err := sysconfig.Read(path)
	if err != nil {
		log.Log(logging.Warn, err.Error())
		return s
	}
	seconds := func(name string, fallback time.Duration) time.Duration {
		d, err := file.Seconds(name, fallback)
		if err != nil {
			log.Log(logging.Warn, err.Error()+"; "+fallback.String()+" is used")
		}
		return d
	}
	s.scriptTimeout = seconds("SCRIPT_TIMEOUT", s.scriptTimeout)
	s.startRetry = seconds("START_RETRY", s.startRetry)
	s.schedule.Every = seconds("ARP_REFRESH", s.schedule.Every)
	if s.logJSON, err = logging.ParseFormat(file.Text("LOG_FORMAT", "")); err != nil {
		logging.Logf(log, logging.Warn, "%s: LOG_FORMAT=%v; lines stay as they were", path, err)
	}
	if s.standbyChecks, err = file.Flag("STANDBY_CHECKS", false); err != nil {
		log.Log(logging.Warn, err.Error()+"; there are none")
	}
	for _, word := range strings.Fields(file.Text("STATUS_LISTEN", "")) {
		at, err := status.ParseListen(word)
		if err != nil {
			logging.Logf(log, logging.Warn, "%s: STATUS_LISTEN=%v; there is no status page there", path, err)
			continue
		}
		s.listen = append(s.listen, at)
	}
	s.tmp = file.Text("HA_RSCTMP", "")
	return s
}

// stopRetryMax is ha.cf(5) "env STOPRETRYMAX=n" in the terms of the runner: 0
// and below mean that a failed stop is repeated for ever.
func stopRetryMax(cfg *config.Config) int {
	for _, p := range cfg.HA.Env {
		if p.Name != "STOPRETRYMAX" {
			continue
		}
		if n, err := strconv.Atoi(p.Value); err == nil {
			if n <= 0 {
				return -1
			}
			return n
		}
	}
	return 0
}
