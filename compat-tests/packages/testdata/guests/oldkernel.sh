r -i $(ours heartbeat ldirectord)
. $T/testdata/guests/director.sh
$T/player old /bin/uname -r | cut -c1-3
# x is what it says on an old kernel, and its exit status.
x() {
	echo "\$ $*"
	$T/player old "$@" && rc=0 || rc=$?
	echo "exit $rc"
}
x /etc/init.d/ldirectord start
x /usr/sbin/ldirectord status
state
x /etc/init.d/ldirectord stop
state
x /etc/init.d/heartbeat start
until_true "holds && serves"
state
x /etc/init.d/heartbeat status
x /usr/bin/cl_status hbstatus
x /etc/ha.d/resource.d/ldirectord ldirectord.cf reload
x /etc/init.d/heartbeat stop
state
