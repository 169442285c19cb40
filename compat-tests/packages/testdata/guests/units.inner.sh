# Runs as a service beside those that it installs.
set -e
cd $T
. testdata/tools.sh
r -i $(ours heartbeat ldirectord)
. $T/testdata/guests/director.sh
is() { systemctl show -p ActiveState -p SubState -p Result -p Type "$1" | sort | tr '\n' ' '; echo; }
main() { systemctl show -p MainPID --value "$1"; }

mkdir -p /run/systemd/system/ldirectord.service.d
printf '[Service]\nWatchdogSec=4s\n' >/run/systemd/system/ldirectord.service.d/soon.conf
systemctl daemon-reload

echo "nothing is enabled:"
systemctl is-enabled heartbeat ldirectord || :
is heartbeat
is ldirectord

echo "ldirectord alone:"
systemctl start ldirectord
is ldirectord
state
[ "$(main ldirectord)" = "$(cat /run/ldirectord.ldirectord.pid)" ] && echo "the daemon is watched"
sed -i 's/gate 10/gate 20/' /etc/ha.d/conf/ldirectord.cf
systemctl reload ldirectord
state
kill -STOP "$(main ldirectord)"
watched=$(main ldirectord)
until_true '[ "$(main ldirectord)" != $watched ] && [ "$(systemctl is-active ldirectord)" = active ]'
echo "a hanging director was replaced"
state
/etc/init.d/ldirectord stop
is ldirectord
state

echo "heartbeat by its init script:"
/etc/init.d/heartbeat start
until_true "holds && serves"
is heartbeat
state
/etc/init.d/heartbeat status | cut -d' ' -f1,2
systemctl reload heartbeat
watched=$(main heartbeat)
kill -KILL $watched
until_true '[ "$(main heartbeat)" != $watched ] && [ "$(systemctl is-active heartbeat)" = active ]'
echo "a killed heartbeat was replaced"
until_true "holds && serves"
state
echo "the package is replaced:"
watched=$(main heartbeat)
r -U --replacepkgs $(ours heartbeat ldirectord)
[ "$(main heartbeat)" = "$watched" ] && echo "heartbeat went on"
state
systemctl stop heartbeat
is heartbeat
state
