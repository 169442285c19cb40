package director

import (
	"time"

	"lvsha/pkg/lvs/plan"
	"lvsha/pkg/system/logging"
)

// turn is what the director does to the table before it looks at anything else.
// The operations are collected and carried out together, which is one call of the
// kernel for many of them; what is said and done because of them comes behind, in
// the order in which it would come if each were carried out at once.
type turn struct {
	d     *Director
	table plan.Table // the services that were read, as the operations leave them
	ops   []plan.Op
	steps []step
	since time.Time // of the first of the operations
}

// maxHeld is how long an operation may wait for others to be carried out with it.
const maxHeld = 2 * time.Millisecond

// heldEvery is how many results are taken before the clock is looked at again, which
// may be a call of the kernel.
const heldEvery = 4

// held says whether an operation has waited long enough for others.
func (t *turn) held() bool { return len(t.ops) > 0 && time.Since(t.since) >= maxHeld }

// step is an operation, or what comes behind those before it.
type step struct {
	service *service // of the operation; may be nil
	text    string   // what is logged of it
	refused func()   // called if the kernel refuses it; may be nil
	then    func()   // not an operation
}

func (d *Director) turn() *turn { return &turn{d: d, table: make(plan.Table)} }

// entry returns the servers of a service, which are read once in a turn.
func (t *turn) entry(s *service) (plan.Entry, error) {
	if entry, ok := t.table[s.key]; ok {
		return entry, nil
	}
	entry, err := t.d.o.Kernel.Entry(plan.ServiceOf(s.config))
	if err == nil {
		t.table[s.key] = entry
	}
	return entry, err
}

// change has an operation carried out on a service, which may be nil.
func (t *turn) change(s *service, op plan.Op, refused func()) {
	if len(t.ops) == 0 {
		t.since = time.Now()
	}
	t.ops = append(t.ops, op)
	t.steps = append(t.steps, step{service: s, text: describe(s, op, t.d.phase), refused: refused})
	if _, read := t.table[op.Service.Key]; read {
		_ = t.table.Apply(op)
	}
}

// now carries out an operation at once, behind those before it. It returns false if
// the kernel refused.
func (t *turn) now(s *service, op plan.Op) bool {
	done := true
	t.change(s, op, func() { done = false })
	t.end()
	return done
}

// then does something behind the operations before it.
func (t *turn) then(do func()) {
	if len(t.ops) == 0 {
		do()
		return
	}
	t.steps = append(t.steps, step{then: do})
}

func (t *turn) logf(level logging.Level, format string, args ...any) {
	t.then(func() { t.d.logf(level, format, args...) })
}

// end carries out what was collected.
func (t *turn) end() {
	if len(t.ops) == 0 {
		return
	}
	ops, steps := t.ops, t.steps
	t.ops, t.steps = nil, nil
	errs := t.d.o.Kernel.ApplyAll(ops)
	n := 0
	var said []string // by operations one behind the other
	say := func() {
		logging.Lines(t.d.o.Log, logging.Info, said)
		said = nil
	}
	defer say()
	for _, step := range steps {
		if step.then != nil {
			say()
			step.then()
			continue
		}
		op, err := ops[n], error(nil)
		if errs != nil {
			err = errs[n]
		}
		n++
		if err == nil && step.text != "" {
			said = append(said, step.text)
		} else {
			say()
		}
		t.d.applied(step, op, err)
		if err == nil {
			continue
		}
		// What is there is not what was read: it is read again.
		delete(t.table, op.Service.Key)
		if step.refused != nil {
			step.refused()
		}
	}
}

// applied takes what became of an operation. An error that repeats is logged once,
// until the operation succeeds.
func (d *Director) applied(step step, op plan.Op, err error) {
	s := step.service
	what := op.Action.String() + op.Service.Key.String() + op.Dest.Addr.String()
	if s != nil && op.Action == plan.AddService {
		s.absent = err != nil
	}
	if err != nil {
		if !d.failures[what] {
			d.failures[what] = true
			d.logf(logging.Error, "%v; it will be tried again", err)
		}
		return
	}
	delete(d.failures, what)
	if step.text != "" && s != nil && op.Action >= plan.AddDest {
		d.alert(s, op, step.text)
	}
}
