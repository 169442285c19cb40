package realserver_test

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lvsha/compat-tests/uml"
)

// director is a client, a director with IPVS and a web server on one cable. The
// director sends to the web server by direct routing, and the client asks for the
// address of both.
const director = `
exec 2>&1
cd /tmp
ip link add br0 type bridge; ip link set br0 up
for n in client director web; do
	ip netns add $n
	ip link add to-$n type veth peer name eth0 netns $n
	ip link set to-$n master br0 up
	ip -n $n link set lo up; ip -n $n link set eth0 up
done
on() { ip netns exec "$@"; }
ip -n client addr add 192.0.2.200/24 dev eth0
ip -n director addr add 192.0.2.78/24 dev eth0
ip -n director addr add 192.0.2.70/32 dev eth0
ip -n web addr add 192.0.2.121/24 dev eth0
mkdir -p /etc/default; echo VIP=192.0.2.70 >/etc/default/lvs-realserver
on web $SCRIPT start
on director ipvsadm -A -t 192.0.2.70:80 -s rr
on director ipvsadm -a -t 192.0.2.70:80 -r 192.0.2.121:80 -g
echo "web server" >index.html
echo "events {} pid /tmp/pid; error_log /tmp/errors; http { access_log off; server { listen 80; root /tmp; } }" >nginx.conf
on web nginx -c /tmp/nginx.conf # which returns when it listens
for i in 1 2 3; do
	ip -n client neigh flush all
	on client curl -s --max-time 20 http://192.0.2.70/
	client=$(on client ip -o neigh show 192.0.2.70 | sed 's/.*lladdr \([^ ]*\).*/\1/')
	[ "$client" = "$(on director cat /sys/class/net/eth0/address)" ] && echo "by way of the director"
done
echo "$(on director ipvsadm -Lnc | grep -c '192.0.2.70:80 *192.0.2.121:80') connections"
kill $(cat pid)
on web $SCRIPT stop
on web ip -o -4 addr show dev lo | awk '{ print $4 }'
`

func TestADirectorReachesIt(t *testing.T) {
	uml.Require(t)
	path, err := filepath.Abs("../../packaging/lvs-realserver")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	var out bytes.Buffer
	m := uml.Machine{Script: "SCRIPT=/run/share/" + filepath.Base(path) + "\n" + director, Share: filepath.Dir(path), Console: &out}
	if status, err := m.Run(ctx); err != nil || status != 0 {
		t.Fatalf("status %d, %v\n%s", status, err, out.String())
	}
	want := lines("lvs-realserver: 192.0.2.70 is on lo", "web server", "by way of the director", "web server", "by way of the director",
		"web server", "by way of the director", "3 connections", "127.0.0.1/8")
	var got strings.Builder
	for line := range strings.Lines(out.String()) {
		if !strings.HasPrefix(line, "IPVS: ") { // the kernel's own words
			got.WriteString(line)
		}
	}
	if got.String() != want {
		t.Errorf("the guest says\n%s\nnot\n%s", got.String(), want)
	}
}
