package preflight_test

import (
	"bytes"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"lvsha/pkg/lvs/config"
	lvspreflight "lvsha/pkg/lvs/preflight"
	"lvsha/pkg/system/preflight"
)

// machine is a root with these files.
func machine(t *testing.T, files map[string]string) preflight.Host {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o755)); err != nil {
			t.Fatal(err)
		}
	}
	return preflight.Host{Root: root}
}

// look checks a file on a machine and returns what was found.
func look(t *testing.T, o lvspreflight.Options, content string) (string, int) {
	t.Helper()
	report := &preflight.Report{Path: "l.cf"}
	c, found := config.Parse("l.cf", content, config.System{ReadOnly: true})
	lvspreflight.Add(report, found, content)
	if c != nil {
		lvspreflight.Check(o, c, report)
	}
	var b bytes.Buffer
	if err := report.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(b.String()), report.Status()
}

func TestHost(t *testing.T) {
	var uts unix.Utsname
	if err := unix.Uname(&uts); err != nil {
		t.Fatal(err)
	}
	modules := "lib/modules/" + unix.ByteSliceToString(uts.Release[:]) + "/modules.dep"
	o := lvspreflight.Options{
		Machine: machine(t, map[string]string{
			modules:                                 "kernel/net/netfilter/ipvs/ip_vs_rr.ko.xz:\n",
			"proc/sys/net/ipv4/ip_forward":          "0\n",
			"proc/sys/net/ipv6/conf/all/forwarding": "0\n",
			"var/log/x":                             "",
			"proc/sys/net/ipv4/vs/expire_quiescent_template": "0\n",
			"proc/sys/net/ipv4/vs/expire_nodest_conn":        "1\n",
			"proc/sys/net/ipv4/conf/all/arp_ignore":          "0\n",
			"usr/bin/there":                                  "",
		}),
		Kernel:   func() error { return errors.New("this kernel has no IPVS") },
		Loopback: func() []netip.Addr { return []netip.Addr{netip.MustParseAddr("10.9.0.1")} },
		Addresses: func() []netip.Prefix {
			return []netip.Prefix{netip.MustParsePrefix("10.9.0.1/32"), netip.MustParsePrefix("10.1.0.2/24")}
		},
	}
	got, status := look(t, o, `virtual=10.9.0.1:80
	scheduler=rr
	persistent=60
	quiescent=yes
	real=10.1.0.1:80 masq
virtual=10.9.0.2:80
	scheduler=nosuch
	checktype=external
	checkcommand=/usr/bin/there
	fallbackcommand=/usr/bin/missing now
	real=10.1.0.1:80 gate
	real=10.7.0.1:80 gate
	monitorfile=/nowhere/file
	emailalert=admin
virtual6=[2001:db8::70]:80
	scheduler=rr
	real6=[2001:db8::1]:80 masq
	request="x"
	receive="x"
	service=http
`)
	want := `host: error: this kernel has no IPVS
l.cf:6: error: this kernel has no scheduler nosuch (module ip_vs_nosuch)
host: error: net.ipv4.ip_forward is 0: servers that are reached by masq get no answer back to their clients
host: error: net.ipv6.conf.all.forwarding is 0: servers that are reached by masq get no answer back to their clients
host: warning: net.ipv4.vs.expire_quiescent_template is 0: clients of a persistent service stay with a quiesced server
l.cf:1: warning: 10.9.0.1 is on lo and net.ipv4.conf.all.arp_ignore is 0: this host answers for it even when another one has it
l.cf:6: info: 10.9.0.2 is not on this host now: packets come when it has the address, which heartbeat sees to
l.cf:15: info: 2001:db8::70 is not on this host now: packets come when it has the address, which heartbeat sees to
l.cf:12: warning: 10.7.0.1 is in no network of this host: gate reaches only servers on the same link; through a router it takes ipip or masq
l.cf:6: warning: fallbackcommand /usr/bin/missing is no program
l.cf:6: warning: monitorfile /nowhere/file: there is no directory /nowhere
l.cf:6: warning: emailalert: no mail can be sent: there is no /usr/sbin/sendmail, and no smtp= names a server`
	if got != want || status != 2 {
		t.Errorf("status %d\n%s\nwant\n%s", status, got, want)
	}
}

// TestFile: all errors of a file in one run, with their places.
func TestFile(t *testing.T) {
	got, status := look(t, lvspreflight.Options{}, "virtual=10.9.0.1:80\n\tschedular=rr\n\treal=10.1.0.1:80 gaet\n")
	for _, want := range []string{"l.cf:2:2: error: ", `"scheduler"`, "l.cf:3:19: error: "} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if status != 2 {
		t.Errorf("status %d", status)
	}
}
