package process

import (
	"context"
	"fmt"

	"rione/ingest/ledger"
	"rione/ingest/quarantine"
)

// apply carries a work of the replay out. The ledger hears nothing of it: it says
// what became of a message when that was processed first.
func (r *Replay) apply(ctx context.Context, u *work) error {
	if !r.opt.Spec.DryRun {
		if err := r.write(ctx, u); err != nil {
			return err
		}
	}
	c := &r.at.Counts
	c.Messages += int64(len(u.messages))
	c.Points += int64(len(u.points))
	for i := range u.points {
		if u.points[i].Measurement == ofSuspects {
			c.Suspect++
		}
	}
	for i := range u.messages {
		if u.messages[i].outcome == ledger.Expired {
			c.Expired++
		}
	}
	for i := range u.refused {
		c.Refused[u.refused[i].Reason]++
	}
	return nil
}

// write stores the points. Of what is refused nothing goes to quarantine: it is
// there already, or somebody dropped it, or its points of before stay. Only a
// restatement has deleted those, so what it refuses has to be explained there,
// under its place in the journal, which makes it one entry however often it is
// refused.
func (r *Replay) write(ctx context.Context, u *work) error {
	rejects, err := r.writer.store(ctx, u)
	if err != nil {
		return err
	}
	if len(rejects) > 0 {
		if err := u.reject(rejects); err != nil {
			return err
		}
	}
	if r.opt.Spec.Restate && len(u.refused) > 0 {
		if err := r.opt.Quarantine.Add(ctx, u.refused); err != nil {
			return err
		}
		r.at.Counts.Quarantined += int64(len(u.refused))
	}
	if len(u.points) > 0 {
		for _, f := range r.opt.Feeds {
			f.Stored(u.points)
		}
	}
	return r.release(ctx, u)
}

// release takes the entries out of quarantine whose messages are stored whole.
func (r *Replay) release(ctx context.Context, u *work) error {
	if r.opt.Released == nil {
		return nil
	}
	var ids []string
	for i := range u.messages {
		if m := &u.messages[i]; m.outcome == ledger.Stored {
			ids = append(ids, fmt.Sprintf("%d-%d", u.records[m.record].entry.Seq, m.index))
		}
	}
	n, err := r.opt.Released.Release(ctx, ids, func(e *quarantine.Entry) bool {
		return r.look.names == nil || r.look.named(e.Device) // else it is about another device of the message
	})
	r.at.Counts.Released += int64(n)
	return err
}
