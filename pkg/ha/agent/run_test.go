package agent

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestArguments is how each script takes what haresources can hand it; the OCF
// agent prints what reaches it.
func TestArguments(t *testing.T) {
	dir := place(t)
	config := filepath.Join(dir, "was.cfg")
	write(t, "", 0o644, config)
	for name := range scripts {
		write(t, "#!/bin/sh\necho \"$OCF_TYPE $OCF_RESOURCE_INSTANCE $1\"\nenv | grep ^OCF_RESKEY_ | sort\n", 0o755, dir, "resource.d", "heartbeat", name)
	}
	for _, c := range []struct {
		args []string
		want string
		code int
	}{
		{[]string{"Xinetd", "tftp", "status"}, "Xinetd Xinetd monitor\nOCF_RESKEY_service=tftp\nINFO:  Running OK\n", 0},
		{[]string{"apache", "start"}, "apache apache start\nINFO:  Success\n", 0},
		{[]string{"apache", "/etc/httpd.conf", "monitor"}, "apache apache_/etc/httpd.conf monitor\nOCF_RESKEY_configfile=/etc/httpd.conf\nINFO:  Running OK\n", 0},
		{[]string{"LVM", "vg0", "stop"}, "LVM LVM stop\nOCF_RESKEY_volgrpname=vg0\nINFO:  Success\n", 0},
		{[]string{"Raid1", "/etc/raidtab", "/dev/md0", "start"}, "Raid1 Raid1_/etc/raidtab start\nOCF_RESKEY_raidconf=/etc/raidtab\nOCF_RESKEY_raiddev=/dev/md0\nINFO:  Success\n", 0},
		{[]string{"Filesystem", "/dev/sda1", "/srv", "ext4", "noatime", "start"}, "Filesystem Filesystem_/dev/sda1 start\nOCF_RESKEY_device=/dev/sda1\nOCF_RESKEY_directory=/srv\nOCF_RESKEY_fstype=ext4\nOCF_RESKEY_options=noatime\nINFO:  Success\n", 0},
		{[]string{"ICP", "1", "/dev/sda", "start"}, "ICP ICP_1 start\nOCF_RESKEY_device=/dev/sda\nOCF_RESKEY_driveid=1\nINFO:  Success\n", 0},
		{[]string{"LinuxSCSI", "0:0:1", "start"}, "LinuxSCSI LinuxSCSI_0:0:1 start\nOCF_RESKEY_scsi=0:0:1\nINFO:  Success\n", 0},
		{[]string{"ServeRAID", "1", "2", "start"}, "ServeRAID ServeRAID_1 start\nOCF_RESKEY_mergegroup=2\nOCF_RESKEY_serveraid=1\nINFO:  Success\n", 0},
		{[]string{"db2", "db2inst1", "start"}, "db2 db2_db2inst1 start\nOCF_RESKEY_instance=db2inst1\nINFO:  Success\n", 0},
		{[]string{"ids", "/opt/ifx", "srv", "onconfig", "start"}, "ids ids_srv start\nOCF_RESKEY_informixdir=/opt/ifx\nOCF_RESKEY_informixserver=srv\nOCF_RESKEY_onconfig=onconfig\nINFO:  Success\n", 0},
		{[]string{"AudibleAlarm", "n1", "n2", "start"}, "AudibleAlarm AudibleAlarm start\nOCF_RESKEY_nodelist=n1 n2\nINFO:  Success\n", 0},
		{[]string{"WinPopup", "start"}, "WinPopup WinPopup start\nOCF_RESKEY_hostfile=hosts\nINFO:  Success\n", 0},
		{[]string{"WinPopup", "list", "start"}, "WinPopup WinPopup start\nOCF_RESKEY_hostfile=list\nINFO:  Success\n", 0},
		{[]string{"WAS", "8080", "start"}, "WAS WAS start\nOCF_RESKEY_port=8080\nINFO:  Success\n", 0},
		{[]string{"WAS", config, "start"}, "WAS WAS start\nOCF_RESKEY_config=" + config + "\nINFO:  Success\n", 0},
		{[]string{"Xinetd", "tftp", "dance"}, "ERROR: Unknown operation: dance\nUsage: Xinetd <xinetd-service-name> (start|stop|status|usage|meta-data)\n", 1},
		{[]string{"Xinetd", "start"}, "Usage: Xinetd <xinetd-service-name> (start|stop|status|usage|meta-data)\n", 1},
		{[]string{"Xinetd"}, "Usage: Xinetd <xinetd-service-name> (start|stop|status|usage|meta-data)\n", 1},
		{[]string{"Raid1", "a", "b", "usage"}, "usage: Raid1 <raidtab_config_file> <md_dev_name> (start|stop|status|usage|meta-data)\nINFO:  Success\n", 0},
		{[]string{"LVM", "a", "usage"}, "usage: LVM <LVM-configuration file> (start|stop|status|usage|meta-data)\n", 1},
	} {
		got, code := called(c.args...)
		if got != c.want || code != c.code {
			t.Errorf("%v: %d %q, want %d %q", c.args, code, got, c.code, c.want)
		}
	}
}

