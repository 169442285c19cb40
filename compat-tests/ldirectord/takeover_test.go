package ldirectord

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// takeoverScene is the one in which the programs follow each other over one
// table, with a connection that goes on through it.
const takeoverScene = "takeover"

// takeoverConf leaves the table behind at a stop. The original deletes and adds
// what has failed; here nothing fails.
const takeoverConf = `checkinterval=1
checktimeout=20
cleanstop=no
virtual=10.9.0.1:7
	checktype=connect
	scheduler=rr
	persistent=600
	real=10.3.0.2:7 masq 5
	real=10.3.0.3:7 masq 6
`

// takeoverNetwork is a client and two servers behind the director.
const takeoverNetwork = `
set -e
echo 1 >/proc/sys/net/ipv4/ip_forward
for host in client servers; do
	ip netns add $host
	ip link add $host type veth peer name eth0 netns $host
	ip link set $host up
	ip -n $host link set lo up
	ip -n $host link set eth0 up
done
ip addr add 10.2.0.1/24 dev client
ip addr add 10.3.0.1/24 dev servers
ip -n client addr add 10.2.0.2/24 dev eth0
ip -n client route add default via 10.2.0.1
ip -n servers addr add 10.3.0.2/24 dev eth0
ip -n servers addr add 10.3.0.3/24 dev eth0
ip -n servers route add default via 10.3.0.1
`

const takeoverTable = `-A -t 10.9.0.1:7 -s rr -p 600
-a -t 10.9.0.1:7 -r 10.3.0.2:7 -m -w 5
-a -t 10.9.0.1:7 -r 10.3.0.3:7 -m -w 6`

// playTakeover: the original, ours, the original.
func (s *scene) playTakeover() error {
	if err := run("/bin/sh", "-c", takeoverNetwork); err != nil {
		return err
	}
	if err := os.WriteFile(installedConfig, []byte(takeoverConf), 0o644); err != nil {
		return err
	}
	servers, _, end, err := inNamespace("servers", "echo")
	if err != nil {
		return err
	}
	defer end()
	if _, err := servers.ReadString('\n'); err != nil {
		return err
	}
	var client *bufio.Reader
	var say io.Writer
	talk := func() error {
		if _, err := fmt.Fprintln(say, "hello"); err != nil {
			return err
		}
		answer, err := client.ReadString('\n')
		if err != nil || answer != "hello\n" {
			return fmt.Errorf("the connection answers %q: %w", answer, err)
		}
		return nil
	}
	program := func(path, command string) error {
		cmd := exec.Command(path, "ldirectord.cf", command)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s %s: %w\n%s", path, command, err, out)
		}
		return nil
	}
	const theirs, own = "/usr/sbin/ldirectord", "/share/ldirectord"
	var endClient func()
	s.takeoverStep("the original starts", func() error { return program(theirs, "start") }, nil)
	s.takeoverStep("a client connects", func() (err error) {
		if client, say, endClient, err = inNamespace("client", "client"); err != nil {
			return err
		}
		return talk()
	}, talk)
	if endClient == nil {
		return nil // the step has said why
	}
	defer endClient()
	s.takeoverStep("the original stops", func() error { return firstError(program(theirs, "stop"), gone()) }, talk)
	s.takeoverStep("ours starts", func() error { return s.untouched(func() error { return program(own, "start") }) }, talk)
	s.takeoverStep("ours reloads", func() error { return s.untouched(func() error { return program(own, "reload") }) }, talk)
	s.takeoverStep("ours stops", func() error { return s.untouched(func() error { return program(own, "stop") }) }, talk)
	s.takeoverStep("the original starts again", func() error { return program(theirs, "start") }, talk)
	s.takeoverStep("the original stops again", func() error { return firstError(program(theirs, "stop"), gone()) }, talk)
	return nil
}

// gone waits until no daemon runs; the original returns from stop before.
func gone() error {
	return waitFor("the end of the daemon", func() bool {
		_, err := os.Stat("/var/run/ldirectord.ldirectord.cf.pid")
		return os.IsNotExist(err)
	})
}

