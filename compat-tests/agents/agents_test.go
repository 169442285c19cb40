// Package agents_test runs the original scripts of resource.d and ours with the
// same arguments in namespaces of their own and compares output, exit codes and
// what comes of it.
package agents_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"lvsha/pkg/ha/agent"
	"lvsha/pkg/ha/resource"
)

// originals is where the original scripts are.
const originals = "/etc/ha.d/resource.d/"

// TestMain is also ours as a command.
func TestMain(m *testing.M) {
	switch name := filepath.Base(os.Args[0]); {
	case agent.Is(name):
		os.Exit(agent.Run(context.Background(), os.Args[0], os.Args[1:], os.Stdout, os.Stderr))
	case name == resource.SendARPName:
		os.Exit(resource.RunSendARP(os.Args[1:], os.Stderr))
	}
	os.Exit(m.Run())
}

// scene is one life of a resource.
type scene struct {
	name    string
	script  string
	args    []string
	setup   []string // shell commands
	look    string   // a shell command that shows what came of it
	actions string
	// better says where ours differs, and why; "" must be the same.
	better string
}

const network = "ip link set lo up; ip link add eth0 type veth peer name peer0; ip link set eth0 up; ip link set peer0 up; " +
	"ip addr add 10.88.0.3/24 brd + dev eth0; ip addr add 10.88.0.80/24 dev eth0"

// xinetd has one service, switched off.
const xinetd = `ip link set lo up; mount -t tmpfs tmpfs /run; mount -t tmpfs tmpfs /etc/xinetd.d
printf 'service demo\n{\n disable = yes\n type = UNLISTED\n port = 4711\n socket_type = stream\n protocol = tcp\n wait = no\n user = root\n server = /bin/date\n}\n' >/etc/xinetd.d/demo
timeout 30 xinetd -dontfork -pidfile /run/xinetd.pid >/dev/null 2>&1 &
while [ ! -s /run/xinetd.pid ]; do sleep 0.02; done`

// apache has a configuration of its own, with the page that the agent asks for.
const apache = `ip link set lo up; mount -t tmpfs tmpfs /run; mkdir /run/apache2; mount -t tmpfs tmpfs /mnt
modules=/usr/lib/apache2/modules
cat >/mnt/httpd.conf <<END
ServerRoot /mnt
ServerName localhost
Listen 127.0.0.1:80
PidFile /mnt/httpd.pid
ErrorLog /mnt/error.log
User nobody
Group nogroup
LoadModule mpm_event_module $modules/mod_mpm_event.so
LoadModule authz_core_module $modules/mod_authz_core.so
LoadModule status_module $modules/mod_status.so
<Location /server-status>
SetHandler server-status
</Location>
END`

const life = "status start status start monitor stop status stop"