// TestExitCodes: what a wrapper makes of the exit code of an agent.
func TestExitCodes(t *testing.T) {
	dir := place(t)
	for _, c := range []struct {
		agent, action, want string
		code                int
	}{
		{"exit 0", "start", "INFO:  Success", 0},
		{"exit 0", "status", "INFO:  Running OK", 0},
		{"exit 1", "start", "ERROR:  Generic error", 1},
		{"exit 3", "start", "ERROR:  Function unimplemented", 3},
		{"exit 4", "start", "ERROR:  User had insufficient privilege", 4},
		{"exit 5", "start", "ERROR:  Program is not installed", 5},
		{"exit 6", "start", "ERROR:  Program is not configured", 6},
		{"exit 7", "status", "INFO:  Resource is stopped", 7},
		{"exit 99", "stop", "ERROR:  Unknown error: 99", 1},
		{"kill -9 $$", "stop", "ERROR:  Unknown error: 128", 1},
	} {
		write(t, "#!/bin/sh\n"+c.agent+"\n", 0o755, dir, "resource.d", "heartbeat", "LVM")
		if got, code := called("LVM", "vg", c.action); got != c.want+"\n" || code != c.code {
			t.Errorf("%s: %d %q, want %d %q", c.agent, code, got, c.code, c.want)
		}
	}
	if err := os.RemoveAll(filepath.Join(dir, "resource.d")); err != nil {
		t.Fatal(err)
	}
	if got, code := called("LVM", "vg", "start"); got != "ERROR:  Program is not installed\n" || code != 5 {
		t.Errorf("without the agent: %d %q", code, got)
	}
	if log := read(t, dir, "log"); !strings.Contains(log, "heartbeat/LVM is not an executable file") {
		t.Errorf("log: %s", log)
	}
}

// TestOCF: any agent, with parameters from a file of assignments.
func TestOCF(t *testing.T) {
	dir := place(t)
	write(t, "#!/bin/sh\necho \"$1 $OCF_RESOURCE_INSTANCE $OCF_RESKEY_state\"; exit $CODE\n", 0o755, dir, "resource.d", "site", "Thing")
	write(t, "# a comment\nOCF_RESKEY_state='a b'\nCODE=0\n", 0o644, dir, "conf", "OCF", "Thing", "one")
	write(t, "OCF_RESKEY_state=OK\nCODE=7\n", 0o644, dir, "conf", "OCF", "Thing", "two")
	for _, c := range []struct {
		args []string
		want string
		code int
	}{
		{[]string{"OCF", "Thing", "one", "start"}, "start one a b\n", 0},
		{[]string{"OCF", "Thing", "one", "status"}, "OCF Resource Thing::one is running\n", 0},
		{[]string{"OCF", "Thing", "two", "status"}, "OCF Resource Thing::two is stopped\n", 7},
		{[]string{"OCF", "Thing", "two", "stop"}, "stop two OK\n", 7},
		{[]string{"OCF", "Thing", "three", "start"}, "", 1},
		{[]string{"OCF", "None", "one", "start"}, "", 1},
		{[]string{"OCF", "Thing", "start"}, "", 1},
	} {
		if got, code := called(c.args...); got != c.want || code != c.code {
			t.Errorf("%v: %d %q, want %d %q", c.args, code, got, c.code, c.want)
		}
	}
}
