package changelog

import (
	"context"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rione/devices"
)

// retryPause is how long the log waits before it asks for the stream again.
const retryPause = time.Second

// follow folds what comes on the stream until Close, or until a message says
// that a newer program is needed.
func (l *Log) follow(from *devices.Snapshot) {
	f := &fold{snapshot: from, seen: from.Revision}
	for l.life.Err() == nil {
		err := read(l.life, l.js, logStream, f.seen+1, func(m jetstream.Msg, seq uint64) (bool, error) {
			if err := l.take(f, seq, m.Data()); err != nil {
				return false, err
			}
			return true, nil
		})
		switch {
		case l.life.Err() != nil:
			return
		case fatal(err):
			l.logger.Error("registry no longer follows its stream", "error", err)
			l.fail(err)
			return
		}
		l.logger.Warn("registry lost its stream; asking again", "error", err)
		select {
		case <-l.life.Done():
		case <-time.After(retryPause):
		}
	}
}

// take folds one message and tells everybody. It returns only fatal errors: a
// damaged set is reported and passed over, since the city must go on.
func (l *Log) take(f *fold, seq uint64, data []byte) error {
	out, err := f.message(seq, data)
	if fatal(err) {
		return err
	}
	if out.gap {
		l.metrics.gaps.Inc()
		l.logger.Error("change sets are missing from the registry's stream: compare with a backup", "before_sequence", seq)
	}
	if err != nil {
		l.metrics.damaged.Inc()
		l.logger.Error("change set of the registry was passed over", "sequence", seq, "error", err)
	}
	l.advance(f.snapshot, f.seen)
	l.due.add(len(data))
	if out.changed {
		l.due.set(f.snapshot)
	}
	return nil
}

// advance publishes what was folded up to the sequence seen.
func (l *Log) advance(s *devices.Snapshot, seen uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s != l.current.Load() {
		l.current.Store(s)
		l.metrics.set(s)
		for w := range l.watchers {
			offer(w, s)
		}
	}
	l.seen = seen
	l.wake()
}

// fail makes err the answer to everybody who waits; the first one stays.
func (l *Log) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		l.err = err
	}
	l.wake()
}

// wake needs l.mu.
func (l *Log) wake() {
	close(l.advanced)
	l.advanced = make(chan struct{})
}

// position returns the snapshot and the sequence up to which it is folded, and
// a channel that is closed when either is no longer so.
func (l *Log) position() (*devices.Snapshot, uint64, <-chan struct{}, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.current.Load(), l.seen, l.advanced, l.err
}

// wait returns once the sequence seq is folded.
func (l *Log) wait(ctx context.Context, seq uint64) error {
	for {
		_, seen, advanced, err := l.position()
		if err != nil || seen >= seq {
			return err
		}
		select {
		case <-advanced:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