func scenes() []scene {
	gateway, routes := "ip route add default via 10.88.0.1", "ip route"
	firewall, drops := "", "iptables -S INPUT"
	disk := "mount -t tmpfs tmpfs /mnt; mkdir /mnt/at"
	mounts := "grep -o '/mnt/at [a-z0-9]*' /proc/mounts || :"
	mail := "mount -t tmpfs tmpfs /mnt; printf '#!/bin/sh\\necho mail; cat >/dev/null\\n' >/mnt/mail; cp /mnt/mail /mnt/mailx; chmod 755 /mnt/mail*"
	return []scene{
		{"default route", "IPsrcaddr", []string{"10.88.0.80"}, []string{network, gateway}, routes, "status start status start monitor stop status", ""},
		{"second stop", "IPsrcaddr", []string{"10.88.0.80"}, []string{network, gateway}, routes, life, "a second stop succeeds; the original takes the source that it has restored for a wrong one"},
		{"no default route", "IPsrcaddr", []string{"10.88.0.80"}, []string{network}, routes, life, ""},
		{"another source", "IPsrcaddr", []string{"10.88.0.80"}, []string{network, gateway + " src 10.88.0.3"}, routes, "status start status stop status", ""},
		{"not served", "IPsrcaddr", []string{"10.88.0.81"}, []string{network, gateway}, routes, "start stop", ""},
		{"no address", "IPsrcaddr", []string{"bogus"}, []string{network, gateway}, routes, life, ""},
		{"loopback", "IPsrcaddr", []string{"127.0.0.1"}, []string{network, gateway}, routes, "status start", ""},

		{"announce", "SendArp", []string{"10.88.0.80/eth0"}, []string{network}, "", "start start monitor stop stop usage", ""},
		{"stopped", "SendArp", []string{"10.88.0.80/eth0"}, []string{network}, "", "status", "says that it is stopped; the original ends without a word"},
		{"no interface", "SendArp", []string{"10.88.0.80/nosuch"}, []string{network}, "", "start stop", ""},

		{"life", "Delay", []string{"0.1", "0.1"}, nil, "", "stop start start stop stop", ""},
		{"wrong", "Delay", []string{"0.1", "x"}, nil, "", "start", ""},

		{"life", "MailTo", []string{"a@b.c", "Web"}, []string{mail}, "", life, ""},
		{"no subject", "MailTo", []string{"a@b.c"}, []string{mail}, "", "start stop usage", ""},
		{"no program", "MailTo", []string{"a@b.c"}, []string{"mount -t tmpfs tmpfs /mnt"}, "", "start", "a mail that cannot be sent keeps no group down"},
		{"no address", "MailTo", nil, nil, "", "start", ""},
		{"too many", "MailTo", []string{"a", "b", "c"}, nil, "", "start", ""},

		{"block", "portblock", []string{"tcp", "80,443", "block"}, []string{firewall}, drops, life, "the rule is found and removed; the original does not understand the listing of present iptables, adds it twice and never removes it"},
		{"block once", "portblock", []string{"tcp", "80,443", "block"}, []string{firewall}, drops, "start", ""},
		{"unblock", "portblock", []string{"udp", "53", "unblock"}, []string{firewall}, drops, "start stop", ""},
		{"usage", "portblock", []string{"udp", "53", "unblock"}, nil, "", "usage", ""},

		{"life", "Filesystem", []string{"tmpfs", "/mnt/at", "tmpfs", "size=1m"}, []string{disk}, mounts, life, ""},
		{"no type", "Filesystem", []string{"tmpfs", "/mnt/at", "tmpfs"}, []string{disk}, mounts, life, ""},
		{"makes the directory", "Filesystem", []string{"tmpfs", "/mnt/at2", "tmpfs"}, []string{disk}, "grep -c /mnt/at2 /proc/mounts || :", life, ""},
		{"no device", "Filesystem", []string{"/mnt/nosuch", "/mnt/at", "ext2"}, []string{disk}, mounts, life, ""},
		{"in use", "Filesystem", []string{"tmpfs", "/mnt/at", "tmpfs"}, []string{disk, "mount -t tmpfs tmpfs /mnt/at", "(cd /mnt/at; exec sleep 600) >/dev/null 2>&1 &"}, mounts, "status stop status", ""},
		{"usage", "Filesystem", []string{"tmpfs", "/mnt/at"}, nil, "", "usage", ""},
		{"too few", "Filesystem", []string{"tmpfs"}, nil, "", "start", ""},

		{"life with the real one", "Xinetd", []string{"demo"}, []string{xinetd}, "grep disable /etc/xinetd.d/demo; ss -Hltn | grep -c 4711 || :", life, ""},
		{"life with the real one", "apache", []string{"/mnt/httpd.conf"}, []string{apache}, "ls /mnt/httpd.pid 2>/dev/null; ss -Hltn | grep -c :80 || :", life, ""},
		{"no argument", "Xinetd", nil, nil, "", "start", ""},
		{"not running", "Xinetd", []string{"tftp"}, nil, "", "start status stop", ""},
		{"no argument", "LVM", nil, nil, "", "start", ""},
		{"no argument", "Raid1", nil, nil, "", "start", ""},
		{"usage", "Raid1", []string{"a", "b"}, nil, "", "usage", ""},
		{"too many", "apache", []string{"a", "b"}, nil, "", "start", ""},
		{"usage", "AudibleAlarm", []string{"a"}, nil, "", "usage", ""},
		{"usage", "ICP", []string{"a", "b"}, nil, "", "usage", ""},
		{"usage", "LinuxSCSI", []string{"a"}, nil, "", "usage", ""},
		{"usage", "ServeRAID", []string{"a", "b"}, nil, "", "usage", ""},
		{"usage", "WinPopup", []string{"a"}, nil, "", "usage", ""},
		{"too many", "WinPopup", []string{"a", "b"}, nil, "", "usage", ""},
		{"usage", "db2", []string{"a"}, nil, "", "usage", ""},
		{"usage", "ids", nil, nil, "", "usage", ""},
	}
}

