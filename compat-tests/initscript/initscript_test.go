// Package initscript_test runs the init script of the original heartbeat and
// ours with the same daemon in its place and compares what they print, call and
// return.
package initscript_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const original = "/etc/init.d/heartbeat"

// stage prepares the files below the directory $T inside new namespaces, runs
// the script $T/script with the verb $1 and prints what has come of it.
const stage = `
set -e
mount -t tmpfs none /run
mkdir /run/lock
mount -t tmpfs none /var/log
mkdir -p $T/ha.d/resource.d $T/bin $T/libexec
cp /etc/ha.d/shellfuncs $T/ha.d/
: >$T/ha.d/haresources
[ -e $T/no-config ] || echo "deadtime 7" >$T/ha.d/ha.cf
[ -e $T/extra ] && cat $T/extra >>$T/ha.d/ha.cf
cat >$T/standby <<'STOP'
#!/bin/sh
echo "standby $*" >>$T/calls
[ -e $T/no-standby ] && exit 1
exit 0
STOP
chmod 755 $T/standby
mount --bind $T/standby /usr/share/heartbeat/hb_standby
cat >$T/libexec/heartbeat <<'STOP'
#!/bin/sh
echo "daemon $*" >>$T/calls
[ -e $T/says ] && cat $T/says
[ -e $T/fails ] && exit $(cat $T/fails)
[ -e $T/fails"$1" ] && exit $(cat $T/fails"$1")
exit 0
STOP
cat >$T/bin/sleep <<'STOP'
#!/bin/sh
echo "sleep $*" >>$T/calls
STOP
if [ -e $T/hook ]; then
	cat >$T/ha.d/resource.d/startstop <<'STOP'
#!/bin/sh
echo "hook $*" >>$T/calls
STOP
	chmod 755 $T/ha.d/resource.d/startstop
fi
chmod 755 $T/libexec/heartbeat $T/bin/sleep
[ -e $T/not-executable ] && chmod 644 $T/libexec/heartbeat
mount --bind $T/ha.d /etc/ha.d
mount --bind $T/libexec /usr/libexec/heartbeat
cp $T/script $T/named
mount --bind $T/named /etc/init.d/heartbeat
PATH=$T/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH T
set +e
/etc/init.d/heartbeat $1
echo "exit $?"
[ -e /var/lock/subsys/heartbeat ] && echo locked
[ -d /var/run/heartbeat/ccm ] && echo directories
[ -e $T/calls ] && cat $T/calls
exit 0
`

func TestSameAsTheOriginal(t *testing.T) {
	if err := missing(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	cases := []struct {
		name, verb string
		files      map[string]string
	}{
		{"start", "start", nil},
		{"start with the site's hook", "start", map[string]string{"hook": ""}},
		{"start fails", "start", map[string]string{"fails": "6", "says": "ERROR: line one\nERROR: line two\n", "hook": ""}},
		{"start is refused", "start", map[string]string{"fails": "4"}},
		{"stop", "stop", nil},
		{"stop with the site's hook", "stop", map[string]string{"hook": ""}},
		{"stop fails", "stop", map[string]string{"fails": "1", "says": "not printed\n", "hook": ""}},
		{"status running", "status", map[string]string{"says": "heartbeat OK [pid 5 et al] is running on n1 [n1]...\n"}},
		{"status stopped", "status", map[string]string{"says": "heartbeat is stopped. No process\n", "fails": "3"}},
		{"reload", "reload", nil},
		{"force-reload fails", "force-reload", map[string]string{"says": "Config errors\n", "fails": "6"}},
		{"restart", "restart", map[string]string{"hook": ""}},
		{"restart fails", "restart", map[string]string{"fails": "5"}},
		{"restart, stop fails", "restart", map[string]string{"fails-k": "5"}},
		{"standby", "standby", map[string]string{"extra": "auto_failback On # x\n"}},
		{"standby fails", "standby", map[string]string{"extra": "auto_failback off\n", "no-standby": ""}},
		{"standby, not running", "standby", map[string]string{"extra": "auto_failback on\n", "fails": "3"}},
		{"standby, legacy", "standby", map[string]string{"extra": "auto_failback legacy\n"}},
		{"standby, nothing said", "standby", nil},
		{"unknown verb", "dance", nil},
		{"no verb", "", nil},
		{"takeover", "takeover", nil},
		{"not configured", "start", map[string]string{"no-config": ""}},
		{"not configured, stop", "stop", map[string]string{"no-config": ""}},
		{"not installed", "start", map[string]string{"not-executable": ""}},
	}
	ours := filepath.Join("..", "..", "packaging", "init.d", "heartbeat")
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			want, got := play(t, original, c.verb, c.files), play(t, ours, c.verb, c.files)
			if want != got {
				t.Errorf("original:\n%s\nours:\n%s", want, got)
			}
			if !strings.Contains(got, "\nexit ") && !strings.HasPrefix(got, "exit ") {
				t.Errorf("the script has not been run:\n%s", got)
			}
		})
	}
}

func missing() error {
	if os.Getuid() != 0 {
		return fmt.Errorf("root is needed for a mount namespace")
	}
	_, err := os.Stat("/usr/share/heartbeat/ResourceManager")
	return err
}

func play(t *testing.T, script, verb string, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	text, err := os.ReadFile(script)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "script"), text, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("unshare", "-m", "-u", "-p", "-f", "--mount-proc", "sh", "-c", stage, "sh", verb)
	cmd.Env = append(os.Environ(), "T="+dir)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}
