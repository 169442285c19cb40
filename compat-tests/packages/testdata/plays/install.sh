r -i $(ours heartbeat ldirectord)
packages
in_root 'id hacluster; getent passwd hacluster'
look /usr/libexec/heartbeat/heartbeat /usr/lib/heartbeat/heartbeat /usr/lib64/heartbeat/heartbeat /usr/sbin/ldirectord \
	/usr/bin/cl_status /usr/share/heartbeat/hb_standby /etc/init.d/heartbeat /etc/init.d/ldirectord /etc/init.d/lvs-realserver \
	/etc/ha.d/harc /etc/ha.d/shellfuncs /etc/ha.d/rc.d/status /etc/ha.d/resource.d/IPaddr2 /etc/ha.d/resource.d/ldirectord \
	/etc/ha.d/conf /usr/libexec/heartbeat/send_arp /usr/sbin/ha_logger /var/lib/heartbeat/cores/hacluster \
	/usr/lib/systemd/system/heartbeat.service /usr/lib/systemd/system/ldirectord.service
in_root '/usr/libexec/heartbeat/heartbeat -V; /usr/sbin/ldirectord -v; . /etc/ha.d/shellfuncs && echo functions'
in_root '/etc/init.d/heartbeat status; echo "status $?"; /etc/init.d/ldirectord status; echo "status $?"'
in_root 'find /etc/ha.d /usr/lib*/heartbeat /usr/share/heartbeat /usr/sbin/ha_logger -xtype l'
r -V heartbeat ldirectord && echo verified
calls
