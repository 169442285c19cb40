package ldirectord

import (
	"bytes"
	"context"
	"io"
	"testing"
	"time"

	"lvsha/compat-tests/uml"
)

// unloadScript takes IPVS out of the kernel under a running daemon.
const unloadScript = `
set -e
mount -t tmpfs tmpfs /etc/ha.d
mount -t tmpfs tmpfs /var/log
mkdir -p /etc/ha.d/conf /share
mount --bind /run/share /share
ip link set lo up
cat >/etc/ha.d/ldirectord.cf <<'CONFIG'
logfile="/var/log/ldirectord.log"
virtual=10.9.0.1:80
	checktype=on
	scheduler=rr
	real=10.1.0.1:80 gate 3
CONFIG
wait_for() {
	for i in $(seq 300); do
		if ipvsadm -Sn 2>/dev/null | grep -q -- "$1"; then return 0; fi
		sleep 0.1
	done
	echo "no $1"
	ipvsadm -Sn || true
	cat /var/log/ldirectord.log
	return 1
}
/share/ldirectord ldirectord.cf start
wait_for "-a -t 10.9.0.1:80 -r 10.1.0.1:80 -g -w 3"
pid=$(cat /var/run/ldirectord.ldirectord.cf.pid)
ipvsadm -C
rmmod $(lsmod | awk '$1 ~ /^ip_vs_/ { print $1 }')
rmmod ip_vs
wait_for "-a -t 10.9.0.1:80 -r 10.1.0.1:80 -g -w 3"
test "$pid" = "$(cat /var/run/ldirectord.ldirectord.cf.pid)"
kill -0 "$pid"
grep "IPVS was loaded anew" /var/log/ldirectord.log
/share/ldirectord ldirectord.cf stop
test -z "$(ipvsadm -Sn)"
echo unload played
`

// TestUnload: a daemon whose kernel loses IPVS sets its table up again.
func TestUnload(t *testing.T) {
	uml.Require(t)
	requireOriginal(t)
	dir := stage(t)
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Minute)
	defer cancel()
	var console bytes.Buffer
	status, err := uml.Machine{Script: unloadScript, Share: dir, Console: io.MultiWriter(&console, testWriter{t})}.Run(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if status != 0 || !bytes.Contains(console.Bytes(), []byte("unload played")) {
		t.Errorf("the guest ended with status %d", status)
	}
}
