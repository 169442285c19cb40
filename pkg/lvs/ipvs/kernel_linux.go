package ipvs

import (
	"errors"
	"fmt"
	"sync"

	"github.com/mqliang/libipvs"

	"lvsha/pkg/lvs/plan"
)

// ErrNoIPVS says that the kernel has no IPVS and could not load it.
var ErrNoIPVS = errors.New("this kernel has no IPVS: load the module ip_vs (modprobe ip_vs), or install a kernel that has it")

// Kernel is the IPVS table of the network namespace that the program runs in.
// Its methods may be called from any goroutine.
type Kernel struct {
	mu      sync.Mutex
	handle  libipvs.IPVSHandle
	raw     *rawConn
	options *options
}

// Open connects to the kernel, which loads the module if it can. The error is
// ErrNoIPVS if there is none.
func Open() (*Kernel, error) {
	o, err := openOptions()
	if err != nil {
		return nil, fmt.Errorf("open ipvs: %w", err)
	}
	k := &Kernel{options: o}
	if err := k.connect(); err != nil {
		_ = o.close()
		return nil, fmt.Errorf("open ipvs: %w", err)
	}
	return k, nil
}

// connect opens the connections anew: the number of the family changes when the
// module is loaded again.
func (k *Kernel) connect() error {
	raw, err := openRaw()
	if err != nil {
		return err
	}
	// libipvs reads its answers on a goroutine that ends with the process; the
	// handle is made only when the family is known to exist, and never runs
	// modprobe: the kernel has loaded the module by itself when asked.
	handle, err := libipvs.NewIPVSHandle(libipvs.IPVSHandleParams{LoadModule: false})
	if err != nil {
		_ = raw.close()
		return err
	}
	if k.raw != nil {
		_ = k.raw.close()
	}
	k.handle, k.raw = handle, raw
	return nil
}

// Close gives the connection back.
func (k *Kernel) Close() error { return errors.Join(k.raw.close(), k.options.close()) }

// Table reads all services with their servers.
func (k *Kernel) Table() (plan.Table, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	services, err := k.raw.services()
	if err != nil {
		return nil, fmt.Errorf("read ipvs services: %w", err)
	}
	sizes, all := k.options.sizes()
	servers := make([]plan.Dest, 0, all) // of all services, in one piece
	table := make(plan.Table, len(services))
	for _, s := range services {
		before := len(servers)
		n, counted := sizes[s.Key]
		if counted {
			servers, err = k.options.dests(servers, s.Key, n)
		}
		if !counted || err != nil {
			if servers, err = k.dests(servers, s.Service); err != nil {
				return nil, err
			}
		}
		table[s.Key] = plan.Entry{Service: s.Service, Dests: plan.DestsOf(servers[before:len(servers):len(servers)])}
	}
	return table, nil
}

// Entry reads the servers of one service. A service that the kernel does not
// have shows as one without servers: the kernel does not tell them apart.
func (k *Kernel) Entry(service plan.Service) (plan.Entry, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	dests, err := k.dests(nil, service)
	return plan.Entry{Service: service, Dests: plan.DestsOf(dests)}, err
}

// dests appends the servers of a service to a list.
func (k *Kernel) dests(list []plan.Dest, service plan.Service) ([]plan.Dest, error) {
	list, err := k.raw.dests(list, service)
	if err != nil {
		return nil, fmt.Errorf("read ipvs servers of %s: %w", service.Key, err)
	}
	return list, nil
}

// Apply carries out one operation.
func (k *Kernel) Apply(op plan.Op) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.apply(op); err != nil {
		return refusalOf(op, err)
	}
	return nil
}

// ApplyAll carries out operations, one after the other. It returns nil, or for each
// its error or nil: one that the kernel refuses does not end those behind it. libipvs
// takes one at a time and waits for it on another goroutine; a start has thousands.
func (k *Kernel) ApplyAll(ops []plan.Op) []error {
	var errs []error
	failed := func(i int, err error) {
		if errs == nil {
			errs = make([]error, len(ops))
		}
		errs[i] = err
	}
	if len(ops) == 1 {
		if err := k.Apply(ops[0]); err != nil {
			failed(0, err)
		}
		return errs
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.raw.applyAll(ops, func(i int, err error) { failed(i, refusalOf(ops[i], err)) })
	return errs
}

// refusalOf says which operation an error of the kernel is about.
func refusalOf(op plan.Op, err error) error {
	object := op.Service.Key.String()
	if op.Action >= plan.AddDest {
		object = op.Dest.Addr.String() + " of " + object
	}
	return fmt.Errorf("%s %s: %w", op.Action, object, explain(op, err))
}

func (k *Kernel) apply(op plan.Op) error {
	if speaksRaw(op.Service) {
		return k.raw.apply(op)
	}
	service := toService(op.Service)
	switch op.Action {
	case plan.AddService:
		return k.handle.NewService(service)
	case plan.EditService:
		return k.handle.UpdateService(service)
	case plan.DeleteService:
		return k.handle.DelService(service)
	case plan.AddDest:
		return k.handle.NewDestination(service, toDest(op.Dest))
	case plan.EditDest:
		return k.handle.UpdateDestination(service, toDest(op.Dest))
	}
	return k.handle.DelDestination(service, toDest(op.Dest))
}
