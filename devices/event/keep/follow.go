package keep

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rione/devices/event"
)

// Pauses between two tries.
const (
	firstPause = time.Second
	mostPause  = 5 * time.Minute
	ackWait    = 30 * time.Second // a change that is being delivered is not given to another meanwhile
)

// RetryAfterError asks to try again no sooner than after a time.
type RetryAfterError struct {
	Pause time.Duration
	Err   error
}

// Error implements error.
func (e *RetryAfterError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *RetryAfterError) Unwrap() error { return e.Err }

// Follower is somebody to whom every change is delivered.
type Follower struct {
	Name     string        // keeps the place over restarts
	Patience time.Duration // how old a change may become before it is given up; 0: it never is
	// Deliver delivers one change; seq numbers the changes and stays the same
	// when one is tried again.
	Deliver func(ctx context.Context, seq uint64, e event.Event) error
	GaveUp  func(e event.Event, err error) // hears of what was given up; nil: nobody
}

// Follow delivers every change, one after the other in their order, until ctx
// ends. One that could not be delivered is tried again, with pauses that grow
// and vary, as long as patience lasts. Who is new begins with what comes next.
func (s *Store) Follow(ctx context.Context, f Follower) error {
	c, err := s.stream.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
		Durable: f.Name, AckPolicy: jetstream.AckExplicitPolicy, AckWait: ackWait, MaxAckPending: 1, DeliverPolicy: jetstream.DeliverNewPolicy,
	})
	if err != nil {
		return fmt.Errorf("follow events: %w", err)
	}
	for ctx.Err() == nil {
		err := s.follow(ctx, c, &f)
		if ctx.Err() == nil {
			s.log.Warn("events cannot be read; trying again", "for", f.Name, "error", err)
			sleep(ctx, firstPause)
		}
	}
	return nil
}

// Unfollow forgets the place of a follower that is no more, so that it does not
// find what is long past when it comes back.
func (s *Store) Unfollow(ctx context.Context, name string) error {
	err := s.stream.DeleteConsumer(ctx, name)
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		return nil
	}
	return err
}

func (s *Store) follow(ctx context.Context, c jetstream.Consumer, f *Follower) error {
	it, err := c.Messages(jetstream.PullMaxMessages(1))
	if err != nil {
		return err
	}
	defer it.Stop()
	for {
		msg, err := it.Next(jetstream.NextContext(ctx))
		if err != nil {
			return err
		}
		if err := s.deliver(ctx, msg, f); err != nil {
			return err
		}
	}
}

// deliver delivers one change and acknowledges it. An error means that ctx
// ended or the stream fails: the change will come again.
func (s *Store) deliver(ctx context.Context, msg jetstream.Msg, f *Follower) error {
	meta, err := msg.Metadata()
	if err != nil {
		return err
	}
	e, ok := s.read(msg.Subject(), msg.Data())
	for pause := firstPause; ok; pause = min(2*pause, mostPause) {
		err := f.Deliver(ctx, meta.Sequence.Stream, e)
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		wait := varied(pause)
		if ask := (*RetryAfterError)(nil); errors.As(err, &ask) {
			wait = max(wait, min(ask.Pause, mostPause))
		}
		var refused *RefusedError
		if errors.As(err, &refused) || f.Patience > 0 && time.Since(meta.Timestamp)+wait > f.Patience {
			s.giveUp(f, e, err)
			break
		}
		s.log.Warn("an event could not be delivered; trying again", "to", f.Name, "event", e.ID, "error", err, "again_in", wait.Round(time.Millisecond))
		if err := hold(ctx, msg, wait); err != nil {
			return err
		}
	}
	return msg.DoubleAck(ctx)
}

// RefusedError says that trying again would change nothing.
type RefusedError struct{ Err error }

// Error implements error.
func (e *RefusedError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *RefusedError) Unwrap() error { return e.Err }

func (s *Store) giveUp(f *Follower, e event.Event, err error) {
	s.log.Error("an event was not delivered and is given up", "to", f.Name, "event", e.ID, "step", e.Step, "error", err)
	if f.GaveUp != nil {
		f.GaveUp(e, err)
	}
}

// varied returns a time between half of pause and all of it, so that many who
// failed together do not come again together.
func varied(pause time.Duration) time.Duration { return pause/2 + rand.N(pause/2) }

// hold waits, and tells the stream meanwhile that the change is still in hand.
func hold(ctx context.Context, msg jetstream.Msg, wait time.Duration) error {
	for until := time.Now().Add(wait); ; {
		left := time.Until(until)
		if left <= 0 {
			return nil
		}
		if err := msg.InProgress(); err != nil {
			return err
		}
		sleep(ctx, min(left, ackWait/3))
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
