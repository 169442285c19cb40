package howto

import (
	"os"
	"path/filepath"
	"testing"
)

func TestDaemonOfCommandLine(t *testing.T) {
	for line, want := range map[string]string{
		"/usr/libexec/heartbeat/heartbeat\x00":                                        "heartbeat",
		"heartbeat: master control process\x00":                                       "heartbeat",
		"heartbeat: write: ucast eth0\x00":                                            "heartbeat",
		"/usr/bin/perl\x00-w\x00/usr/sbin/ldirectord\x00ldirectord.cf\x00start\x00":   "ldirectord",
		"/usr/sbin/ldirectord\x00/etc/ha.d/conf/ldirectord.cf\x00start\x00":           "ldirectord",
		"keepalived\x00-f\x00/etc/ha.d/keepalived.conf\x00":                           "keepalived",
		"/bin/sh\x00/etc/ha.d/resource.d/IPaddr2\x00192.0.2.70/32/eth0\x00status\x00": "",
		"": "",
	} {
		if got := daemon(line); got != want {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}

func TestKilobytes(t *testing.T) {
	file := filepath.Join(t.TempDir(), "status")
	if err := os.WriteFile(file, []byte("Name:\tx\nVmRSS:\t    1234 kB\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := kilobytes(file, "VmRSS:"); err != nil || got != 1234 {
		t.Errorf("%d, %v", got, err)
	}
	if _, err := kilobytes(file, "Pss:"); err == nil {
		t.Error("a missing line was found")
	}
}
