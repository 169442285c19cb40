package resource

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// systemd makes a root with units and a systemctl that keeps their state in files.
func systemd(t *testing.T, units ...string) string {
	t.Helper()
	root := t.TempDir()
	for _, d := range []string{"run/systemd/system", "usr/lib/systemd/system", "usr/bin", "state"} {
		must(t, os.MkdirAll(filepath.Join(root, d), 0o755))
	}
	for _, u := range units {
		must(t, os.WriteFile(filepath.Join(root, "usr/lib/systemd/system", u), nil, 0o644))
	}
	must(t, os.WriteFile(filepath.Join(root, "usr/bin/systemctl"), []byte(`#!/bin/sh
[ "$1" = --quiet ] && shift
[ "$2" = broken.service ] && { echo no such thing; exit 5; }
case $1 in
start) : >`+root+`/state/$2 ;; stop) rm -f `+root+`/state/$2 ;;
is-active) [ -e `+root+`/state/$2 ] || { echo inactive; exit 3; }; echo active ;; *) exit 1 ;;
esac
`), 0o755))
	return root
}

func TestSystemdUnit(t *testing.T) {
	root := systemd(t, "httpd.service", "broken.service")
	log := &journal{}
	r := &Runner{Dirs: []string{t.TempDir()}, Root: root, Log: log, StopRetryMax: 1, pause: 1}
	ctx, g := context.Background(), group("httpd")
	if errs := r.Check(g); len(errs) != 0 {
		t.Errorf("check: %v", errs)
	}
	for range 2 {
		must(t, r.Start(ctx, g))
		if st := r.Status(ctx, g); st != All {
			t.Errorf("started: %v", st)
		}
	}
	for range 2 {
		must(t, r.Stop(ctx, g))
		if st := r.Status(ctx, g); st != None {
			t.Errorf("stopped: %v", st)
		}
	}
	if n := strings.Count(log.text(), "info: Running "+root+"/usr/bin/systemctl httpd.service start"); n != 1 {
		t.Errorf("%d starts in\n%s", n, log.text())
	}

	var start *StartError
	if err := r.Start(ctx, group("broken")); !errors.As(err, &start) || start.Code != 5 {
		t.Errorf("broken: %v", err)
	}
	// Neither a unit that is not there, nor arguments that a unit cannot take.
	for _, word := range []string{"nosuch", "httpd::arg", "../httpd"} {
		if errs := r.Check(group(word)); len(errs) != 1 || !errors.Is(errs[0], ErrNoScript) {
			t.Errorf("%s: %v", word, errs)
		}
	}
	// A script of the name goes first.
	must(t, os.WriteFile(filepath.Join(r.Dirs[0], "httpd"), []byte("#!/bin/sh\necho running\n"), 0o755))
	if st := r.Status(ctx, g); st != All {
		t.Errorf("script: %v", st)
	}
}

func TestNoSystemd(t *testing.T) {
	root := systemd(t, "httpd.service")
	must(t, os.RemoveAll(filepath.Join(root, "run/systemd")))
	r := &Runner{Dirs: []string{t.TempDir()}, Root: root, Log: &journal{}}
	if errs := r.Check(group("httpd")); len(errs) != 1 || !errors.Is(errs[0], ErrNoScript) {
		t.Errorf("check: %v", errs)
	}
}
