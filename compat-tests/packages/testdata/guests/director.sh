# Sourced. Makes the guest the master of the how-to, alone, with short times.
hostname lvsm.hwlee.shop
ip link add eth0 type veth peer name far
ip link set far up
ip link set eth0 up
ip addr add 192.0.2.78/24 dev eth0
mkdir -p /etc/ha.d/conf
cat >/etc/ha.d/ha.cf <<'STOP'
logfile /var/log/ha.log
keepalive 1
deadtime 3
initdead 4
udpport 694
node lvsm.hwlee.shop
node lvss.hwlee.shop
auto_failback on
ucast eth0 192.0.2.117
STOP
cat >/etc/ha.d/haresources <<'STOP'
lvsm.hwlee.shop \
ldirectord::ldirectord.cf \
IPaddr2::192.0.2.70/32/eth0
STOP
printf 'auth 2\n2 sha1 lvs\n' >/etc/ha.d/authkeys
chmod 600 /etc/ha.d/authkeys
cat >/etc/ha.d/conf/ldirectord.cf <<'STOP'
quiescent=no
logfile="/var/log/ldirectord.log"
virtual=192.0.2.70:80
        real=192.0.2.121:80 gate 10
        scheduler=rr
        protocol=tcp
        checktype=on
STOP
# until_true polls for at most a minute.
until_true() {
	n=0
	while ! eval "$1"; do
		n=$((n + 1))
		if [ $n -gt 600 ]; then
			echo "never: $1"
			tail -n 20 /var/log/ha.log /var/log/ldirectord.log
			exit 1
		fi
		sleep 0.1
	done
}
holds() { ip addr show dev eth0 | grep -q 192.0.2.70/32; }
serves() { ipvsadm -Ln | grep -q "TCP  192.0.2.70:80 rr"; }
state() {
	if holds; then echo "the VIP is here"; else echo "no VIP"; fi
	ipvsadm -Sn
}
