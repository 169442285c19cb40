// Package ipvstest is a kernel's table without a kernel, for tests.
package ipvstest

import (
	"fmt"
	"slices"
	"sync"

	"lvsha/pkg/lvs/plan"
)

// Kernel keeps a table in memory and refuses what the kernel refuses. The zero
// value is an empty table.
type Kernel struct {
	mu     sync.Mutex
	table  plan.Table
	writes int
	// Changed, if set, is called after every successful write.
	Changed func(op plan.Op)
	// Count, if set, fills in what Usage tells of a server.
	Count func(service plan.Key, use *plan.DestUse)
}

// Clear empties the table, as unloading the kernel's module does.
func (k *Kernel) Clear() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.table = nil
}

// Table returns a copy of the table.
func (k *Kernel) Table() (plan.Table, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.table.Clone(), nil
}

// Entry returns the servers of a service; none if it does not exist.
func (k *Kernel) Entry(service plan.Service) (plan.Entry, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return plan.Entry{Service: service, Dests: slices.Clone(k.table[service.Key].Dests)}, nil
}

// Apply carries out an operation.
func (k *Kernel) Apply(op plan.Op) error {
	k.mu.Lock()
	if k.table == nil {
		k.table = make(plan.Table)
	}
	err := k.table.Apply(op)
	if err == nil {
		k.writes++
	}
	k.mu.Unlock()
	if err != nil {
		return fmt.Errorf("ipvstest: %w", err)
	}
	if k.Changed != nil {
		k.Changed(op)
	}
	return nil
}

// ApplyAll carries out operations, with an error for each that was refused; nil if
// none was.
func (k *Kernel) ApplyAll(ops []plan.Op) []error { return Each(ops, k.Apply) }

// Each is ApplyAll by a function for one operation.
func Each(ops []plan.Op, apply func(plan.Op) error) (errs []error) {
	for i, op := range ops {
		if err := apply(op); err != nil {
			if errs == nil {
				errs = make([]error, len(ops))
			}
			errs[i] = err
		}
	}
	return errs
}

// Writes counts the successful operations.
func (k *Kernel) Writes() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.writes
}
