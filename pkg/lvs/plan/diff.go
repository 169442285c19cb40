package plan

// Diff returns the operations that make of the actual table the one that the
// services call for: at start and at reload. Services of the table that are
// neither in the configuration nor among former are somebody else's and are
// left alone; of the configured services every unknown server is removed.
func Diff(actual Table, virtuals []Virtual, former []Key) []Op {
	var ops []Op
	var w wishes // filled anew for each service, in the same room
	configured := make(map[Key]bool, len(virtuals))
	for _, v := range virtuals {
		service := ServiceOf(v.Config)
		configured[service.Key] = true
		if v.Config.Refused != "" {
			continue
		}
		entry, exists := actual[service.Key]
		switch {
		case !exists:
			ops = append(ops, Op{Action: AddService, Service: service})
		case entry.Service != service:
			ops = append(ops, Op{Action: EditService, Service: service})
		}
		w.fill(v)
		ops = append(ops, w.all(service, entry)...)
	}
	for _, key := range former {
		if entry, exists := actual[key]; exists && !configured[key] {
			ops = append(ops, Op{Action: DeleteService, Service: entry.Service})
		}
	}
	return ops
}

// all compares every server of a service with what is wished for it. What is added
// comes before what is removed, so that a service that has servers is never without
// one.
func (w *wishes) all(service Service, entry Entry) []Op {
	var ops, removals []Op
	for _, wanted := range w.list {
		for _, op := range step(service, entry, wanted, true) {
			if op.Action == DeleteDest {
				removals = append(removals, op)
			} else {
				ops = append(ops, op)
			}
		}
	}
	for _, d := range entry.Dests {
		if _, wanted := w.at[d.Addr]; !wanted {
			removals = append(removals, Op{Action: DeleteDest, Service: service, Dest: d, Before: d})
		}
	}
	return append(ops, removals...)
}

// Change returns the operations after the state of one server has changed. Only
// the entries of that server and of the fallback are looked at: a weight that
// was set by hand on another server stays. readd says whether a server that has
// to rest with weight 0 and was removed by hand comes back (readdquiescent).
func Change(entry Entry, v Virtual, real int, readd bool) []Op {
	service := entry.Service
	service.Key = KeyOf(v.Config)
	addr := RealAddr(v.Config, v.Config.Reals[real])
	ops := step(service, entry, v.wishFor(addr), readd)
	fallback, ok := FallbackAddr(v.Config)
	if !ok || fallback == addr {
		return ops
	}
	more := step(service, entry, v.wishFor(fallback), readd)
	if v.NoneUp() {
		// The fallback takes over before the last server goes.
		return append(more, ops...)
	}
	return append(ops, more...)
}

// Settle returns the operations when a service stops waiting for its unknown
// servers: only the fallback can change.
func Settle(entry Entry, v Virtual) []Op {
	fallback, ok := FallbackAddr(v.Config)
	if !ok {
		return nil
	}
	return step(entry.Service, entry, v.wishFor(fallback), false)
}

// step compares one address with what is wished for it.
func step(service Service, entry Entry, w wish, readd bool) []Op {
	before, exists := entry.Dests.Find(w.dest.Addr)
	op := Op{Service: service, Dest: w.dest, Before: before}
	switch {
	case w.want == keep:
		return nil
	case w.want == absent && exists:
		op.Action, op.Dest = DeleteDest, before
	case w.want == absent:
		return nil
	case !exists && w.want == zero && !readd:
		return nil
	case !exists:
		op.Action = AddDest
	case w.want == zero && before.Weight == 0 && before.Forward == w.dest.Forward, before == w.dest:
		return nil
	default:
		op.Action = EditDest
	}
	return []Op{op}
}

// Stop returns the operations of an orderly end: the services with cleanstop
// go, with everything in them.
func Stop(actual Table, virtuals []Virtual) []Op {
	var ops []Op
	for _, v := range virtuals {
		if entry, exists := actual[KeyOf(v.Config)]; exists && v.Config.CleanStop && v.Config.Refused == "" {
			ops = append(ops, Op{Action: DeleteService, Service: entry.Service})
		}
	}
	return ops
}
