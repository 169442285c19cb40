# Sourced by the plays. Makes $R, the root directory of a CentOS of sorts: this
# machine's files without the originals, with a database of packages of its own.
# $T/rpms has the stand-ins, $OURS our packages. In a guest R is the guest's own
# root, which is thrown away anyhow.
set -e
if [ -z "$R" ]; then
	R=$T/root
	mount -t tmpfs none "$T/over"
	mkdir -p "$T/over/upper" "$T/over/work" "$R"
	mount -t overlay -o "lowerdir=/,upperdir=$T/over/upper,workdir=$T/over/work" none "$R"
	mount --rbind /proc "$R/proc"
	mount --rbind /dev "$R/dev"
	mount -t tmpfs -o mode=755 none "$R/run"
	mount -t tmpfs none "$R/tmp"
fi
mkdir -p "$R/run/lock/subsys"
dpkg-query -L heartbeat ldirectord resource-agents cluster-glue 2>/dev/null | while read -r f; do
	[ -z "$f" ] || [ -d "$f" ] || rm -f "$R$f"
done
rm -rf "$R/etc/ha.d" "$R/var/lib/heartbeat" "$R/usr/lib/heartbeat" "$R/usr/lib64/heartbeat" "$R/usr/libexec/heartbeat" "$R/usr/share/heartbeat"
rm -f "$R"/etc/systemd/system/*.wants/heartbeat.service "$R"/etc/systemd/system/*.wants/ldirectord.service
rm -f "$R"/etc/rc[0-6].d/[SK][0-9][0-9]heartbeat "$R"/etc/rc[0-6].d/[SK][0-9][0-9]ldirectord
sed -i '/^hacluster:/d' "$R/etc/passwd" "$R/etc/shadow"
sed -i '/^haclient:/d' "$R/etc/group" "$R/etc/gshadow"
mkdir "$R/etc/rc.d"
for d in init.d rc0.d rc1.d rc2.d rc3.d rc4.d rc5.d rc6.d; do
	mv "$R/etc/$d" "$R/etc/rc.d/$d"
	ln -s rc.d/$d "$R/etc/$d"
done
# The service manager, unless there is one, is only asked.
[ -n "$MANAGER" ] || printf '#!/bin/sh\necho "systemctl $*" >>/calls\n[ ! -e "/run/systemd/system/${3:-$2}.d/upgrade.conf" ] || echo "refused" >>/calls\n' >"$R/usr/bin/systemctl"
. testdata/tools.sh
mkdir -p "$R/var/lib/rpm"
r --initdb
: >"$R/calls"
r -i "$T"/rpms/base-1*.rpm "$T"/rpms/chkconfig-*.rpm