func TestScripts(t *testing.T) {
	if err := missing(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range scenes() {
		t.Run(s.script+"/"+s.name, func(t *testing.T) {
			t.Parallel()
			// Without the OCF agents ours does itself what it can.
			roots := map[string]string{"own": t.TempDir()}
			if s.script == "Filesystem" || s.script == "Xinetd" {
				roots["agent"] = "/usr/lib/ocf"
			}
			if s.script == "apache" && s.setup != nil {
				roots["agent"] = "/usr/lib/ocf"
			}
			if s.script == "Xinetd" || s.script == "apache" && s.setup != nil {
				delete(roots, "own")
			}
			want := s.play(t, originals+s.script, "/usr/lib/ocf")
			for name, root := range roots {
				got := s.play(t, self, root)
				switch {
				case got == want && s.better != "":
					t.Errorf("%s: is the same as the original, but listed as better: %s\n%s", name, s.better, got)
				case got != want && s.better == "":
					t.Errorf("original:\n%s\nours, %s:\n%s", want, name, got)
				}
			}
		})
	}
}

func missing() error {
	if os.Getuid() != 0 {
		return fmt.Errorf("root is needed for namespaces")
	}
	for _, name := range []string{originals + "hto-mapfuncs", "/usr/lib/ocf/resource.d/heartbeat/Filesystem"} {
		if _, err := os.Stat(name); err != nil {
			return err
		}
	}
	_, err := exec.LookPath("iptables")
	return err
}

// varies is what differs between two runs, and what only OCF agents print beside
// their verdict.
var varies = regexp.MustCompile(`(?m)^(active: .*|blockdev: .*|mail called.*)\n|(?: considered to be|  is) running| at [A-Z][a-z]{2} .*$`)

// play runs the actions in new namespaces and writes down standard output, exit
// codes and what is to be seen.
func (s scene) play(t *testing.T, path, root string) string {
	t.Helper()
	var out strings.Builder
	done := make(chan error)
	tmp := t.TempDir()
	env := append(os.Environ(), "PATH=/mnt:/usr/sbin:/usr/bin:/sbin:/bin", "HA_RSCTMP="+tmp, "OCF_ROOT="+root, "HA_CURHOST=alpha",
		"HA_LOGFILE="+filepath.Join(tmp, "log"), "HA_DEBUGLOG="+filepath.Join(tmp, "debug"))
	go func() {
		// Never unlocked: the thread and its namespaces end with the goroutine.
		runtime.LockOSThread()
		done <- func() error {
			if err := unix.Unshare(unix.CLONE_NEWNET | unix.CLONE_NEWNS); err != nil {
				return err
			}
			if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
				return err
			}
			shell := func(command string) (string, error) {
				cmd := exec.Command("/bin/sh", "-c", command)
				cmd.Env = env
				text, err := cmd.Output()
				if err != nil {
					err = fmt.Errorf("%s: %w", command, err)
				}
				return string(text), err
			}
			for _, c := range s.setup {
				if _, err := shell(c); err != nil {
					return err
				}
			}
			for _, action := range strings.Fields(s.actions) {
				cmd := &exec.Cmd{Path: path, Args: append(append([]string{originals + s.script}, s.args...), action), Env: env}
				said, _ := cmd.Output()
				if cmd.ProcessState == nil {
					return fmt.Errorf("%s was not run", path)
				}
				seen, err := shell(s.look)
				if err != nil {
					return err
				}
				fmt.Fprintf(&out, "%s: %d\n%s%s", action, cmd.ProcessState.ExitCode(), varies.ReplaceAllString(string(said), ""), seen)
			}
			return nil
		}()
	}()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	return out.String()
}