// takeoverStep does something, waits for the table and tries the connection.
func (s *scene) takeoverStep(name string, do, talk func() error) {
	begun := time.Now()
	o := outcome{Scene: s.name, Step: name}
	if err := do(); err != nil {
		o.Problems = append(o.Problems, err.Error())
	}
	if got, ok := untilTable(takeoverTable, hold, patience); !ok {
		log, _ := os.ReadFile("/var/log/ldirectord.log")
		o.Problems = append(o.Problems, fmt.Sprintf("the table is\n%s\nlog:\n%s", got, log))
	}
	if talk != nil {
		if err := talk(); err != nil {
			o.Problems = append(o.Problems, err.Error())
		}
		if list := ipvsadm("-Ln"); !strings.Contains(list, " 1 0") {
			o.Problems = append(o.Problems, "no server has the connection:\n"+list)
		}
	}
	o.Seconds = time.Since(begun).Seconds()
	s.outcomes = append(s.outcomes, o)
}

// untouched does something and looks whether the table was touched: by its
// listing all the time, by the counters, which begin anew with a server that was
// put back, and by what ours writes in its log for each change.
func (s *scene) untouched(do func() error) error {
	const log = "/var/log/ldirectord.log"
	before, err := os.ReadFile(log)
	if err != nil {
		return err
	}
	counters := ipvsadm("-Ln", "--stats", "--exact")
	ended := make(chan struct{})
	missing := make(chan error, 1)
	go func() { missing <- watchServers(ended) }()
	err = do()
	close(ended)
	if err := firstError(<-missing, err); err != nil {
		return err
	}
	after, err := os.ReadFile(log)
	if err != nil {
		return err
	}
	for _, word := range []string{"Added", "Deleted", "Purged", "Restored", "Quiescent"} {
		if text := string(after[min(len(before), len(after)):]); strings.Contains(text, word) {
			return fmt.Errorf("the table was changed:\n%s", text)
		}
	}
	if conns := firstWords(ipvsadm("-Ln", "--stats", "--exact")); conns != firstWords(counters) {
		return fmt.Errorf("the counters were\n%s\nand are\n%s", firstWords(counters), conns)
	}
	return nil
}

// firstWords is server and number of connections of each line.
func firstWords(listing string) string {
	var b strings.Builder
	for _, line := range strings.Split(listing, "\n") {
		if f := strings.Fields(line); len(f) > 2 {
			b.WriteString(strings.Join(f[:3], " ") + "\n")
		}
	}
	return b.String()
}

// watchServers looks at the kernel's table as often as it can until ended.
func watchServers(ended <-chan struct{}) error {
	for {
		table, err := os.ReadFile("/proc/net/ip_vs")
		if err != nil {
			return err
		}
		for _, server := range []string{"0A030002:0007", "0A030003:0007"} {
			if !strings.Contains(string(table), server) {
				return fmt.Errorf("%s is not in the table:\n%s", server, table)
			}
		}
		select {
		case <-ended:
			return nil
		default:
		}
	}
}

// inNamespace runs a role of this program on another host.
func inNamespace(host, role string) (out *bufio.Reader, in io.Writer, end func(), err error) {
	cmd := exec.Command("ip", "netns", "exec", host, "/share/player")
	cmd.Env = append(os.Environ(), roleVariable+"="+role)
	cmd.Stderr = os.Stdout
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, nil, nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, nil, nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, nil, nil, err
	}
	return bufio.NewReader(stdout), stdin, func() { _ = stdin.Close(); _ = cmd.Wait() }, nil
}

// playEcho is the servers: they give back what they get.
func playEcho() int {
	listener, err := net.Listen("tcp", ":7")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println("ready")
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				_, _ = io.Copy(conn, conn)
			}()
		}
	}()
	_, _ = io.Copy(io.Discard, os.Stdin)
	return 0
}

// playClient sends the lines of its standard input over one connection and
// prints what comes back.
func playClient() int {
	conn, err := net.DialTimeout("tcp", "10.9.0.1:7", patience)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer conn.Close()
	answers := bufio.NewReader(conn)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		_ = conn.SetDeadline(time.Now().Add(patience))
		if _, err := fmt.Fprintln(conn, lines.Text()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		answer, err := answers.ReadString('\n')
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		fmt.Print(answer)
	}
	return 0
}
