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
	keys := n.notify.changed(n.Config.Dir, "authkeys")
	if n.notify.changed(n.Config.Dir, "ha.cf") {
		n.Log.Log(logging.Warn, "ha.cf has changed: it takes effect when heartbeat is restarted.")
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
