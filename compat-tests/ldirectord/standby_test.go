package ldirectord

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// standbyScene has ours stand by, take over, and end while it stands by.
const standbyScene = "standby"

// standbyConfig has servers whose state a check must find out.
const standbyConfig = `checkinterval=1
checktimeout=20
logfile="/var/log/ldirectord.log"
virtual=10.9.0.1:80
	checktype=external
	checkcommand=/run/ldtest/check.sh
	fallback=127.0.0.1:80
	real=10.1.0.11:80 gate 10
	real=10.1.0.12:80 gate 20
virtual=10.9.0.2:80
	checktype=external
	checkcommand=/run/ldtest/check.sh
	fallback=127.0.0.1:80
	real=10.1.0.12:80 gate 30
`

// standbyTable is what the table is when 10.1.0.12 is down.
const standbyTable = `-A -t 10.9.0.1:80 -s wrr
-A -t 10.9.0.2:80 -s wrr
-a -t 10.9.0.1:80 -r 10.1.0.11:80 -g -w 10
-a -t 10.9.0.2:80 -r 127.0.0.1:80 -g -w 1`

func (s *scene) playStandby() error {
	if err := os.WriteFile(installedConfig, []byte(standbyConfig), 0o644); err != nil {
		return err
	}
	foreign := func() error { return run("ipvsadm", "-A", "-u", "10.8.0.1:80", "-s", "rr") }
	const others = "-A -u 10.8.0.1:80 -s rr"
	s.standbyStep("standby", others, 3, func() error {
		return firstError(s.mark(true, []string{"10.1.0.12:80"}), foreign(), s.standbyCommand("standby", 0), s.failing())
	})
	// The table is whole when start returns.
	s.standbyStep("start", standbyTable+"\n"+others, 0, func() error { return s.standbyCommand("start", 0) })
	s.standbyStep("a second standby", standbyTable+"\n"+others, 0, func() error { return s.standbyCommand("standby", 0) })
	s.standbyStep("stop", others, 3, func() error { return s.standbyCommand("stop", 0) })
	s.standbyStep("standby again, reload", others, 3, func() error {
		return firstError(s.standbyCommand("standby", 0), s.standbyCommand("reload", 0), s.standbyCommand("try-restart", 0))
	})
	s.standbyStep("stop on standby", others, 3, func() error { return s.standbyCommand("stop", 0) })
	return nil
}

func (s *scene) standbyCommand(command string, want int) error {
	out, err := exec.Command("/usr/sbin/ldirectord", "ldirectord.cf", command).CombinedOutput()
	var exit *exec.ExitError
	status := 0
	if errors.As(err, &exit) {
		status = exit.ExitCode()
	}
	if status != want {
		return fmt.Errorf("%s: status %d, want %d\n%s", command, status, want, out)
	}
	return nil
}

// failing waits until the log tells which server is down.
func (s *scene) failing() error {
	return waitFor("a failed server in the log", func() bool {
		log, _ := os.ReadFile("/var/log/ldirectord.log")
		return strings.Contains(string(log), "Real server is not available: 10.1.0.12:80")
	})
}

// standbyStep does something, after which the table must be at once as it is to be
// and status must say so.
func (s *scene) standbyStep(name, want string, status int, do func() error) {
	o := outcome{Scene: s.name, Step: name}
	err := do()
	if got := ipvsadm("-Sn"); got != normal(want+"\n") {
		o.Problems = append(o.Problems, fmt.Sprintf("the table is\n%s\nwant\n%s", got, want))
	}
	if err = firstError(err, s.standbyCommand("status", status)); err != nil {
		o.Problems = append(o.Problems, err.Error())
	}
	if len(o.Problems) > 0 {
		log, _ := os.ReadFile("/var/log/ldirectord.log")
		o.Problems = append(o.Problems, string(log))
	}
	s.outcomes = append(s.outcomes, o)
}
