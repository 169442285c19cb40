package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"lvsha/pkg/lvs/director"
	"lvsha/pkg/system/logging"
)

// siblingLimit is how long one command of a further instance may take.
const siblingLimit = 2 * time.Minute

// siblings are the further instances that execute of ldirectord.cf names. Their
// commands run one after the other, and nothing else waits for them.
type siblings struct {
	program string
	log     logging.Sink
	own     func(name string) bool // whether a name is this instance's own file

	mu    sync.Mutex
	names []string // as last read
	begin string   // the command that begins an instance: start, or standby like this one
	queue chan func()
	ended chan struct{}
}

func (a *app) newSiblings(log logging.Sink) *siblings {
	program, err := os.Executable()
	if err != nil {
		program = a.args[0]
	}
	s := &siblings{
		program: program, log: log, own: a.isOwn, begin: "start",
		queue: make(chan func(), 16), ended: make(chan struct{}),
	}
	go func() {
		defer close(s.ended)
		for job := range s.queue {
			job()
		}
	}()
	return s
}

// isOwn says whether a name means this instance's own file, which would start
// and stop itself.
func (a *app) isOwn(name string) bool {
	path, _ := a.site.find(name)
	return path == a.path
}

// start starts the instances of a configuration that has just begun to run.
func (s *siblings) start(names []string) {
	s.set(names)
	s.each(names, func(name string) { _ = s.command(name, s.beginning()) })
}

// activate has the instances that stand by take their tables over.
func (s *siblings) activate() {
	s.mu.Lock()
	s.begin = "start"
	names := s.names
	s.mu.Unlock()
	s.start(names)
}

func (s *siblings) beginning() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.begin
}

// reload has the instances read their files again, and starts those that do not
// run.
func (s *siblings) reload(names []string) {
	s.set(names)
	s.each(names, func(name string) {
		if s.command(name, "reload") != nil {
			_ = s.command(name, s.beginning())
		}
	})
}

// stop stops the instances and waits for that.
func (s *siblings) stop() {
	s.mu.Lock()
	names := s.names
	s.mu.Unlock()
	close(s.queue)
	<-s.ended
	for _, name := range names {
		_ = s.command(name, "stop") // which logs what is wrong
	}
}

func (s *siblings) set(names []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.names = names
}

// each queues f for every name. The director must not wait: what does not fit
// behind a command that hangs is dropped, but for the stop.
func (s *siblings) each(names []string, f func(name string)) {
	job := func() {
		for _, name := range names {
			f(name)
		}
	}
	select {
	case s.queue <- job:
	default:
		s.log.Log(logging.Warn, "too many commands wait for the instances of execute")
	}
}

// command runs a command of an instance. A failure is logged.
func (s *siblings) command(name, command string) error {
	words := strings.Fields(name)
	if len(words) == 0 || s.own(words[len(words)-1]) {
		err := fmt.Errorf("execute=%q means this very instance", name)
		s.log.Log(logging.Warn, err.Error())
		return err
	}
	err := sibling(s.program, words, command, nil, nil)
	if err != nil {
		logging.Logf(s.log, logging.Warn, "ldirectord %s %s failed: %v", name, command, err)
	}
	return err
}

// sibling runs one command of an instance; words are its file and options.
func sibling(program string, words []string, command string, stdout, stderr io.Writer) error {
	ctx, cancel := context.WithTimeout(context.Background(), siblingLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, append(words, command)...)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = time.Second
	return cmd.Run()
}

// siblingStatus passes on what the further instances say. Their exit statuses
// do not count.
func (a *app) siblingStatus() {
	loaded, _ := director.Load(a.path, readOnly)
	program, err := os.Executable()
	if loaded == nil || err != nil {
		return
	}
	for _, name := range loaded.Config.Global.Execute {
		words := strings.Fields(name)
		if len(words) > 0 && !a.isOwn(words[len(words)-1]) {
			_ = sibling(program, words, "status", a.stdout, a.stderr)
		}
	}
}
