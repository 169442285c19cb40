# A systemd of its own, in namespaces of the guest, runs the part in units.inner.sh.
rm -f /etc/systemd/system/*.wants/* /lib/systemd/system/*.wants/*
mount -t cgroup2 none /sys/fs/cgroup 2>/dev/null || :
cat >/etc/systemd/system/play.service <<STOP
[Unit]
DefaultDependencies=no
SuccessAction=exit-force
FailureAction=exit-force
FailureActionExitStatus=1
[Service]
Type=oneshot
Environment=T=$T R=$R OURS=$OURS EL=$EL LC_ALL=C MANAGER=1 PATH=$PATH
ExecStart=/bin/sh -c '. $T/testdata/guests/units.inner.sh' 
StandardOutput=file:$T/said
StandardError=file:$T/said
STOP
rc=0
env container=other unshare -m -p -f --mount-proc /lib/systemd/systemd --system --unit=play.service --log-target=console --log-level=warning --show-status=no >$T/manager 2>&1 || rc=$?
[ $rc -eq 0 ] || tail -40 $T/manager $T/said
exit $rc
