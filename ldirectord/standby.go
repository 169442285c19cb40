package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"lvsha/pkg/lvs/director"
	"lvsha/pkg/system/daemon"
	"lvsha/pkg/system/logging"
)

// standBy runs the daemon with its checks alone; start has it take the table
// over. A daemon that runs already is left as it is.
func (a *app) standBy() int {
	if _, state := a.running(); state == daemon.Running {
		return statusOK
	}
	return a.launch()
}

// modeLimit is how long status waits for a daemon that does not answer: it has
// always said at once whether there is one.
const modeLimit = 2 * time.Second

// mode is what the daemon that runs does. One that does not answer in time has the
// table; of one that cannot be asked it is not known.
func (a *app) mode() string {
	ctx, cancel := context.WithTimeout(context.Background(), modeLimit)
	defer cancel()
	status, text, err := ask(ctx, a.socket(), modeRequest)
	switch {
	case ctx.Err() != nil:
		return modeActive
	case err != nil || status != statusOK:
		return modeSilent
	}
	return text
}

// serving is what the daemon of this instance does: it has the table or stands by.
// Empty if there is none or it is ending. The original, which cannot be asked, has
// the table.
func (a *app) serving() string {
	if _, state := a.running(); state != daemon.Running {
		return ""
	}
	switch mode := a.mode(); {
	case mode == modeStandby:
		return modeStandby
	case mode == modeEnding, mode == modeSilent && a.ended():
		return ""
	}
	return modeActive
}

// endLimit is how long a daemon may take to end once it cannot be asked any more.
const endLimit = 2 * time.Second

// ended waits for the end of a daemon that cannot be asked, and reports whether it
// came. The original does not hold the lock and goes on; so may one that holds it
// and could not open its socket.
func (a *app) ended() bool {
	ctx, cancel := context.WithTimeout(context.Background(), endLimit)
	defer cancel()
	if lock, err := daemon.WaitLock(ctx, a.lockFile()); err == nil {
		_ = lock.Release()
	}
	_, state := a.running()
	return state != daemon.Running
}

// stands says whether the daemon that runs leaves the table alone.
func (a *app) stands() bool { return a.mode() == modeStandby }

// takeOver has the daemon that stands by take the table over.
func (a *app) takeOver() int {
	status, text := a.activation()
	if text != "" {
		fmt.Fprintln(a.stderr, text)
	}
	return status
}

func (a *app) activation() (status int, text string) {
	status, text, err := request(a.socket(), activateRequest)
	if err != nil {
		return statusFailed, fmt.Sprintf("ldirectord for %s stands by and does not take over: %v", a.path, err)
	}
	return status, strings.TrimSuffix(text, "\n")
}

// activateAnswer has the director take the table over, and the further instances
// too.
func activateAnswer(d *director.Director, further *siblings) (status int, text string) {
	standby, err := d.Standby()
	if err == nil && standby {
		err = d.Activate()
	}
	if err != nil {
		return statusFailed, "ldirectord: " + err.Error() + "\n"
	}
	if standby {
		further.activate()
	}
	return statusOK, ""
}

func modeAnswer(d *director.Director) (status int, text string) {
	switch standby, err := d.Standby(); {
	case err != nil:
		return statusOK, modeEnding
	case standby:
		return statusOK, modeStandby
	}
	return statusOK, modeActive
}

// noteStandby logs what the daemon will and will not do.
func (a *app) noteStandby(l logging.Sink) {
	if a.command == standbyCommand {
		logging.Logf(l, logging.Info, "Standing by with pid: %d. The real servers are checked, the table is left alone until a start", os.Getpid())
	}
}
