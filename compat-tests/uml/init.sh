#!/bin/sh
# The guest's first process. It turns the host's files into an overlay that is
# thrown away, loads the modules, runs the script and powers off.
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
HOME=/root
export PATH HOME
dir=@DIR@
kernel=$(uname -r)

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /run
# modprobe looks below lib/modules, which the host need not have.
mkdir -p /run/kmod/lib/modules/$kernel
mount --bind @MODULES@/$kernel /run/kmod/lib/modules/$kernel
modprobe -d /run/kmod overlay

mkdir -p /run/lower /run/upper /run/work /run/root
mount --bind / /run/lower
mount -t overlay -o lowerdir=/run/lower,upperdir=/run/upper,workdir=/run/work overlay /run/root
mkdir -p /run/root/lib/modules/$kernel /run/root/old
mount --bind @MODULES@/$kernel /run/root/lib/modules/$kernel
for name in proc sys dev; do mount --rbind /$name /run/root/$name; done
mount -t tmpfs tmpfs /run/root/run
mount -t tmpfs tmpfs /run/root/tmp
mkdir -p /run/root/run/boot /run/root/run/lock /run/root/dev/shm /run/root/dev/pts
mount -t tmpfs tmpfs /run/root/dev/shm
mount -t devpts devpts /run/root/dev/pts
mount -t hostfs none /run/root/run/boot -o $dir
share=$(cat $dir/share)
if [ -n "$share" ]; then
	mkdir /run/root/run/share
	mount -t hostfs none /run/root/run/share -o "$share"
fi
# With chroot alone the kernel's own calls of modprobe would see the old root.
cd /run/root && pivot_root . old && cd /

for name in $(cat /run/boot/modules); do modprobe $name; done
ip link set lo up
echo "uml-boot: script begins"
(exec </dev/null; exec /bin/sh /run/boot/script) 2>&1
status=$?
echo
echo "uml-boot: script ended"
echo $status >/run/boot/status
echo o >/proc/sysrq-trigger
# The first process must not end before the power is off.
while :; do sleep 60; done
