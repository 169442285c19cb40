package daemon

import (
	"net"
	"os"
	"strconv"
	"time"
)

// What the service manager is told; see sd_notify(3).
const (
	NotifyReady    = "READY=1"
	NotifyStopping = "STOPPING=1"
	notifyAlive    = "WATCHDOG=1"
)

// Notifier talks to the service manager that started the process, if it wants
// to hear.
type Notifier struct {
	addr  string
	every time.Duration // between two signs of life; 0 if none are wanted
	next  time.Time
}

// NewNotifier reads who wants to hear what from the environment and takes it out
// of there: what the process starts is not to speak for it.
func NewNotifier() *Notifier {
	n := &Notifier{addr: os.Getenv("NOTIFY_SOCKET")}
	usec, err := strconv.ParseInt(os.Getenv("WATCHDOG_USEC"), 10, 64)
	pid := os.Getenv("WATCHDOG_PID")
	if err == nil && usec > 0 && (pid == "" || pid == strconv.Itoa(os.Getpid())) {
		// A quarter of the limit: two signs may be late.
		n.every = time.Duration(usec) * time.Microsecond / 4
	}
	for _, name := range []string{"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"} {
		_ = os.Unsetenv(name) // fails for malformed names only
	}
	return n
}

// Tell passes on a state. Nobody may be there to hear it, which is no error.
func (n *Notifier) Tell(state string) {
	if n.addr == "" {
		return
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: n.addr, Net: "unixgram"})
	if err != nil {
		return
	}
	_, _ = conn.Write([]byte(state))
	_ = conn.Close()
}

// Every is how often Alive is wanted, 0 if it is not.
func (n *Notifier) Every() time.Duration { return n.every }

// Alive is a sign of life for WatchdogSec of systemd.service(5). It may be given
// more often than is wanted.
func (n *Notifier) Alive(now time.Time) {
	if n.every == 0 || now.Before(n.next) {
		return
	}
	n.next = now.Add(n.every)
	n.Tell(notifyAlive)
}
