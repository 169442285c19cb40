# dnf replaces what CentOS 7 had by what a repository with our packages offers:
# $HEARTBEAT of heartbeat, $LDIRECTORD, an old package.
r -i $(old cluster-glue resource-agents heartbeat-$HEARTBEAT heartbeat-libs-$HEARTBEAT $LDIRECTORD)
configure
: >"$R/calls"
mkdir "$T/repository"
cp $(ours heartbeat ldirectord) "$T/repository"
createrepo_c -q "$T/repository"
d() {
	dnf -q --installroot="$R" --setopt=reposdir=/dev/null --setopt=cachedir="$T/cache" --setopt=logdir="$T" --setopt=gpgcheck=0 \
		--releasever=7 --repofrompath="ours,file://$T/repository" "$@"
}
d check-update || [ $? = 100 ]
d -y update >"$T/said" 2>&1 || cat "$T/said"
packages
kept
d check
calls
