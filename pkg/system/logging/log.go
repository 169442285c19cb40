package logging

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

const (
	defaultQueue = 4096
	// closeWait bounds how long Close and Flush wait for a disk that hangs.
	closeWait = 5 * time.Second
)

// record is one line on its way to the writer, with those that came with it, or
// something to do between two lines.
type record struct {
	at    time.Time
	level Level
	text  string
	more  []string
	do    func()
}

// Log is an asynchronous log. Its methods may be called from any goroutine.
type Log struct {
	now     func() time.Time
	level   atomic.Uint32
	queue   chan record
	dropped atomic.Uint64 // not yet reported
	lost    atomic.Uint64 // ever
	quit    chan struct{}
	done    chan struct{}
	once    sync.Once
	out     writer
}

// Open starts a log. A file that cannot be written is no error, since a program
// must not stay down for want of a log; it is told on the other targets. An
// unknown facility is one.
func Open(o Options) (*Log, error) {
	out, err := newWriter(o)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	size := o.Queue
	if size <= 0 {
		size = defaultQueue
	}
	l := &Log{
		now:   o.Now,
		queue: make(chan record, size),
		quit:  make(chan struct{}),
		done:  make(chan struct{}),
		out:   out,
	}
	if l.now == nil {
		l.now = time.Now
	}
	l.level.Store(uint32(o.Level))
	go l.run()
	return l, nil
}

// Log implements Sink. It never waits: a line for which there is no room is
// dropped and counted.
func (l *Log) Log(level Level, text string) {
	l.enter(record{level: level, text: text})
}

// lines logs several lines at one time.
func (l *Log) lines(level Level, texts []string) {
	if len(texts) > 0 {
		l.enter(record{level: level, text: texts[0], more: texts[1:]})
	}
}

func (l *Log) enter(r record) {
	if uint32(r.level) < l.level.Load() {
		return
	}
	r.at = l.now()
	select {
	case l.queue <- r:
	default:
		n := uint64(1 + len(r.more))
		l.dropped.Add(n)
		l.lost.Add(n)
	}
}

// SetLevel changes the least severe level that is logged.
func (l *Log) SetLevel(level Level) { l.level.Store(uint32(level)) }

// Lost returns how many lines were dropped since the log was opened.
func (l *Log) Lost() uint64 { return l.lost.Load() }

// Flush waits until every line logged before it was written.
func (l *Log) Flush() { l.between(func() {}) }

// Detach ends the writing to the terminal, after the lines logged before it.
func (l *Log) Detach() { l.between(func() { l.out.terminal = nil }) }

// between runs a function in the writer, between two lines, and waits for it.
func (l *Log) between(do func()) {
	limit := time.NewTimer(closeWait)
	defer limit.Stop()
	ran := make(chan struct{})
	select {
	case l.queue <- record{do: func() { do(); close(ran) }}:
	case <-l.done:
		return
	case <-limit.C:
		return
	}
	select {
	case <-ran:
	case <-l.done:
	case <-limit.C:
	}
}

// Close writes what waits and ends the log. Lines logged after it are lost. A
// disk that hangs holds it for five seconds at most.
func (l *Log) Close() {
	l.once.Do(func() { close(l.quit) })
	limit := time.NewTimer(closeWait)
	defer limit.Stop()
	select {
	case <-l.done:
	case <-limit.C:
	}
}

// run is the writer. It ends when the log is closed and the queue is empty.
func (l *Log) run() {
	defer close(l.done)
	defer l.out.close()
	for {
		select {
		case r := <-l.queue:
			l.handle(r)
		case <-l.quit:
			for {
				select {
				case r := <-l.queue:
					l.handle(r)
				default:
					l.reportDropped(l.now())
					return
				}
			}
		}
	}
}

func (l *Log) handle(r record) {
	if r.do != nil {
		l.out.rest()
		r.do()
		return
	}
	l.reportDropped(r.at)
	l.out.write(r.at, r.level, r.text)
	for _, text := range r.more {
		l.out.write(r.at, r.level, text)
	}
	if len(l.queue) == 0 {
		l.out.rest()
	}
}

// reportDropped says how many lines were lost since it last said so.
func (l *Log) reportDropped(at time.Time) {
	if n := l.dropped.Swap(0); n > 0 {
		l.out.write(at, Warn, fmt.Sprintf("%d log lines were dropped: they came faster than they could be written", n))
	}
}
