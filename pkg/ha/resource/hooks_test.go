package resource

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// hookDir makes an /etc/ha.d with scripts in rc.d.
func hookDir(t *testing.T, scripts map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	must(t, os.Mkdir(filepath.Join(dir, "rc.d"), 0o755))
	for name, text := range scripts {
		must(t, os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+text), 0o755))
	}
	return dir
}

const tellAll = `echo "$0 $*" >>"$OUT"; env | grep '^HA_' | sort >>"$OUT"` + "\n"

func TestHooks(t *testing.T) {
	dir := hookDir(t, map[string]string{"rc.d/status": tellAll, "rc.d/site": tellAll, "rc.d/ip-request": tellAll, "rc.d/.hidden": tellAll})
	out := filepath.Join(dir, "out")
	log := &journal{}
	h := OpenHooks(dir, []string{"PATH=/usr/bin:/bin", "OUT=" + out, "HA_FUNCS=/funcs", "HA_FIFO=/fifo"}, 0, log)
	if h.Has("none") || h.Has(".hidden") || !h.Has("site") || !h.Has("status") {
		t.Error("names")
	}
	run := func(kind string, fields ...[2]string) []string {
		t.Helper()
		_ = os.Remove(out)
		h.Run(context.Background(), kind, fields)
		return strings.Split(strings.TrimSpace(read(t, dir, "out")), "\n")
	}
	got := run("status", [2]string{"t", "status"}, [2]string{"st", "dead"}, [2]string{"FUNCS", "/evil"}, [2]string{"a b", "x"}, [2]string{"st", "again"})
	want := []string{dir + "/rc.d/status status", "HA_DAEMON_DOES=mach_down req_resource takegroup givegroup", "HA_FIFO=/fifo", "HA_FUNCS=/funcs", "HA_st=dead", "HA_t=status"}
	if !slices.Equal(got, want) {
		t.Errorf("status: %q, want %q", got, want)
	}
	if got, want := run("site"), []string{dir + "/rc.d/site site", "HA_FIFO=/fifo", "HA_FUNCS=/funcs"}; !slices.Equal(got, want) {
		t.Errorf("site: %q, want %q", got, want)
	}
	if got := run("ip-request"); !slices.Contains(got, "HA_FIFO=/dev/null") {
		t.Errorf("ip-request: %q", got)
	}
	if !strings.Contains(log.text(), "info: Running "+dir+"/rc.d/site site") {
		t.Errorf("log: %s", log.text())
	}

	// harc, if it is there, is what runs them.
	must(t, os.WriteFile(filepath.Join(dir, "harc"), []byte("#!/bin/sh\necho \"harc $*\" >>\"$OUT\"\n"), 0o755))
	if got := run("site"); !slices.Equal(got, []string{"harc site"}) {
		t.Errorf("through harc: %q", got)
	}
}

func TestHookFailures(t *testing.T) {
	dir := hookDir(t, map[string]string{"rc.d/fails": "echo the reason; exit 3\n", "rc.d/hangs": "sleep 600\n", "rc.d/not": ""})
	must(t, os.Chmod(filepath.Join(dir, "rc.d/not"), 0o644))
	log := &journal{}
	h := OpenHooks(dir, []string{"PATH=/usr/bin:/bin"}, 200*time.Millisecond, log)
	for _, kind := range []string{"fails", "hangs", "not"} {
		h.Run(context.Background(), kind, nil)
	}
	for _, want := range []string{
		"WARN: " + dir + "/rc.d/fails fails: return code 3: last output: the reason",
		"ERROR: " + dir + "/rc.d/hangs hangs: not done within 200ms, killed",
		"ERROR: " + dir + "/rc.d/not: not executable",
	} {
		if !strings.Contains(log.text(), want) {
			t.Errorf("no %q in\n%s", want, log.text())
		}
	}
	if h := OpenHooks(filepath.Join(dir, "nosuch"), nil, 0, log); h.Has("status") {
		t.Error("a hook without a directory")
	}
}

func TestGiveIP(t *testing.T) {
	dir := hookDir(t, nil)
	out := filepath.Join(dir, "out")
	h := OpenHooks(dir, []string{"PATH=/usr/bin:/bin", "OUT=" + out}, 0, &journal{})
	h.GiveIP(context.Background(), [][2]string{{"ipaddr", "10.0.0.1"}}) // nothing to run
	must(t, os.WriteFile(filepath.Join(dir, "rc.d", "local_giveip"), []byte("#!/bin/sh\necho \"$* $HA_ipaddr\" >\"$OUT\"\n"), 0o755))
	h.GiveIP(context.Background(), [][2]string{{"ipaddr", "10.0.0.1"}})
	if got := read(t, dir, "out"); got != "ip-request 10.0.0.1\n" {
		t.Errorf("got %q", got)
	}
}
