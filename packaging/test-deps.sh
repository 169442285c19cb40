#!/bin/sh
# Installs what the tests run beside our own programs: the original heartbeat
# and ldirectord, and tools. Debian; as root. Nothing is installed that is there
# already, nothing is removed for it, and no daemon is started by the
# installation.
set -eu

packages="heartbeat ldirectord ipvsadm keepalived resource-agents user-mode-linux
	kmod rpm rpmlint dnf createrepo-c iproute2 nftables iptables procps psmisc net-tools tcpdump nginx-light apache2-bin xinetd lvm2 mdadm curl gcc libc6-dev groff-base"
# Either ping will do.
command -v ping >/dev/null || packages="$packages iputils-ping"

# The servers that the checks of both ldirectords are tried against, and the
# modules of the original's: about 40 MB.
packages="$packages squid vsftpd dovecot-imapd dovecot-pop3d slapd unbound mariadb-server-core postgresql freeradius kamailio
	leafnode perl libwww-perl liblwp-protocol-https-perl libnet-inet6glue-perl libmail-pop3client-perl libnet-imap-simple-perl
	libnet-ldap-perl libnet-dns-perl libauthen-radius-perl libdbd-mysql-perl libdbd-pg-perl"
# A browser for the status pages, without a screen: 220 MB.
packages="$packages chromium-headless-shell"
# A machine has one mail server; without this one its test is skipped.
if [ ! -e /usr/sbin/sendmail ] || dpkg-query -W opensmtpd >/dev/null 2>&1; then
	packages="$packages opensmtpd"
fi

missing=
for p in $packages; do
	case $(dpkg-query -W -f '${db:Status-Abbrev}' "$p" 2>/dev/null) in
	ii*) ;;
	*) missing="$missing $p" ;;
	esac
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
	echo "test-deps: not a Debian machine; install by hand:$missing" >&2
	exit 1
fi
if [ "$(id -u)" != 0 ]; then
	echo "test-deps: run as root to install:$missing" >&2
	exit 1
fi

# Without a policy of its own the machine would start what is installed.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
	trap 'rm -f $policy' EXIT
	trap 'exit 1' HUP INT TERM
	printf '#!/bin/sh\nexit 101\n' >$policy
	chmod 755 $policy
fi

echo "test-deps: installing$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# The words are package names.
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends --no-remove $missing
