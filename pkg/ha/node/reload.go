package node

import (
	"os"
	"path/filepath"
	"time"

	"lvsha/pkg/ha/config"
	"lvsha/pkg/system/logging"
)

// watcher remembers when the files of the configuration were last changed.
type watcher struct{ times map[string]time.Time }

func newWatcher(c *config.Config) *watcher {
	w := &watcher{times: make(map[string]time.Time)}
	for _, name := range []string{"ha.cf", "authkeys"} {
		w.changed(c.Dir, name)
	}
	return w
}

// changed reports whether a file is not the one seen last.
func (w *watcher) changed(dir, name string) bool {
	info, err := os.Stat(filepath.Join(dir, name))
	if err != nil {
		return true
	}
	before := w.times[name]
	w.times[name] = info.ModTime()
	return !before.Equal(info.ModTime())
}

// reload reads what may change while the node lives. A bad file changes
// nothing. haresources needs no reload: it is read at every operation.
func (n *node) reload() {
	n.readLosses()
	keys := n.notify.changed(n.Config.Dir, "authkeys")
	if n.notify.changed(n.Config.Dir, "ha.cf") {
		n.reconfigure()
	} else if !keys {
		n.Log.Log(logging.Info, "Configuration unchanged.")
	}
	if !keys {
		return
	}
	n.Log.Log(logging.Info, "Rereading authentication file.")
	ring, report := config.Keys(n.Config.Dir)
	if !report.OK() {
		for _, line := range report.Lines() {
			n.Log.Log(line.Level, line.Text)
		}
		return
	}
	n.keys.Store(ring)
}

// reconfigure checks a changed ha.cf and has it take effect when nothing moves.
func (n *node) reconfigure() {
	next, report := n.Load()
	for _, line := range report.Lines() {
		n.Log.Log(line.Level, line.Text)
	}
	if !report.OK() {
		n.Log.Log(logging.Error, "Config errors: Heartbeat NOT restarted, the configuration as last read stays in force")
		return
	}
	n.Log.Log(logging.Info, "Heartbeat restart triggered.")
	n.next = next
}

// restartInPlace ends this life without giving anything up.
func (n *node) restartInPlace() error {
	n.Log.Log(logging.Info, "Restarting heartbeat.")
	holding := n.core.Holder().Mine()
	if err := n.apply(n.core.AnnounceRestart(time.Now())); err != nil {
		return err
	}
	n.alive.during(n.hooks.drain)
	return &Reconfigured{Config: n.next, Holding: holding, book: n.book}
}
