# Sourced by the plays. Makes $R, the root directory of a CentOS of sorts: this
# machine's files without the originals, with a database of packages of its own.
# $SPECS/rpms has the stand-ins, $OURS our packages.
set -e
R=$T/root
mount -t tmpfs none "$T/over"
mkdir -p "$T/over/upper" "$T/over/work" "$R"
mount -t overlay -o "lowerdir=/,upperdir=$T/over/upper,workdir=$T/over/work" none "$R"
mount --rbind /proc "$R/proc"
mount --rbind /dev "$R/dev"
mount -t tmpfs -o mode=755 none "$R/run"
mount -t tmpfs none "$R/tmp"
mkdir -p "$R/run/lock/subsys"
dpkg-query -L heartbeat ldirectord resource-agents cluster-glue 2>/dev/null | while read -r f; do
	[ -z "$f" ] || [ -d "$f" ] || rm -f "$R$f"
done
rm -rf "$R/etc/ha.d" "$R/var/lib/heartbeat" "$R/usr/lib/heartbeat" "$R/usr/lib64/heartbeat" "$R/usr/libexec/heartbeat" "$R/usr/share/heartbeat"
rm -f "$R"/etc/systemd/system/*.wants/heartbeat.service "$R"/etc/systemd/system/*.wants/ldirectord.service
sed -i '/^hacluster:/d' "$R/etc/passwd" "$R/etc/shadow"
sed -i '/^haclient:/d' "$R/etc/group" "$R/etc/gshadow"
mkdir "$R/etc/rc.d"
for d in init.d rc0.d rc1.d rc2.d rc3.d rc4.d rc5.d rc6.d; do
	mv "$R/etc/$d" "$R/etc/rc.d/$d"
	ln -s rc.d/$d "$R/etc/$d"
done
# The service manager, if a play wants one, is only asked.
printf '#!/bin/sh\necho "systemctl $*" >>/calls\n[ ! -e "/run/systemd/system/${3:-$2}.d/upgrade.conf" ] || echo "refused" >>/calls\n' >"$R/usr/bin/systemctl"
chmod 755 "$R/usr/bin/systemctl"
# Debian's rpm advises against itself.
r() {
	case $1 in
	-[ieU]) set -- "$@" --force-debian ;;
	esac
	rpm --root "$R" "$@"
}
mkdir -p "$R/var/lib/rpm"
r --initdb
: >"$R/calls"
r -i "$T"/rpms/base-1*.rpm "$T"/rpms/chkconfig-*.rpm

old() { for p in "$@"; do echo "$T"/rpms/$p*.rpm; done; }
ours() { for p in "$@"; do echo "$OURS/$p"-5.*.$EL.x86_64.rpm; done; }
in_root() { chroot "$R" /bin/sh -c "$1"; }
# look says what is there of files.
look() {
	for f in "$@"; do
		if [ -L "$R$f" ]; then
			echo "$f -> $(readlink "$R$f")"
		elif [ -e "$R$f" ]; then
			echo "$f $(chroot "$R" stat -c '%A %U:%G' "$f")"
		else
			echo "$f is not there"
		fi
	done
}
calls() {
	echo "calls:"
	grep -Ev 'daemon-reload|LoadState' "$R/calls" | sed 's/^/  /' || :
	: >"$R/calls"
}
packages() { r -qa --qf '%{name}-%{version}\n' | sort | grep -E '^(heartbeat|ldirectord)' || echo "no packages"; }
configure() {
	mkdir -p "$R/etc/ha.d/conf" "$R/etc/ha.d/resource.d" "$R/var/lib/heartbeat"
	for f in etc/ha.d/ha.cf etc/ha.d/haresources etc/ha.d/authkeys etc/ha.d/ldirectord.cf etc/ha.d/conf/ldirectord.cf \
		var/lib/heartbeat/hb_generation var/lib/heartbeat/hb_uuid var/lib/heartbeat/hostcache; do
		echo "the site's $f" >"$R/$f"
	done
	chmod 600 "$R/etc/ha.d/authkeys"
	printf '#!/bin/sh\necho "startstop $*" >>/calls\n' >"$R/etc/ha.d/resource.d/startstop"
	chmod 755 "$R/etc/ha.d/resource.d/startstop"
}
kept() {
	for f in etc/ha.d/ha.cf etc/ha.d/haresources etc/ha.d/authkeys etc/ha.d/ldirectord.cf etc/ha.d/conf/ldirectord.cf \
		var/lib/heartbeat/hb_generation var/lib/heartbeat/hb_uuid var/lib/heartbeat/hostcache; do
		[ "$(cat "$R/$f" 2>&1)" = "the site's $f" ] || echo "$f: $(cat "$R/$f" 2>&1)"
	done
	find "$R/etc/ha.d" -name '*upgrade' -o -name '*rpm*' | sed "s|$R||"
	ls "$R"/run/*upgrade 2>/dev/null || :
}
