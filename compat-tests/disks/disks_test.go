package disks_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lvsha/compat-tests/uml"
)

// script plays the life of a volume group and of an array twice, with the scripts
// of both. Nobody answers the device manager here: there is no udev.
const script = `
exec 2>/dev/null
export HA_RSCTMP=/tmp OCF_ROOT=/usr/lib/ocf
mkdir -p /run/lvm /run/lock/lvm /run/mdadm /run/resource-agents
printf 'activation {\n udev_sync = 0\n udev_rules = 0\n monitoring = 0\n}\ndevices {\n obtain_device_list_from_udev = 0\n use_devicesfile = 0\n}\n' >/etc/lvm/lvmlocal.conf
for i in 1 2 3; do
	truncate -s 24M /tmp/disk$i
	losetup /dev/loop$i /tmp/disk$i
done
pvcreate -qq /dev/loop1 >/dev/null && vgcreate -qq demo /dev/loop1 >/dev/null && lvcreate -qq -an -Zn -Wn -n one -l 2 demo >/dev/null
mdadm --create /dev/md0 --run --metadata=1.2 --level=1 --raid-devices=2 /dev/loop2 /dev/loop3 >/dev/null
echo "DEVICE /dev/loop2 /dev/loop3" >/etc/mdadm-test.conf
mdadm --detail --brief /dev/md0 >>/etc/mdadm-test.conf
mdadm --stop /dev/md0 >/dev/null
echo "made: $(vgs --noheadings -o name,lv_count | xargs), $(grep -c '^ARRAY' /etc/mdadm-test.conf) array"
for from in /etc/ha.d/resource.d /run/share; do
	echo "scripts"
	for action in status start status stop stop; do
		$from/LVM demo $action >/dev/null; echo "LVM $action: $?, $(dmsetup ls --target linear | grep -c demo-one)"
	done
	for action in status start status stop stop; do
		$from/Raid1 /etc/mdadm-test.conf /dev/md0 $action >/dev/null; echo "Raid1 $action: $?, $(grep -c '^md0 : active' /proc/mdstat)"
	done
done
`

func TestDisks(t *testing.T) {
	err := uml.Missing()
	for _, program := range []string{"lvm", "mdadm", "dmsetup", "losetup"} {
		if _, lacks := exec.LookPath(program); err == nil {
			err = lacks
		}
	}
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	share := t.TempDir()
	build := exec.Command("go", "build", "-o", filepath.Join(share, "heartbeat"), "lvsha/heartbeat")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, name := range []string{"LVM", "Raid1"} {
		if err := os.Symlink("heartbeat", filepath.Join(share, name)); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	var out bytes.Buffer
	m := uml.Machine{Script: script, Share: share, Console: &out, Modules: []string{"loop", "dm-mod", "md-mod", "raid1"}}
	status, err := m.Run(ctx)
	if err != nil || status != 0 {
		t.Fatalf("status %d, %v\n%s", status, err, out.String())
	}
	parts := strings.Split(strings.ReplaceAll(out.String(), "\r", ""), "scripts\n")
	if len(parts) != 3 || !strings.Contains(parts[0], "made: demo 1, 1 array") {
		t.Fatalf("nothing to try them on:\n%s", out.String())
	}
	original, ours := parts[1], parts[2]
	if original != ours || !strings.Contains(ours, "LVM start: 0, 1\n") || !strings.Contains(ours, "Raid1 start: 0, 1\n") || !strings.Contains(ours, "Raid1 stop: 0, 0\n") {
		t.Errorf("original:\n%s\nours:\n%s", original, ours)
	}
}
