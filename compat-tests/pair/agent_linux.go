package pair

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"
)

// Agent runs this process as an agent, if it has been started as one, and does
// not return then.
func Agent() {
	if filepath.Base(os.Args[0]) != agentName {
		return
	}
	a := &agent{out: json.NewEncoder(os.Stdout), kids: make(map[int]chan syscall.WaitStatus)}
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, unix.SIGCHLD) // before the first child can end
	go a.reap(ended)
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		var o order
		if err := json.Unmarshal(in.Bytes(), &o); err != nil {
			fmt.Fprintln(os.Stderr, "agent:", err)
			os.Exit(1)
		}
		go a.obey(o)
	}
	// Standard input has ended: so has the test. The end of process 1 is the
	// end of all processes of the node.
	os.Exit(0)
}

// agent carries out orders inside the namespaces. Of a node it is process 1.
type agent struct {
	sayMu sync.Mutex
	out   *json.Encoder

	kidsMu sync.Mutex
	kids   map[int]chan syscall.WaitStatus

	taps     sync.Once
	flooding atomic.Int32 // counts the orders to flood
	percent  atomic.Int32 // of the datagrams that come again
}

func (a *agent) say(w answer) {
	a.sayMu.Lock()
	defer a.sayMu.Unlock()
	if err := a.out.Encode(w); err != nil {
		os.Exit(1) // nobody listens any more
	}
}

func (a *agent) tell(e Event) { a.say(answer{Event: &e}) }

func (a *agent) obey(o order) {
	w := answer{ID: o.ID}
	var err error
	switch o.Op {
	case "setup":
		err = o.Spec.apply()
	case "run":
		w.Code, w.Out, err = a.run(o.Argv, o.Env)
	case "signal":
		// All processes of this pid namespace but this one.
		if err = unix.Kill(-1, unix.Signal(o.Num)); err == unix.ESRCH {
			err = nil
		}
	case "watch":
		err = a.watch(o.Text, o.Pids)
	case "sniff":
		err = a.sniff(o.Text)
	case "probe":
		err = a.probe(o.Text)
	case "flood":
		err = a.flood(strings.Fields(o.Text), o.Num)
	case "disturb":
		err = a.disturb(strings.Fields(o.Text), o.Num)
	default:
		err = fmt.Errorf("unknown order %q", o.Op)
	}
	if err != nil {
		w.Err = fmt.Sprintf("%s: %v", o.Op, err)
	}
	a.say(w)
}

// reap takes the status of every child, as process 1 must.
func (a *agent) reap(ended <-chan os.Signal) {
	for range ended {
		a.kidsMu.Lock()
		for {
			var ws syscall.WaitStatus
			pid, err := syscall.Wait4(-1, &ws, syscall.WNOHANG, nil)
			if err == syscall.EINTR {
				continue
			}
			if err != nil || pid <= 0 {
				break
			}
			if c := a.kids[pid]; c != nil {
				c <- ws
				delete(a.kids, pid)
			}
		}
		a.kidsMu.Unlock()
	}
}

// run runs a command to its end. Its output goes to a file, because what it
// leaves running may keep it open.
func (a *agent) run(argv []string, env map[string]string) (int, string, error) {
	out, err := os.CreateTemp("", "pair-")
	if err != nil {
		return 0, "", err
	}
	defer out.Close()
	if err := os.Remove(out.Name()); err != nil {
		return 0, "", err
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return 0, "", err
	}
	defer null.Close()
	vars := []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
	for k, v := range env {
		vars = append(vars, k+"="+v)
	}
	done := make(chan syscall.WaitStatus, 1)
	a.kidsMu.Lock()
	p, err := os.StartProcess(argv[0], argv, &os.ProcAttr{
		Dir: "/", Env: vars, Files: []*os.File{null, out, out}, Sys: &syscall.SysProcAttr{Setpgid: true},
	})
	if err != nil {
		a.kidsMu.Unlock()
		return 0, "", err
	}
	a.kids[p.Pid] = done
	a.kidsMu.Unlock()
	ws := <-done
	code := ws.ExitStatus()
	if ws.Signaled() {
		code = 128 + int(ws.Signal())
	}
	text := make([]byte, 64<<10)
	n, _ := out.ReadAt(text, 0)
	return code, string(text[:n]), nil
}

// apply makes the mounts and the host name.
func (s *spec) apply() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	if os.Getpid() == 1 {
		if err := unix.Mount("proc", "/proc", "proc", 0, ""); err != nil {
			return fmt.Errorf("mount proc: %w", err)
		}
	}
	for _, dir := range s.Tmpfs {
		if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "mode=755"); err != nil {
			return fmt.Errorf("mount tmpfs on %s: %w", dir, err)
		}
	}
	for _, b := range s.Binds {
		if err := unix.Mount(b.From, b.To, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
			return fmt.Errorf("bind %s to %s: %w", b.From, b.To, err)
		}
	}
	if s.Host != "" {
		return unix.Sethostname([]byte(s.Host))
	}
	return nil
}
