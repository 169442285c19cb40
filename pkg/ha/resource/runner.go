package resource

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"lvsha/pkg/ha/config"
	"lvsha/pkg/system/logging"
)

// stopRetryMax is how often a failed stop is repeated, HA_STOPRETRYMAX.
const stopRetryMax = 10

// retryPause is between two tries of a stop.
const retryPause = time.Second

// Runner starts and stops groups, one at a time: calls of Start and Stop wait
// for each other.
type Runner struct {
	// Dirs are searched for scripts; none means /etc/ha.d/resource.d and
	// /etc/init.d.
	Dirs []string
	// Env is the whole environment of the scripts. HA_RESOURCEDIR in it takes
	// the place of the first directory, HA_DEBUGLOG takes their output.
	Env []string
	// Log takes the lines that administrators know from ResourceManager.
	Log logging.Sink
	// Agents run IPaddr, IPaddr2 and IPv6addr in this process. nil: as any script.
	Agents *Agents
	// StopRetryMax is how often a failed stop is repeated, a second apart. 0
	// means 10; below 0 there is no limit (ha.cf "env STOPRETRYMAX=0").
	StopRetryMax int
	// StandbyChecks has ldirectord check its real servers while the group is
	// elsewhere (StandBy).
	StandbyChecks bool
	// Timeout bounds one run of a script; 0 means no bound.
	Timeout time.Duration
	// Self is this program: a script that is the same file runs in process.
	// "" means os.Executable.
	Self string
	// Root goes before the paths of systemd; "" is the machine's own.
	Root string

	turn    sync.Mutex // held while a group starts or stops
	ready   sync.Map   // words that Prepare has started
	pause   time.Duration
	respell sync.Map // misspelt script names that have been warned of
}

// State says how much of a group runs.
type State uint8

// The states of a group.
const (
	None State = iota
	Some
	All
)

// String returns the state as ResourceManager prints it.
func (s State) String() string { return [...]string{"NONE", "SOME", "ALL"}[s] }

// StartError says which resource did not start. The group has been stopped.
type StartError struct {
	Word string
	Code int   // exit status
	Stop error // how the stop of the group ended, nil or *StopError
}

// Error names the resource and its exit status.
func (e *StartError) Error() string {
	return fmt.Sprintf("start %s: return code %d", e.Word, e.Code)
}

// Unwrap gives the error of the stop.
func (e *StartError) Unwrap() error { return e.Stop }

// StopError says that a resource did not stop. Of several it is the first that
// still runs, else the first.
type StopError struct {
	Word         string
	Code         int
	StillRunning bool // its status says so; false: the stop is only badly made
}

// Error names the resource and whether it runs.
func (e *StopError) Error() string {
	state := "not running"
	if e.StillRunning {
		state = "still running"
	}
	return fmt.Sprintf("stop %s: return code %d, %s", e.Word, e.Code, state)
}

// ExitCode is the status with which a command ends that did what returned err:
// 0, or that of the script that failed. A stop whose resource does not run is no
// failure.
func ExitCode(err error) int {
	var start *StartError
	var stop *StopError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &start):
		return start.Code
	case errors.As(err, &stop):
		if stop.StillRunning {
			return stop.Code
		}
		return 0
	}
	return 1
}

func (r *Runner) logf(level logging.Level, format string, args ...any) {
	if r.Log != nil {
		logging.Logf(r.Log, level, format, args...)
	}
}

// words are a group as its log lines name it.
func words(g config.Group) string {
	w := []string{g.Node}
	for _, res := range g.Resources {
		w = append(w, res.Word)
	}
	return strings.Join(w, " ")
}

// Start starts a group from left to right. A resource that runs already is left
// alone, but an address is announced in any case. If one fails, the whole group
// is stopped and the error is a *StartError. When ctx ends, the script that runs
// is killed and the group stays as it is.
func (r *Runner) Start(ctx context.Context, g config.Group) error {
	r.turn.Lock()
	defer r.turn.Unlock()
	r.logf(logging.Info, "Acquiring resource group: %s", words(g))
	for _, res := range g.Resources {
		u := r.unit(res)
		if _, prepared := r.ready.LoadAndDelete(res.Word); prepared {
			continue
		}
		if !startAlways(u) && r.runs(ctx, u) {
			r.announce(u)
			continue
		}
		code := r.do(ctx, u, "start")
		if ctx.Err() != nil {
			return fmt.Errorf("start %s: %w", res.Word, ctx.Err())
		}
		if code == 0 {
			if !u.agent {
				r.announce(u)
			}
			continue
		}
		r.logf(logging.Crit, "Giving up resources due to failure of %s", res.Word)
		return &StartError{Word: res.Word, Code: code, Stop: r.stop(ctx, g)}
	}
	return nil
}

// startAlways says that a start needs no question before it. What ldirectord
// prints for status was never taken for "running", so that its start, which does
// nothing when it runs, has always been called.
func startAlways(u unit) bool { return u.Script == ldirectord }

// ldirectord is the one resource that may run on both nodes of a pair: without
// the address no packet reaches its table.
const ldirectord = "ldirectord"

// Prepare starts what stands first in the group and may run while another node
// still holds the rest, so that the Start that will follow finds it running. A
// failure is left to that Start; a Stop undoes it.
func (r *Runner) Prepare(ctx context.Context, g config.Group) {
	r.turn.Lock()
	defer r.turn.Unlock()
	for _, res := range g.Resources {
		u := r.unit(res)
		if u.Script != ldirectord || r.do(ctx, u, "start") != 0 {
			return
		}
		r.ready.Store(res.Word, true)
	}
}

