# Sourced. What the plays do with the root directory $R.

# Debian's rpm advises against itself.
r() {
	case $1 in
	-[ieU]) set -- "$@" --force-debian ;;
	esac
	rpm --root "$R" "$@"
}

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
