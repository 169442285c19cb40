package status

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Snapshot is what a daemon sees at one moment. It is shown as JSON by
// encoding/json and must not change any more.
type Snapshot interface {
	// Healthy returns nil if the daemon does what it should, or why it does not.
	Healthy() error
	// Metrics adds the metrics of the snapshot.
	Metrics(*Metrics)
}

// ErrNoAnswer says that the daemon's loop did not answer in time.
var ErrNoAnswer = errors.New("the daemon does not answer")

// snapshots asks the daemon when somebody wants to know, at most once in maxAge.
type snapshots struct {
	ask    func(context.Context) (Snapshot, error)
	ctx    context.Context // ends with the server
	maxAge time.Duration   // of what is shared
	limit  time.Duration   // for an answer

	turn  chan struct{} // held by who asks
	mu    sync.Mutex
	last  *shot
	spare []byte // of metrics that nobody reads any more
}

// shot is one answer of the daemon, and its forms as far as somebody wanted them.
type shot struct {
	at       time.Time
	snapshot Snapshot
	err      error

	asJSON, asMetrics func() ([]byte, error)

	// What follows is guarded by the mutex of the snapshots.
	users    int  // who may read the forms
	replaced bool // by a later one
	metrics  []byte
}

func (o *snapshots) newShot(s Snapshot, err error) *shot {
	shot := &shot{
		at: time.Now(), snapshot: s, err: err, users: 1,
		asJSON: sync.OnceValues(func() ([]byte, error) {
			var b bytes.Buffer
			err := json.NewEncoder(&b).Encode(s)
			return b.Bytes(), err
		}),
	}
	shot.asMetrics = sync.OnceValues(func() ([]byte, error) {
		m := new(Metrics)
		s.Metrics(m)
		text := m.AppendText(o.takeSpare())
		o.mu.Lock()
		defer o.mu.Unlock()
		shot.metrics = text
		return text, nil
	})
	return shot
}

// The text of the metrics of a thousand servers has three megabytes: it is written
// where the one before was, once nobody reads that any more.
func (o *snapshots) takeSpare() []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	b := o.spare
	o.spare = nil
	return b
}

// release says that who has got a shot does not read it any more.
func (o *snapshots) release(s *shot) {
	if s == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	s.users--
	o.recycle(s)
}

// recycle keeps the text of a shot that nobody reads or will.
func (o *snapshots) recycle(s *shot) {
	if s.replaced && s.users == 0 && s.metrics != nil {
		o.spare, s.metrics = s.metrics[:0], nil
	}
}

// fresh returns the last answer if it is not too old.
func (s *snapshots) fresh() *shot {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last != nil && time.Since(s.last.at) < s.maxAge {
		s.last.users++
		return s.last
	}
	return nil
}

// get returns an answer of the daemon, which has to be released. What it asks for goes on when the client
// has gone: the next one will want it.
func (s *snapshots) get(client context.Context) (*shot, error) {
	if last := s.fresh(); last != nil {
		return last, last.err
	}
	select {
	case s.turn <- struct{}{}:
	case <-client.Done():
		return nil, client.Err()
	case <-s.ctx.Done():
		return nil, s.ctx.Err()
	}
	defer func() { <-s.turn }()
	if last := s.fresh(); last != nil {
		return last, last.err
	}
	ctx, cancel := context.WithTimeout(s.ctx, s.limit)
	defer cancel()
	snapshot, err := s.ask(ctx)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		err = fmt.Errorf("%w within %v", ErrNoAnswer, s.limit)
	case err == nil && snapshot == nil:
		err = ErrNoAnswer
	}
	last := s.newShot(snapshot, err)
	s.mu.Lock()
	defer s.mu.Unlock()
	if before := s.last; before != nil {
		before.replaced = true
		s.recycle(before)
	}
	s.last = last
	return last, err
}
