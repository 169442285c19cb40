package director

import (
	"crypto/sha256"
	"net/netip"
	"os"
	"time"

	"lvsha/pkg/lvs/config"
	"lvsha/pkg/lvs/health"
	"lvsha/pkg/lvs/plan"
	"lvsha/pkg/system/logging"
)

// Reload reads the file again. If it is in order the new configuration takes
// effect before Reload returns; if not, everything stays as it was. The report
// is nil if the director has ended.
func (d *Director) Reload() *config.Report {
	// Names may have to be looked up: the director goes on meanwhile.
	d.loading.Lock()
	defer d.loading.Unlock()
	loaded, report := d.latest.again(d.o.Host)
	if loaded != nil {
		d.latest = loaded
	}
	if !d.call(func() { d.loaded(loaded, report) }) {
		return nil
	}
	return report
}

// loaded takes what a reload has read.
func (d *Director) loaded(l *Loaded, report *config.Report) {
	for _, f := range report.Findings {
		d.logf(map[config.Severity]logging.Level{config.Error: logging.Error, config.Warning: logging.Warn}[f.Severity],
			"%s", f.Format(d.o.Path, d.o.PID))
	}
	d.noteReload(report)
	if l == nil {
		d.logf(logging.Error, "The configuration was not reloaded; the one before stays in effect")
		return
	}
	if d.o.tune != nil && l.Config != d.config {
		d.o.tune(l.Config)
	}
	d.swap(l)
	if d.o.Reloaded != nil {
		d.o.Reloaded(l.Config)
	}
}

// swap puts a new configuration into effect. What is known of servers that stay
// is kept; the table is compared as it is, not as it is remembered.
func (d *Director) swap(loaded *Loaded) {
	before := d.phase
	d.phase = config.Reloading
	var table plan.Table
	var err error
	if !d.standby {
		table, err = d.o.Kernel.Table()
	}
	if err != nil {
		d.logf(logging.Error, "reload: %v", err)
		table = nil
	}
	former := d.byKey
	keys := make([]plan.Key, 0, len(d.services))
	for _, s := range d.services {
		keys = append(keys, s.key)
	}
	same := loaded.Config == d.config
	d.config, d.digest = loaded.Config, loaded.digest
	services := make([]*service, 0, len(d.config.Virtuals))
	now := time.Now()
	for i := range d.config.Virtuals {
		if same && d.config.Virtuals[i].CheckType != config.Off {
			services = append(services, d.services[i].again())
			continue
		}
		s := newService(&d.config.Virtuals[i], now)
		if old := former[s.key]; old != nil {
			s.inherit(old)
		}
		if s.config.CheckType == config.Off {
			for j, state := range plan.Adopt(s.config, table[s.key]) {
				s.servers[j] = health.Server{State: state}
			}
		}
		services = append(services, s)
	}
	d.setServices(services)
	if err == nil && !d.standby {
		d.synchronise(table, keys)
	}
	d.keepReminders()
	d.watchMaintenance()
	if !same {
		d.startCheckers()
		d.applyKnown()
	}
	d.phase = before
	d.changes.note()
	d.grace.Reset(d.o.Grace)
	d.graceEnd = d.grace.C
	d.settleKnown()
}

// again is the service after a reload that changed nothing: what the kernel refused
// is tried again.
func (s *service) again() *service {
	clear(s.retry)
	s.absent = false
	return s
}

// inherit takes over what was known of the servers that are still there. Their
// weight, method and port may have changed; the server has not.
func (s *service) inherit(old *service) {
	s.settled, s.noneUp, s.told = old.settled, old.noneUp, old.told
	known := make(map[netip.AddrPort]int, len(old.servers))
	for i, r := range old.config.Reals {
		if old.config.CheckType != config.Off {
			known[netip.AddrPortFrom(r.Addr, r.Port)] = i
		}
	}
	for i, r := range s.config.Reals {
		j, ok := known[netip.AddrPortFrom(r.Addr, r.Port)]
		if ok {
			s.servers[i], s.checkers[i], s.marks[i] = old.servers[j], old.checkers[j], old.marks[j]
		}
		// A server that is new is waited for like at start.
		s.settled = s.settled && ok
	}
}

// applyKnown gives servers that are new to a job the result that it has.
func (d *Director) applyKnown() {
	t := d.turn()
	defer t.end()
	for _, c := range d.checkers {
		if c.last.checker == nil {
			continue
		}
		for _, sub := range c.subs {
			if sub.service.servers[sub.index].State == health.Unknown {
				t.judge(sub, c.last)
			}
		}
	}
}

// fileChanged looks at the file after something has touched it.
func (d *Director) fileChanged() {
	content, err := os.ReadFile(d.o.Path)
	if err != nil {
		d.logOnce(&missingError{pid: d.o.PID, path: d.o.Path})
		return
	}
	digest := sha256.Sum256(content)
	if digest == d.digest {
		return
	}
	d.logf(info, "Configuration file '%s' has changed on disk", d.o.Path)
	d.digest = digest
	if !d.config.Global.AutoReload {
		d.logf(info, " - ignore new configuration")
		d.tellCallback()
		return
	}
	d.logf(info, " - reread new configuration")
	d.workers.Add(1)
	go func() {
		defer d.workers.Done()
		d.Reload()
		d.call(d.tellCallback)
	}()
}

// tellCallback runs the command that the file names for its own changes. It
// often copies the file to the other director, which is not to send it back.
func (d *Director) tellCallback() {
	if d.standby {
		return
	}
	callback := d.config.Global.Callback
	if fileInfo, err := os.Stat(callback); err == nil && fileInfo.Mode().IsRegular() && fileInfo.Mode()&0o111 != 0 {
		d.shell.run(callback + " " + d.o.Path)
	}
}

// renew puts the whole table into a kernel that has lost it.
func (d *Director) renew() {
	if d.standby {
		return
	}
	table, err := d.o.Kernel.Table()
	if err != nil {
		d.logf(logging.Error, "IPVS was loaded anew: %v", err)
		return
	}
	d.logf(warning, "IPVS was loaded anew: the table is set up again")
	d.synchronise(table, nil)
}
