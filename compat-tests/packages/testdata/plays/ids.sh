# 189 belongs to somebody else.
in_root 'groupadd -r -g 189 others && useradd -r -u 189 -g others others'
r -i $(ours heartbeat)
in_root 'getent passwd others hacluster | cut -d: -f1,6,7; [ "$(id -u hacluster)" != 189 ] && id -gn hacluster'
look /usr/bin/cl_status /var/lib/heartbeat/cores/hacluster
