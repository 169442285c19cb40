r -i $(ours heartbeat ldirectord)
configure
[ "$EL" = el6 ] || mkdir -p "$R/run/systemd/system"
for n in 2 3 4 5; do ln -s ../init.d/heartbeat "$R/etc/rc.d/rc$n.d/S75heartbeat"; done
: >"$R/calls"
echo "again:"
r -U --replacepkgs $(ours heartbeat ldirectord)
packages
kept
calls
echo "erased:"
r -e heartbeat ldirectord
packages
kept
calls
in_root 'find /etc/ha.d /usr/libexec/heartbeat /usr/lib*/heartbeat /usr/share/heartbeat /var/lib/heartbeat /usr/sbin/ha_logger \
	/usr/sbin/ldirectord /etc/init.d/*heartbeat /usr/bin/cl_* 2>/dev/null | sort'
in_root 'getent passwd hacluster'
echo "returned:"
r -i $(ours heartbeat ldirectord)
packages
kept
look /etc/ha.d/shellfuncs /usr/sbin/ha_logger
r -V heartbeat ldirectord && echo verified
