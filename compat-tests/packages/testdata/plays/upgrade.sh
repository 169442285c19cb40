# From what CentOS 6 and 7 had: $HEARTBEAT of heartbeat, $LDIRECTORD, an old package.
r -i $(old cluster-glue resource-agents heartbeat-$HEARTBEAT heartbeat-libs-$HEARTBEAT $LDIRECTORD)
configure
for name in heartbeat ldirectord; do
	if [ -n "$SYSTEMD" ]; then
		mkdir -p "$R/etc/systemd/system/multi-user.target.wants" "$R/run/systemd/system"
		ln -s /usr/lib/systemd/system/$name.service "$R/etc/systemd/system/multi-user.target.wants/"
	else
		for n in 2 3 4 5; do ln -s ../init.d/$name "$R/etc/rc.d/rc$n.d/S75$name"; done
	fi
done
: >"$R/calls"
r -U $(ours heartbeat ldirectord)
packages
kept
look /etc/init.d/heartbeat /usr/lib64/heartbeat/heartbeat /usr/lib64/heartbeat/ipfail /usr/libexec/heartbeat/heartbeat /usr/bin/cl_status \
	/usr/lib64/libhbclient.so.1 /usr/share/heartbeat/ResourceManager /etc/ha.d/harc /etc/ha.d/resource.d/IPaddr2 \
	/usr/sbin/ldirectord /etc/ha.d/shellfuncs /usr/libexec/heartbeat/send_arp /usr/lib64/heartbeat/send_arp /usr/sbin/ha_logger \
	/etc/rc.d/rc3.d/S75heartbeat /etc/rc.d/rc3.d/S75ldirectord \
	/etc/systemd/system/multi-user.target.wants/heartbeat.service /etc/systemd/system/multi-user.target.wants/ldirectord.service
find "$R/run/systemd" -name '*.conf' 2>/dev/null || :
in_root 'cmp /usr/bin/cl_status /usr/libexec/heartbeat/heartbeat && echo same'
calls
echo "resource-agents and cluster-glue go:"
r -e resource-agents cluster-glue
look /etc/ha.d/shellfuncs /usr/libexec/heartbeat/send_arp /usr/sbin/ha_logger /usr/lib64/heartbeat/lrmd
echo "and return:"
r -i $(old cluster-glue resource-agents)
in_root 'cat /etc/ha.d/shellfuncs /usr/libexec/heartbeat/send_arp /usr/sbin/ha_logger'
calls
echo "the way back:"
case $LDIRECTORD in
heartbeat-*) r -e ldirectord ;; # another name, the same files
esac
r -U --oldpackage $(old heartbeat-$HEARTBEAT heartbeat-libs-$HEARTBEAT $LDIRECTORD)
packages
kept
in_root 'find /etc/ha.d /usr/lib*/heartbeat /usr/libexec/heartbeat /usr/share/heartbeat /usr/sbin/ha_logger -xtype l'
in_root 'head -2 /etc/init.d/heartbeat /usr/sbin/ldirectord'
r -e resource-agents cluster-glue --nodeps
look /etc/ha.d/shellfuncs /usr/libexec/heartbeat/send_arp /usr/lib64/heartbeat/send_arp /usr/sbin/ha_logger
calls
