# The init script of the new package refuses what the old one asks, as long as the
# transaction lives.
r -i $(ours heartbeat ldirectord)
configure
echo $$ >"$R/run/heartbeat.upgrade"
cp "$R/run/heartbeat.upgrade" "$R/run/ldirectord.upgrade"
for verb in start stop restart; do in_root "/etc/init.d/heartbeat $verb"; done
for verb in start stop restart condrestart; do in_root "/etc/init.d/ldirectord $verb"; done
(:) & gone=$!; wait $gone
echo $gone >"$R/run/heartbeat.upgrade"
in_root "/etc/init.d/heartbeat stop"
