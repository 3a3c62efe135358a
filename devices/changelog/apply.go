package changelog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rione/devices"
)

// ErrConflict is returned by Apply when the registry is not at the revision
// that the change set expects. The error is a *ConflictError.
var ErrConflict = errors.New("the registry changed meanwhile")

// ConflictError tells the revision that the registry has.
type ConflictError struct {
	Expected uint64
	Revision uint64
}

// Error implements error.
func (e *ConflictError) Error() string {
	return fmt.Sprintf("%v: it is at revision %d, the change expects %d; read it again and repeat the change", ErrConflict, e.Revision, e.Expected)
}

// Is makes errors.Is(err, ErrConflict) true.
func (e *ConflictError) Is(target error) bool { return target == ErrConflict }

// applyTries is how often Apply starts again when other writers come between.
const applyTries = 10

// Apply stores a change set, whole or not at all, and returns the registry
// after it (and perhaps after later ones). A set without devices changes
// nothing. Errors: those of ChangeSet.Validate, *devices.TakenError,
// *ConflictError, and those of JetStream.
func (l *Log) Apply(ctx context.Context, c devices.ChangeSet) (*devices.Snapshot, error) {
	if len(c.Put) == 0 {
		return l.Snapshot(), nil
	}
	if c.Time.IsZero() {
		c.Time = time.Now()
	}
	c.Time = c.Time.UTC()
	if err := c.Validate(); err != nil {
		return nil, err
	}
	encoded, err := encodeSet(newSet(&c))
	if err != nil {
		return nil, err
	}
	messages, err := split(encoded, l.partSize)
	if err != nil {
		return nil, err
	}
	select {
	case l.applying <- struct{}{}:
		defer func() { <-l.applying }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return l.append(ctx, &c, messages)
}

// append publishes the messages of c, and starts again when somebody came
// between who did not touch the revision that c expects.
func (l *Log) append(ctx context.Context, c *devices.ChangeSet, messages [][]byte) (*devices.Snapshot, error) {
	for range applyTries {
		snapshot, seen, _, err := l.position()
		if err != nil {
			return nil, err
		}
		if c.Expect != 0 && c.Expect != snapshot.Revision {
			return nil, &ConflictError{Expected: c.Expect, Revision: snapshot.Revision}
		}
		if _, err := snapshot.With(seen+uint64(len(messages)), *c); err != nil {
			return nil, err
		}
		last, err := publish(ctx, l.js, logStream, logSubject, seen, messages)
		if err == nil {
			return l.applied(ctx, last)
		}
		if !errors.Is(err, errInterleaved) {
			return nil, fmt.Errorf("store the change: %w", err)
		}
		if err := l.catchUp(ctx); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("%w: other writers came between %d times; repeat the change", ErrConflict, applyTries)
}

// applied waits for the fold of a set that is stored.
func (l *Log) applied(ctx context.Context, last uint64) (*devices.Snapshot, error) {
	if err := l.wait(ctx, last); err != nil {
		return nil, fmt.Errorf("the change is stored as revision %d, but not yet in use here: %w", last, err)
	}
	return l.Snapshot(), nil
}

// catchUp waits until everything that the stream holds now is folded.
func (l *Log) catchUp(ctx context.Context) error {
	info, err := l.stream.Info(ctx)
	if err != nil {
		return fmt.Errorf("look at stream %s: %w", logStream, err)
	}
	return l.wait(ctx, info.State.LastSeq)
}
