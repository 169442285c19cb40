package director

import "syscall"

// spareFiles are the descriptors that are left to everything but checks.
const spareFiles = 128

// parallelChecks is how many checks may run at once: a check without a
// descriptor would take its server down. A check may use two.
func parallelChecks() int {
	const most, least = 4096, 64
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return least
	}
	if limit.Cur >= 2*most+spareFiles {
		return most
	}
	return max(least, (int(limit.Cur)-spareFiles)/2)
}
