package director

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The table with both servers, and without the first.
const (
	bothServers  = "tcp:10.9.0.1:80: 10.1.0.1:80*1 10.1.0.2:80*2"
	secondServer = "tcp:10.9.0.1:80: 10.1.0.2:80*2"
)

// maintained is a director that would look at its maintenancedir once an hour.
func maintained(t *testing.T, dir string) *world {
	t.Helper()
	w := newWorld(t, "maintenancedir="+dir+"\n"+twoServers)
	w.interval = time.Hour
	w.start()
	w.untilTable(bothServers)
	return w
}

func (w *world) do(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// TestMaintenanceTakesEffectAtOnce: nobody waits for the next check. Names of hosts
// are looked up; what names nobody starts no check.
func TestMaintenanceTakesEffectAtOnce(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	dir := filepath.Join(top, "maintenance")
	w := maintained(t, dir)
	file := filepath.Join(dir, "10.1.0.1:80")
	for _, step := range []struct {
		what string
		do   func() error
		want string
	}{
		{"the directory comes", func() error { return os.MkdirAll(dir, 0o755) }, bothServers},
		{"a file is made", func() error { return os.WriteFile(file, nil, 0o644) }, secondServer},
		{"and removed", func() error { return os.Remove(file) }, bothServers},
		{"of the whole host", func() error { return os.WriteFile(filepath.Join(dir, "10.1.0.1"), nil, 0o644) }, secondServer},
		{"moved away", func() error { return os.Rename(filepath.Join(dir, "10.1.0.1"), filepath.Join(top, "x")) }, bothServers},
		{"moved back", func() error { return os.Rename(filepath.Join(top, "x"), filepath.Join(dir, "10.1.0.1")) }, secondServer},
		{"the directory moves", func() error { return os.Rename(dir, dir+".old") }, bothServers},
		{"and comes back", func() error { return os.Rename(dir+".old", dir) }, secondServer},
		{"the directory is removed", func() error { return os.RemoveAll(dir) }, bothServers},
		{"and is a link now", func() error {
			if err := os.Mkdir(dir+".2", 0o755); err != nil {
				return err
			}
			return os.Symlink(dir+".2", dir)
		}, bothServers},
		{"with a file", func() error { return os.WriteFile(file, nil, 0o644) }, secondServer},
	} {
		t.Log(step.what)
		w.do(step.do())
		w.untilTable(step.want)
	}
	if n := w.logged("Real server in maintenance: 10.1.0.1:80"); n == 0 {
		t.Error("the log does not say so")
	}
	before := w.rounds("10.1.0.2:80")
	w.do(os.WriteFile(filepath.Join(dir, "README"), nil, 0o644))
	w.do(os.Remove(file))
	w.untilTable(bothServers)
	if after := w.rounds("10.1.0.2:80"); after != before {
		t.Errorf("%d checks of a server that no file names", after-before)
	}
}

// TestMaintenanceOfANameTakesEffectAtOnce: the file has the name that the address
// has in the reverse.
func TestMaintenanceOfANameTakesEffectAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := newWorld(t, "maintenancedir="+dir+"\n"+strings.Replace(twoServers, "10.1.0.1:80", "127.0.0.1:80", 1))
	w.interval = time.Hour
	w.start()
	w.untilTable("tcp:10.9.0.1:80: 10.1.0.2:80*2 127.0.0.1:80*1")
	w.do(os.WriteFile(filepath.Join(dir, "localhost"), nil, 0o644))
	w.untilTable(secondServer)
}

// TestMaintenanceDoesNotWaitForACheck: a check of a silent server that runs is cut
// short.
func TestMaintenanceDoesNotWaitForACheck(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := newWorld(t, "maintenancedir="+dir+"\n"+twoServers) // checktimeout=30
	w.start()
	w.untilTable(bothServers)
	w.set(w.silent, "10.1.0.1:80", true)
	w.moreRounds("10.1.0.2:80") // by now the other one is asked, too
	w.do(os.WriteFile(filepath.Join(dir, "10.1.0.1:80"), nil, 0o644))
	w.untilTable(secondServer)
	if n := w.logged("Failed real server: 10.1.0.1:80"); n != 0 {
		t.Error("a check that was cut short counts as failed")
	}
}

// TestMaintenancedirOfAReload: the directory that is watched is the one in effect.
func TestMaintenancedirOfAReload(t *testing.T) {
	t.Parallel()
	dir, other := t.TempDir(), t.TempDir()
	w := maintained(t, dir)
	w.write("maintenancedir=" + other + "\n" + twoServers)
	w.d.Reload()
	w.do(os.WriteFile(filepath.Join(other, "10.1.0.1:80"), nil, 0o644))
	w.untilTable(secondServer)
	w.do(os.WriteFile(filepath.Join(dir, "10.1.0.2:80"), nil, 0o644))
	w.write(twoServers)
	w.d.Reload()
	w.untilTable(bothServers)
}

// TestChangesAreTold: who waits for a change is woken by one, and by nothing else.
func TestChangesAreTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "failurecount=2\n"+twoServers)
	w.start()
	w.moreRounds("10.1.0.1:80")
	n := w.d.Changes()
	w.moreRounds("10.1.0.1:80")
	select {
	case <-w.d.Changed(n):
		t.Error("a check that says the same is a change")
	default:
	}
	w.set(w.down, "10.1.0.1:80", true)
	for last := n; w.table() == bothServers; last = w.d.Changes() {
		select {
		case <-w.d.Changed(last):
		case <-time.After(20 * time.Second):
			t.Fatal("nobody tells")
		}
	}
	select {
	case <-w.d.Changed(n):
	default:
		t.Error("what has happened already is waited for")
	}
}
