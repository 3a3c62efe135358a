package journal

import (
	"context"
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
	floor, err := j.processed(ctx, info.State.LastSeq)
	if err != nil {
		return 0, err
	}
	keep, err := j.firstSince(ctx, info.State, now.Add(-j.opt.ReplayWindow))
	if err != nil {
		return 0, err
	}
	keep = min(keep, floor)
	if keep <= info.State.FirstSeq {
		return info.State.FirstSeq, nil
	}
	return keep, j.stream.Purge(ctx, jetstream.WithPurgeSequence(keep))
}

// processed returns the sequence up to which every partition is processed; a
// partition with nothing left to process does not hold the others back.
func (j *Journal) processed(ctx context.Context, last uint64) (uint64, error) {
	floor := last
	for p := range j.opt.Partitions {
		pending, err := j.pending(ctx, p)
		if err != nil {
			return 0, err
		}
		c, err := j.checkpoint(ctx, p)
		if err != nil {
			return 0, err
		}
		if pending > 0 || c.seq > 0 {
			floor = min(floor, c.seq) // the last one stays: the ledger goes on from its header
		}
	}
	return floor, nil
}

// firstSince finds the first record that is not older than t, by bisection.
func (j *Journal) firstSince(ctx context.Context, s jetstream.StreamState, t time.Time) (uint64, error) {
	if s.Msgs == 0 {
		return s.FirstSeq, nil
	}
	var failed error
	n := sort.Search(int(s.LastSeq-s.FirstSeq+1), func(i int) bool {
		msg, err := j.stream.GetMsg(ctx, s.FirstSeq+uint64(i))
		if err != nil {
			failed = err
			return true
		}
		return !msg.Time.Before(t)
	})
	if failed != nil {
		return 0, fmt.Errorf("journal: %w", failed)
	}
	return s.FirstSeq + uint64(n), nil
}