// StandBy has the ldirectord of a group that is not held here go on with its
// checks alone, so that a Start finds the state of the servers known. It does
// nothing without StandbyChecks; what fails is in the log, and left to the Start.
func (r *Runner) StandBy(ctx context.Context, g config.Group) {
	if !r.StandbyChecks {
		return
	}
	r.turn.Lock()
	defer r.turn.Unlock()
	for _, res := range g.Resources {
		if u := r.unit(res); u.Script == ldirectord && u.err == nil && ctx.Err() == nil {
			r.do(ctx, u, "standby")
		}
	}
}

// announce tells the neighbours of an address, whoever has configured it.
func (r *Runner) announce(u unit) bool {
	if r.Agents == nil || !IsAddress(u.Script) || len(u.Args) != 1 {
		return false
	}
	return r.Agents.address(u.Script, u.Args[0]).reannounce()
}

// Reannounce announces every address of the group that is up, from the beginning
// of the schedule.
func (r *Runner) Reannounce(g config.Group) {
	for _, res := range g.Resources {
		if u := r.unit(res); u.err == nil {
			r.announce(u)
		}
	}
}

// Stop stops a group from right to left, also what does not run. A stop that
// fails is repeated. The error is a *StopError.
func (r *Runner) Stop(ctx context.Context, g config.Group) error {
	r.turn.Lock()
	defer r.turn.Unlock()
	return r.stop(ctx, g)
}

// Release is Stop but for the resources at the head of the group that may run
// on both nodes at once: the other node can take the group when it returns.
// StopShared stops the rest.
func (r *Runner) Release(ctx context.Context, g config.Group) error {
	r.turn.Lock()
	defer r.turn.Unlock()
	r.logf(logging.Info, "Releasing resource group: %s", words(g))
	return r.stopRange(ctx, g, r.shared(g), len(g.Resources))
}

// StopShared stops what Release has left.
func (r *Runner) StopShared(ctx context.Context, g config.Group) error {
	r.turn.Lock()
	defer r.turn.Unlock()
	return r.stopRange(ctx, g, 0, r.shared(g))
}

// shared counts the resources at the head of a group that may run on both nodes.
func (r *Runner) shared(g config.Group) int {
	n := 0
	for n < len(g.Resources) && r.unit(g.Resources[n]).Script == ldirectord {
		n++
	}
	return n
}

func (r *Runner) stop(ctx context.Context, g config.Group) error {
	r.logf(logging.Info, "Releasing resource group: %s", words(g))
	return r.stopRange(ctx, g, 0, len(g.Resources))
}

// stopRange stops the resources from the one before end down to begin.
func (r *Runner) stopRange(ctx context.Context, g config.Group, begin, end int) error {
	var first *StopError
	for i := end - 1; i >= begin; i-- {
		u := r.unit(g.Resources[i])
		r.ready.Delete(u.Word)
		code, err := r.stopOne(ctx, u)
		if err != nil {
			return err
		}
		if code == 0 {
			continue
		}
		e := &StopError{Word: u.Word, Code: code, StillRunning: r.runs(ctx, u)}
		if !e.StillRunning {
			r.logf(logging.Error, "Resource script for %s probably not LSB-compliant.", u.Word)
			r.logf(logging.Warn, "it (%s) MUST succeed on a stop when already stopped", u.Word)
			r.logf(logging.Warn, "Machine reboot narrowly avoided!")
		} else {
			r.logf(logging.Crit, "Resource STOP failure. Reboot required!")
		}
		if first == nil || e.StillRunning && !first.StillRunning {
			first = e
		}
	}
	if first == nil {
		return nil
	}
	return first
}

// stopOne stops a resource with its repetitions.
func (r *Runner) stopOne(ctx context.Context, u unit) (int, error) {
	limit, pause := r.StopRetryMax, r.pause
	if limit == 0 {
		limit = stopRetryMax
	}
	if pause == 0 {
		pause = retryPause
	}
	for try := 0; ; try++ {
		code := r.do(ctx, u, "stop")
		if ctx.Err() != nil {
			return code, fmt.Errorf("stop %s: %w", u.Word, ctx.Err())
		}
		// A script that is not there will not be there in a second either.
		if code == 0 || u.err != nil || limit > 0 && try >= limit {
			return code, nil
		}
		wait := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			wait.Stop()
			return code, fmt.Errorf("stop %s: %w", u.Word, ctx.Err())
		case <-wait.C:
		}
		r.logf(logging.Info, "Retrying failed stop operation [%s]", u.Word)
	}
}

// Status says how much of a group runs. It changes and announces nothing.
func (r *Runner) Status(ctx context.Context, g config.Group) State {
	up := 0
	for _, res := range g.Resources {
		if r.runs(ctx, r.unit(res)) {
			up++
		}
	}
	switch {
	case up == 0:
		return None
	case up == len(g.Resources):
		return All
	}
	return Some
}

// Check finds what would make a start of the group fail, without running
// anything. The errors name the line of haresources.
func (r *Runner) Check(g config.Group) []error {
	var errs []error
	for _, res := range g.Resources {
		u := r.unit(res)
		err := u.err
		if err == nil && u.agent {
			err = r.Agents.address(u.Script, u.Args[0]).check()
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("haresources:%d: %s: %w", g.Line, res.Word, err))
		}
	}
	if len(g.Resources) == 0 {
		errs = append(errs, fmt.Errorf("haresources:%d: %w", g.Line, errors.New("no resource after the node name")))
	}
	return errs
}
