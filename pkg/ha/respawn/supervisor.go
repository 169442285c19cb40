// Package respawn keeps the clients of ha.cf(5) respawn and failfast running:
// each as its user, in a process group of its own, started again when it ends.
package respawn

import (
	"errors"
	"fmt"
	"os/exec"
	"os/user"
	"strconv"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"lvsha/pkg/system/logging"
)

// killAfter is how long a client has to end after it was asked to.
const killAfter = 5 * time.Second

// Client is a line of ha.cf.
type Client struct {
	User, Command string
	Failfast      bool // its end other than as asked for ends the node
}

// Options are what the clients need.
type Options struct {
	Clients []Client
	Env     []string
	Log     logging.Sink
	// KillAfter is how long a client that is told to stop has to do so; 0 means
	// five seconds.
	KillAfter time.Duration
}

// Supervisor runs the clients.
type Supervisor struct {
	o        Options
	children []*child
	failed   chan string
}

// child is one client and the goroutine that runs it.
type child struct {
	Client
	s    *Supervisor
	quit chan struct{}
	done chan struct{}

	mu  sync.Mutex
	pid int // 0 while it does not run
}

// Start starts the clients in their order.
func Start(o Options) *Supervisor {
	if o.KillAfter == 0 {
		o.KillAfter = killAfter
	}
	s := &Supervisor{o: o, failed: make(chan string, len(o.Clients))}
	for _, c := range o.Clients {
		k := &child{Client: c, s: s, quit: make(chan struct{}), done: make(chan struct{})}
		s.children = append(s.children, k)
		cmd, err := k.start()
		go k.run(cmd, err)
	}
	return s
}

// Failed gives the command of each failfast client that has ended otherwise than
// well.
func (s *Supervisor) Failed() <-chan string {
	if s == nil {
		return nil
	}
	return s.failed
}

// Stop stops the clients, the last one first, and waits for them.
func (s *Supervisor) Stop() {
	if s == nil {
		return
	}
	for i := len(s.children) - 1; i >= 0; i-- {
		s.children[i].stop()
	}
	s.children = nil
}

// start starts the process of a client.
func (k *child) start() (*exec.Cmd, error) {
	cred, err := credentials(k.User)
	if err != nil {
		return nil, err
	}
	logging.Logf(k.s.o.Log, logging.Info, "Starting child client \"%s\" (%d,%d)", k.Command, cred.Uid, cred.Gid)
	cmd := exec.Command("/bin/sh", "-c", "exec "+k.Command)
	cmd.Env = k.s.o.Env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: cred}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	k.mu.Lock()
	k.pid = cmd.Process.Pid
	k.mu.Unlock()
	logging.Logf(k.s.o.Log, logging.Info, "Starting \"%s\" as uid %d  gid %d (pid %d)", k.Command, cred.Uid, cred.Gid, cmd.Process.Pid)
	return cmd, nil
}

// credentials are the ids and all groups of a user.
func credentials(name string) (*syscall.Credential, error) {
	u, err := user.Lookup(name)
	if err != nil {
		return nil, err
	}
	c := new(syscall.Credential)
	for _, id := range []struct {
		text string
		to   *uint32
	}{{u.Uid, &c.Uid}, {u.Gid, &c.Gid}} {
		n, err := strconv.ParseUint(id.text, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("user %s: %w", name, err)
		}
		*id.to = uint32(n)
	}
	groups, err := u.GroupIds()
	if err != nil {
		return nil, fmt.Errorf("groups of user %s: %w", name, err)
	}
	for _, g := range groups {
		if n, err := strconv.ParseUint(g, 10, 32); err == nil {
			c.Groups = append(c.Groups, uint32(n))
		}
	}
	return c, nil
}

// run waits for the end of the client and starts it again, until it is to stop.
func (k *child) run(cmd *exec.Cmd, err error) {
	defer close(k.done)
	var p pace
	for {
		began := time.Now()
		if err != nil {
			logging.Logf(k.s.o.Log, logging.Error, "client %s: %v", k.Command, err)
		} else {
			err = cmd.Wait()
		}
		k.mu.Lock()
		pid := k.pid
		k.pid = 0
		k.mu.Unlock()
		select {
		case <-k.quit:
			return
		default:
		}
		if !k.wanted(pid, err) {
			return
		}
		wait, again := p.ended(time.Since(began))
		if !again {
			logging.Logf(k.s.o.Log, logging.Error, "Client %s \"respawning too fast\"", k.Command)
			return
		}
		logging.Logf(k.s.o.Log, logging.Error, "Respawning client \"%s\":", k.Command)
		pause := time.NewTimer(wait)
		select {
		case <-pause.C:
		case <-k.quit:
			pause.Stop()
			return
		}
		cmd, err = k.start()
	}
}

// wanted says how a client has ended and reports whether it is to run again.
func (k *child) wanted(pid int, err error) bool {
	var exit *exec.ExitError
	code, sig := 0, syscall.Signal(0)
	if errors.As(err, &exit) {
		code = exit.ExitCode()
		if ws, ok := exit.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
			sig = ws.Signal()
		}
	}
	switch {
	case sig != 0:
		logging.Logf(k.s.o.Log, logging.Warn, "Managed %s process %d killed by signal %d [%s - %s].", k.Command, pid, int(sig), unix.SignalName(sig), sig)
	case code != 0:
		logging.Logf(k.s.o.Log, logging.Warn, "Managed %s process %d exited with return code %d.", k.Command, pid, code)
	case err == nil:
		logging.Logf(k.s.o.Log, logging.Info, "Managed %s process %d exited with return code 0.", k.Command, pid)
	}
	if code == noRespawn {
		return false
	}
	if k.Failfast && err != nil {
		k.s.failed <- k.Command
		return false
	}
	return true
}

// stop ends the client and what it has started.
func (k *child) stop() {
	close(k.quit)
	if pid := k.running(); pid != 0 {
		logging.Logf(k.s.o.Log, logging.Info, "killing %s process group %d with signal 15", k.Command, pid)
		_ = syscall.Kill(-pid, syscall.SIGTERM) // it may be gone
	} else {
		logging.Logf(k.s.o.Log, logging.Info, "client [%s] is not running.", k.Command)
	}
	limit := time.NewTimer(k.s.o.KillAfter)
	defer limit.Stop()
	select {
	case <-k.done:
	case <-limit.C:
		if pid := k.running(); pid != 0 {
			logging.Logf(k.s.o.Log, logging.Warn, "killing %s process group %d with signal 9", k.Command, pid)
			_ = syscall.Kill(-pid, syscall.SIGKILL)
		}
		<-k.done
	}
}

func (k *child) running() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.pid
}
