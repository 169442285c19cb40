package ldirectord

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strings"

	"lvsha/pkg/lvs/view"
)

// statusScene compares what ours tells of the kernel's table with what ipvsadm
// does, and drains a server of it.
const statusScene = "status"

const statusConfig = `checkinterval=1
maintenancedir=/run/maintenance
logfile="/var/log/ldirectord.log"
virtual=10.9.0.1:80
	checktype=connect
	quiescent=yes
	real=10.1.0.11:8080 masq 10
	real=10.1.0.12:8080 masq 20
`

// statusClients is how many connections go through the table.
const statusClients = 20

func (s *scene) playStatus() error {
	err := firstError(
		os.WriteFile(installedConfig, []byte(statusConfig), 0o644), os.MkdirAll("/run/maintenance", 0o755),
		run("ip", "link", "set", "lo", "up"), run("ip", "addr", "replace", "10.9.0.1/32", "dev", "lo"),
		run("ip", "addr", "replace", "10.1.0.11/32", "dev", "lo"), run("ip", "addr", "replace", "10.1.0.12/32", "dev", "lo"),
	)
	if err != nil {
		return err
	}
	for _, addr := range []string{"10.1.0.11:8080", "10.1.0.12:8080"} {
		server, err := net.Listen("tcp", addr)
		if err != nil {
			return err
		}
		defer server.Close()
		go accept(server)
	}
	if _, err := s.told(0, "start"); err != nil {
		return err
	}
	var open []net.Conn
	defer func() {
		for _, conn := range open {
			_ = conn.Close()
		}
	}()
	s.statusStep("counters", func() error {
		for range statusClients {
			conn, err := net.Dial("tcp", "10.9.0.1:80")
			if err != nil {
				return err
			}
			open = append(open, conn)
		}
		// The kernel counts together every two seconds.
		return waitFor("the same counters", func() bool { return s.sameCounters() == nil })
	})
	s.statusStep("top", func() error {
		out, err := exec.Command("/usr/sbin/ldirectord", "top").Output()
		if err != nil || !strings.Contains(string(out), "VIPs held: 1 of 1: 10.9.0.1\nServers: 2 up") {
			return fmt.Errorf("%v:\n%s", err, out)
		}
		return nil
	})
	s.statusStep("drain", func() error {
		// Its connections stay open: the time is up before they are gone.
		out, err := s.told(4, "drain", "10.1.0.12:8080", "--timeout", "4")
		if err == nil && !strings.Contains(ipvsadm("-Sn"), "-r 10.1.0.12:8080 -m -w 0") {
			err = errors.New("it has its weight still")
		}
		if err != nil {
			return fmt.Errorf("%w\n%s", err, out)
		}
		if out, err = s.told(0, "undrain", "10.1.0.12:8080", "--timeout", "20"); err == nil && !strings.Contains(ipvsadm("-Sn"), "-r 10.1.0.12:8080 -m -w 20") {
			err = errors.New("its weight is not back")
		}
		if err != nil {
			return fmt.Errorf("%w\n%s", err, out)
		}
		return nil
	})
	s.statusStep("stopped", func() error {
		if _, err := s.told(0, "stop"); err != nil {
			return err
		}
		if err := run("ipvsadm", "-A", "-u", "10.8.0.1:80", "-s", "rr"); err != nil {
			return err
		}
		out, err := s.told(3, "status", "--verbose")
		if err == nil && !strings.Contains(out, "\nudp 10.8.0.1:80 rr\n") {
			err = errors.New("the table is not shown:\n" + out)
		}
		return err
	})
	return nil
}

func accept(l net.Listener) {
	for {
		if _, err := l.Accept(); err != nil {
			return
		}
	}
}

// told runs a command of ours, which must end with a status.
func (s *scene) told(want int, args ...string) (string, error) {
	out, err := exec.Command("/usr/sbin/ldirectord", append([]string{"ldirectord.cf"}, args...)...).CombinedOutput()
	status := 0
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		status = exit.ExitCode()
	}
	if status != want {
		return string(out), fmt.Errorf("%v: status %d, want %d\n%s", args, status, want, out)
	}
	return string(out), nil
}

var exactLine = regexp.MustCompile(`(?:TCP|->) +(\S+) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+)`)

// sameCounters compares connections, packets and bytes of the service and of its
// servers.
func (s *scene) sameCounters() error {
	want := make(map[string]string)
	for _, m := range exactLine.FindAllStringSubmatch(ipvsadm("-Ln", "--stats", "--exact"), -1) {
		want[m[1]] = strings.Join(m[2:], " ")
	}
	out, err := s.told(0, "status", "--json")
	if err != nil {
		return err
	}
	var status view.Status
	if err := json.Unmarshal([]byte(out), &status); err != nil {
		return err
	}
	words := func(c view.Counts) string {
		return fmt.Sprint(c.Connections, c.InPackets, c.OutPackets, c.InBytes, c.OutBytes)
	}
	v := status.Virtuals[0]
	got := map[string]string{"10.9.0.1:80": words(v.Counters)}
	open := 0
	for _, r := range v.Reals {
		got[r.Entry] = words(r.Counters)
		open += r.Connections.Active
	}
	if fmt.Sprint(got) != fmt.Sprint(want) || open != statusClients || v.Counters.Connections != statusClients {
		return fmt.Errorf("ours %v, %d open; ipvsadm %v", got, open, want)
	}
	return nil
}

func (s *scene) statusStep(name string, do func() error) {
	o := outcome{Scene: s.name, Step: name}
	if err := do(); err != nil {
		log, _ := os.ReadFile("/var/log/ldirectord.log")
		o.Problems = append(o.Problems, err.Error(), fmt.Sprint(s.sameCounters()), string(log))
	}
	s.outcomes = append(s.outcomes, o)
}
