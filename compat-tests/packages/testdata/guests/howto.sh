r -i $(ours heartbeat ldirectord)
exec $T/player howto $T/results
