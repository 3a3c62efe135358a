package journal

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Janitor removes old records now and then until ctx ends: only processed ones,
// and none younger than the replay window.
func (j *Journal) Janitor(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if _, err := j.Sweep(ctx, time.Now()); err != nil && ctx.Err() == nil {
			j.opt.Logger.Warn("journal could not be swept", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Sweep removes what the janitor may remove at the given time and returns the
// first sequence that stays.
func (j *Journal) Sweep(ctx context.Context, now time.Time) (uint64, error) {
	info, err := j.stream.Info(ctx)
	if err != nil {
		return 0, fmt.Errorf("journal: %w", err)
	}
	young, err := j.firstSince(ctx, info.State, now.Add(-j.opt.ReplayWindow))
	if err != nil {
		return 0, err
	}
	first := young
	for p := range j.opt.Partitions {
		c, err := j.checkpoint(ctx, p)
		if err != nil {
			return 0, err
		}
		keep := min(young, c.seq+1)
		first = min(first, keep)
		if keep <= info.State.FirstSeq {
			continue
		}
		if err := j.purge(ctx, p, keep); err != nil {
			return 0, err
		}
	}
	return max(first, info.State.FirstSeq), nil
}

// purge removes a partition's records before keep. The only partition is the
// whole stream, of which the engine drops the front without looking at it.
func (j *Journal) purge(ctx context.Context, partition int, keep uint64) error {
	opts := []jetstream.StreamPurgeOpt{jetstream.WithPurgeSequence(keep)}
	if j.opt.Partitions > 1 {
		opts = append(opts, jetstream.WithPurgeSubject(subject(partition)))
	}
	if err := j.stream.Purge(ctx, opts...); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

// firstSince finds the first record that is not older than t, by bisection.
func (j *Journal) firstSince(ctx context.Context, s jetstream.StreamState, t time.Time) (uint64, error) {
	var failed error
	n := sort.Search(int(s.LastSeq+1-s.FirstSeq), func(i int) bool {
		// The first record from there on: sequences may be missing.
		msg, err := j.stream.GetMsg(ctx, s.FirstSeq+uint64(i), jetstream.WithGetMsgSubject(subjectPrefix+"*"))
		if err != nil {
			if !errors.Is(err, jetstream.ErrMsgNotFound) {
				failed = err
			}
			return true
		}
		return !msg.Time.Before(t)
	})
	if failed != nil {
		return 0, fmt.Errorf("journal: %w", failed)
	}
	return s.FirstSeq + uint64(n), nil
}
