package director

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"sync"
)

// watchMaintenance has a file in maintenancedir take effect at once. Every check
// looks for itself as well: on file systems of other hosts nobody tells.
func (d *Director) watchMaintenance() {
	dir := d.config.Global.MaintenanceDir
	if dir == d.maintained {
		return
	}
	d.maintained = dir
	d.endMaintained()
	if dir == "" {
		return
	}
	w, err := watchDir(dir)
	if err != nil {
		d.logf(warning, "maintenancedir: %v; a file there is seen by the next check", err)
		return
	}
	ctx, cancel := context.WithCancel(d.work)
	d.endMaintained = cancel
	d.workers.Add(1)
	go func() {
		defer d.workers.Done()
		w.run(ctx, func(names []string) { d.namesChanged(ctx, names) })
	}()
}

// namesChanged has the servers checked now that files name which have come or
// gone. It is not called by the loop: names of servers have to be looked up.
func (d *Director) namesChanged(ctx context.Context, names []string) {
	var servers []netip.AddrPort
	var hosts []netip.Addr
	var words []string
	for _, name := range names {
		if server, err := netip.ParseAddrPort(name); err == nil {
			servers = append(servers, server)
		} else if addr, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil {
			hosts = append(hosts, addr)
		} else if !strings.HasPrefix(name, ".") {
			words = append(words, name)
		}
	}
	if len(servers)+len(hosts) > 0 {
		d.call(func() { d.hurry(servers, hosts) })
	}
	if len(words) > 0 {
		hosts := d.hostsNamed(ctx, words)
		d.call(func() { d.hurry(nil, hosts) })
	}
}

// hurry has the checks begin now of servers, and of all servers of hosts.
func (d *Director) hurry(servers []netip.AddrPort, hosts []netip.Addr) {
	var now []*checker
	for _, c := range d.checkers {
		real := c.job.real
		if c.job.maintenanceDir != "" && (slices.Contains(servers, real) || slices.Contains(hosts, real.Addr())) {
			now = append(now, c)
		}
	}
	d.roster.hurry(now...)
}

// lookups is how many names are looked up at a time.
const lookups = 16

// hostsNamed returns the hosts that files may mean by words. The names of all are
// looked up, for no longer than one check looks for one.
func (d *Director) hostsNamed(ctx context.Context, words []string) []netip.Addr {
	ports := make(map[netip.Addr][]uint16)
	d.call(func() {
		for _, c := range d.checkers {
			if real := c.job.real; c.job.maintenanceDir != "" {
				ports[real.Addr()] = append(ports[real.Addr()], real.Port())
			}
		}
	})
	ctx, cancel := context.WithTimeout(ctx, reverseLimit)
	defer cancel()
	var mu sync.Mutex
	var found []netip.Addr
	var running sync.WaitGroup
	turns := make(chan struct{}, lookups)
	for addr, ports := range ports {
		turns <- struct{}{}
		running.Add(1)
		go func() {
			defer running.Done()
			defer func() { <-turns }()
			meant := false
			eachName(ctx, netip.AddrPortFrom(addr, 0), func(name string) bool {
				meant = slices.ContainsFunc(ports, func(port uint16) bool {
					return slices.ContainsFunc(fileNames(name, port), func(file string) bool { return slices.Contains(words, file) })
				})
				return !meant
			})
			if meant {
				mu.Lock()
				defer mu.Unlock()
				found = append(found, addr)
			}
		}()
	}
	running.Wait()
	return found
}
