package pair

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
)

// process is the handle of an agent.
type process struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser

	mu      sync.Mutex
	last    int
	waiting map[int]chan answer
	ended   chan struct{}
}

// startAgent starts this binary as an agent in new namespaces. Its events go
// to event.
func startAgent(namespaces uintptr, event func(Event)) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{waiting: make(map[int]chan answer), ended: make(chan struct{})}
	p.cmd = &exec.Cmd{
		Path: self, Args: []string{agentName}, Stderr: os.Stderr,
		SysProcAttr: &syscall.SysProcAttr{Cloneflags: namespaces},
	}
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start agent in new namespaces: %w", err)
	}
	go p.listen(out, event)
	return p, nil
}

func (p *process) listen(out io.Reader, event func(Event)) {
	defer close(p.ended)
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var w answer
		if json.Unmarshal(lines.Bytes(), &w) != nil {
			continue
		}
		if w.Event != nil {
			event(*w.Event)
			continue
		}
		p.mu.Lock()
		c := p.waiting[w.ID]
		delete(p.waiting, w.ID)
		p.mu.Unlock()
		if c != nil {
			c <- w
		}
	}
}

var errAgentEnded = errors.New("agent has ended")

// do gives an order and waits until it is carried out.
func (p *process) do(o order) (answer, error) {
	c := make(chan answer, 1)
	p.mu.Lock()
	p.last++
	o.ID = p.last
	p.waiting[o.ID] = c
	text, err := json.Marshal(o)
	if err == nil {
		_, err = p.stdin.Write(append(text, '\n'))
	}
	p.mu.Unlock()
	if err != nil {
		return answer{}, err
	}
	select {
	case w := <-c:
		if w.Err != "" {
			return w, errors.New(w.Err)
		}
		return w, nil
	case <-p.ended:
		return answer{}, errAgentEnded
	}
}

// run runs a command, which must succeed.
func (p *process) run(argv ...string) error {
	w, err := p.do(order{Op: "run", Argv: argv})
	if err == nil && w.Code != 0 {
		err = fmt.Errorf("exit status %d: %s", w.Code, w.Out)
	}
	if err != nil {
		return fmt.Errorf("%v: %w", argv, err)
	}
	return nil
}

// close ends the agent and, of a node, every process in it.
func (p *process) close() {
	_ = p.stdin.Close()
	_ = p.cmd.Process.Kill()
	<-p.ended
	_ = p.cmd.Wait()
}
