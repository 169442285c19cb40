#!/bin/sh
# Builds the packages: build.sh -ba|-bs VERSION. Everything goes below build/rpm.
# One source package serves all releases; it brings every module, once for the
# present Go and once for the one that CentOS 6 needs, so that
#
#	rpmbuild --rebuild --define 'rhel 6' --define 'dist .el6' heartbeat-*.src.rpm
#
# asks no network.
set -eu

how=$1
version=$2
go=${GO:-go}
go_el6=${GO_EL6:-$go}
cd "$(dirname "$0")/../.."
top=$PWD/build/rpm
name=heartbeat-$version
spec=packaging/rpm/heartbeat.spec

SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH

# The source archive: the tree as git knows it and the modules.
archive() {
	rm -rf "$top/SOURCES"
	mkdir -p "$top/SOURCES/$name"
	git ls-files -z | tar -c --null -T - | tar -x -C "$top/SOURCES/$name"
	(
		cd "$top/SOURCES/$name"
		cp go.mod go.sum "$top/SOURCES"
		cp packaging/el6/go.mod packaging/el6/go.sum .
		"$go_el6" mod vendor
		mv vendor "$top/SOURCES/vendor"
		mv "$top/SOURCES/go.mod" "$top/SOURCES/go.sum" .
		"$go" mod vendor
		mv "$top/SOURCES/vendor" packaging/el6/vendor
		# The library below libipvs has the netlink structures of some machines only.
		# Those of aarch64 are laid out as those of x86_64.
		for v in vendor packaging/el6/vendor; do
			cp $v/github.com/hkwi/nlgo/syscall_linux_amd64.go $v/github.com/hkwi/nlgo/syscall_linux_arm64.go
		done
	)
	tar -C "$top/SOURCES" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" \
		-c "$name" | gzip -9n >"$top/SOURCES/$name.tar.gz"
	rm -rf "${top:?}/SOURCES/$name"
}

build() {
	$alone rpmbuild --define "_topdir $top" --define "_buildhost localhost" \
		--define "use_source_date_epoch_as_buildtime 1" --define "clamp_mtime_to_source_date_epoch 1" "$@"
}

# rebuild RHEL TARGET GO builds from the source package, as everybody can.
rebuild() {
	build --rebuild --target "$2" --define "rhel $1" --define "dist .el$1" --define "go $3" "$top/SRPMS/$name-1.src.rpm"
}

archive
# Where that can be had, what would ask a network finds none.
alone=
! unshare -n true 2>/dev/null || alone='unshare -n'
build -bs --define 'dist %{nil}' $spec
if [ "$how" = -ba ]; then
	rebuild 6 x86_64 "$go_el6"
	rebuild 7 x86_64 "$go"
	rebuild 7 aarch64 "$go"
fi
rm -rf "$top/BUILD" "$top/BUILDROOT"
find "$top" -name '*.rpm'
