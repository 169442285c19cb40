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

# build HOW RHEL DIST TARGET GO. The Go on the machine need not be a package.
build() {
	rpmbuild "$1" --nodeps --target "$4" \
		--define "_topdir $top" --define "rhel $2" --define "dist $3" --define "go $5" \
		--define "_buildhost localhost" --define "use_source_date_epoch_as_buildtime 1" \
		--define "clamp_mtime_to_source_date_epoch 1" $spec
}

archive
build -bs 7 %{nil} x86_64 "$go"
if [ "$how" = -ba ]; then
	build -bb 6 .el6 x86_64 "$go_el6"
	build -bb 7 .el7 x86_64 "$go"
	build -bb 7 .el7 aarch64 "$go"
fi
rm -rf "$top/BUILD" "$top/BUILDROOT"
find "$top" -name '*.rpm'
