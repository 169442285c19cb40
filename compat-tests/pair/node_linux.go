package pair

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// The names of the two nodes. haresources names the first.
const (
	Master  = "master"
	Standby = "standby"
)

// Program is which heartbeat a node runs.
type Program uint8

// The programs.
const (
	Original Program = iota // heartbeat 3.0.6 of Debian
	Ours
)

// String says old or new.
func (p Program) String() string { return [...]string{"old", "new"}[p] }

// logName is the log file in /var/log that ha.cf names.
const logName = "ha.log"

// Node is one director.
type Node struct {
	Name    string
	Program Program
	// Dir is the node's own directory on this machine, with etc (its
	// /etc/ha.d), lib (/var/lib/heartbeat) and log (/var/log).
	Dir string

	pair     *Pair
	agent    *process
	follower *follower
	port     string // its end of the cable at the bridge
}

// directories makes the node's own files, all but its configuration, and says how
// they are mounted.
func (n *Node) directories(o Options) (*spec, error) {
	for _, d := range []string{"etc", "lib", "log"} {
		if err := os.MkdirAll(filepath.Join(n.Dir, d), 0o755); err != nil {
			return nil, err
		}
	}
	etc, s := filepath.Join(n.Dir, "etc"), &spec{Host: n.Name, Tmpfs: []string{"/run"}}
	s.Binds = []bind{
		{etc, "/etc/ha.d"},
		{filepath.Join(n.Dir, "lib"), "/var/lib/heartbeat"},
		{filepath.Join(n.Dir, "log"), "/var/log"},
	}
	from := "/"
	if n.Program == Ours {
		from = o.Stage
		// What the original has besides must not help ours.
		s.Binds = append(s.Binds,
			bind{filepath.Join(from, "usr/share/heartbeat"), "/usr/share/heartbeat"},
			bind{filepath.Join(from, "usr/libexec/heartbeat"), "/usr/libexec/heartbeat"},
			bind{filepath.Join(from, "etc/init.d/heartbeat"), "/etc/init.d/heartbeat"},
			bind{filepath.Join(from, "usr/sbin/ldirectord"), "/usr/sbin/ldirectord"},
		)
	} else if err := copyTree("/var/lib/heartbeat", filepath.Join(n.Dir, "lib")); err != nil {
		return nil, err
	}
	if err := copyTree(filepath.Join(from, "etc/ha.d"), etc); err != nil {
		return nil, err
	}
	if n.Program == Original && o.OurAgents {
		// The original is where the link of an installation leads to.
		script := filepath.Join(etc, "resource.d/IPaddr2")
		if err := run("cp", "--remove-destination", filepath.Join(o.Stage, "usr/libexec/heartbeat/heartbeat"), script); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// configure writes the three files of /etc/ha.d.
func (n *Node) configure(o Options) error {
	peer, failback := n.peer(), o.Failback[0]
	if n.Name == Standby {
		failback = o.Failback[1]
	}
	files := map[string]string{
		"ha.cf": fmt.Sprintf(`debugfile /var/log/ha-debug.log
logfile /var/log/%s
keepalive %s
warntime %s
deadtime %s
initdead %s
udpport 694
auto_failback %s
node %s
node %s
%s
`, logName, o.Keepalive, millis(o.Deadtime*3/4), millis(o.Deadtime), millis(o.Initdead), failback, Master, Standby, peer.media(o)),
		"haresources": Master + " " + strings.Join(o.Resources, " ") + "\n",
		"authkeys":    cmp.Or(o.AuthKeys, "auth 2\n2 sha1 lvs\n"),
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(n.Dir, "etc", name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// media are the media lines of the other node's ha.cf.
func (n *Node) media(o Options) string {
	lines := append([]string(nil), o.Extra...)
	if len(o.Media) == 0 {
		lines = append(lines, "ucast eth0 PEER")
	}
	lines = append(lines, o.Media...)
	tty := ""
	if n.pair.serial != nil {
		tty = n.peer().TTY()
	}
	return strings.NewReplacer("PEER6", n.addr6(), "PEER2", n.addr2(), "PEER", n.addr(), "ROUTER", Router, "TTY", tty).Replace(strings.Join(lines, "\n"))
}

// TTY is the node's end of the serial cable.
func (n *Node) TTY() string {
	if n.Name == Master {
		return n.pair.serial.line(0)
	}
	return n.pair.serial.line(1)
}

// peer is the other node.
func (n *Node) peer() *Node {
	if n.Name == Master {
		return n.pair.Standby
	}
	return n.pair.Master
}

func millis(d time.Duration) string { return fmt.Sprintf("%dms", d.Milliseconds()) }

func (n *Node) addr() string {
	if n.Name == Master {
		return "10.77.0.2"
	}
	return "10.77.0.3"
}

func (n *Node) addr6() string { return strings.Replace(n.addr(), "10.77.0.", "fd77::", 1) }

// addr2 is its address on eth1.
func (n *Node) addr2() string { return strings.Replace(n.addr(), "10.77.0.", "10.78.0.", 1) }

// second is the bridge's end of the node's second cable.
func (n *Node) second() string { return n.port + "b" }

// copyTree copies what is in from into the directory to, with links and modes.
func copyTree(from, to string) error {
	return run("cp", "-a", from+"/.", to)
}

// Run runs a command on the node and gives its output and exit status.
func (n *Node) Run(argv ...string) (string, int, error) {
	w, err := n.agent.do(order{Op: "run", Argv: argv})
	return w.Out, w.Code, err
}

// Start runs the init script's start.
func (n *Node) Start() error { return n.agent.run("/etc/init.d/heartbeat", "start") }

// Stop runs the init script's stop, which returns when heartbeat has ended.
func (n *Node) Stop() error { return n.agent.run("/etc/init.d/heartbeat", "stop") }

// Kill ends every process of the node with SIGKILL. Its addresses stay.
func (n *Node) Kill() error { return n.fault("kill", unix.SIGKILL) }

// Freeze stops every process of the node.
func (n *Node) Freeze() error { return n.fault("freeze", unix.SIGSTOP) }

// Thaw lets them go on.
func (n *Node) Thaw() error { return n.fault("thaw", unix.SIGCONT) }

// Sh runs shell commands on the node, which must succeed.
func (n *Node) Sh(commands string) error { return n.agent.run("/bin/sh", "-ec", commands) }

// Sysconfig gives a node of ours a file of settings. What is mounted in /etc is put
// into it again.
func (n *Node) Sysconfig(stage, text string) error {
	return n.agent.run("/bin/sh", "-ec", `mkdir -p /run/etc/upper /run/etc/work
mount -t overlay overlay -o lowerdir=/etc,upperdir=/run/etc/upper,workdir=/run/etc/work /etc
mount --bind "$1/etc" /etc/ha.d
mount --bind "$2/etc/init.d/heartbeat" /etc/init.d/heartbeat
mkdir -p /etc/sysconfig
printf '%s' "$3" >/etc/sysconfig/heartbeat`, "sh", n.Dir, stage, text)
}

// Note writes down that something is done to the node.
func (n *Node) Note(what string) {
	n.pair.History.add(Event{At: time.Now(), Kind: Fault, Node: n.Name, Text: what})
}

func (n *Node) fault(what string, sig unix.Signal) error {
	n.Note(what)
	_, err := n.agent.do(order{Op: "signal", Num: int(sig)})
	return err
}

// CutLink takes the node's cable off the bridge's end: no carrier on either.
func (n *Node) CutLink() error {
	n.Note("cut link")
	return n.pair.hub.run("/usr/sbin/ip", "link", "set", n.port, "down")
}

// HealLink puts it back. Overlaps are excused until Settled.
func (n *Node) HealLink() error {
	n.Note("heal link")
	return n.pair.hub.run("/usr/sbin/ip", "link", "set", n.port, "up")
}

// CutSecond takes the cable of eth1 off. The nodes go on to
// hear each other on eth0.
func (n *Node) CutSecond() error {
	return n.pair.hub.run("/usr/sbin/ip", "link", "set", n.second(), "down")
}

// HealSecond puts the cable of eth1 back.
func (n *Node) HealSecond() error {
	return n.pair.hub.run("/usr/sbin/ip", "link", "set", n.second(), "up")
}

// WaitLine waits for a line in the node's log that contains text, after a mark.
func (n *Node) WaitLine(ctx context.Context, m Mark, text string) error {
	_, err := n.pair.History.Wait(ctx, m, func(e Event) bool {
		return e.Kind == Line && e.Node == n.Name && strings.Contains(e.Text, text)
	})
	if err != nil {
		return fmt.Errorf("log of %s: waiting for %q: %w", n.Name, text, err)
	}
	return nil
}

// MAC is the hardware address of the node's interface, fixed by the harness.
func (n *Node) MAC() string {
	if n.Name == Master {
		return "02:00:00:00:00:02"
	}
	return "02:00:00:00:00:03"
}

// Logs gives the node's log file.
func (n *Node) Logs() string {
	text, err := os.ReadFile(filepath.Join(n.Dir, "log", logName))
	if err != nil {
		return err.Error()
	}
	return string(text)
}
