package quarantine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rione/ingest"
)

// ReplayDoor is the door of messages that come out of quarantine. The ledger
// counts them anew; their publisher stays the one that their first door knew.
const ReplayDoor = "replay"

// replayTogether is how many messages are on their way to the journal at once.
const replayTogether = 500

// Replay hands the entries that fit to in, oldest first, as messages of the
// door "replay", and removes each one once its message is durable in the
// journal again. It returns how many were. After an error the others stay, and
// a further Replay goes on with them. Entries whose payload was cut stay too.
func (q *Quarantine) Replay(ctx context.Context, in ingest.Intake, f Filter, ids ...string) (int, error) {
	q.changing.Lock()
	defer q.changing.Unlock()
	heads, done := q.chosen(f, ids), 0
	for len(heads) > 0 {
		n := min(replayTogether, len(heads))
		durable, err := q.handOver(ctx, in, heads[:n])
		if rerr := q.remove(ctx, durable); rerr == nil {
			done += len(durable)
		} else {
			err = errors.Join(err, rerr)
		}
		if err != nil {
			return done, fmt.Errorf("quarantine replay: %w", err)
		}
		heads = heads[n:]
	}
	return done, nil
}

// handOver submits the messages of heads and returns those that are durable.
func (q *Quarantine) handOver(ctx context.Context, in ingest.Intake, heads []*head) (durable []*head, err error) {
	w := &waiter{outcomes: make(chan outcome, len(heads))}
	submitted := 0
	for i, h := range heads {
		var e Entry
		e, err = q.Get(ctx, h.ID)
		if errors.Is(err, ErrNotFound) || e.Cut {
			err = nil
			continue
		}
		if err == nil {
			m := e.Message()
			m.Door = ReplayDoor
			err = in.Submit(&m, w, uint64(i))
		}
		if err != nil {
			break
		}
		submitted++
	}
	for range submitted {
		o, werr := w.next(ctx)
		if werr != nil {
			return durable, errors.Join(err, werr)
		}
		if o.err != nil {
			err = errors.Join(err, o.err)
			continue
		}
		durable = append(durable, heads[o.token])
	}
	return durable, err
}

// waiter is the ingest.Acker of a replay.
type waiter struct {
	outcomes chan outcome
}

type outcome struct {
	token uint64
	err   error
}

// Ack implements ingest.Acker. The channel has room for every outcome.
func (w *waiter) Ack(token uint64, err error) { w.outcomes <- outcome{token, err} }

// Flush implements ingest.Acker.
func (w *waiter) Flush() {}

func (w *waiter) next(ctx context.Context) (outcome, error) {
	select {
	case o := <-w.outcomes:
		return o, nil
	case <-ctx.Done():
		return outcome{}, ctx.Err()
	case <-time.After(time.Minute):
		return outcome{}, errors.New("the journal takes no records; the rest stays in quarantine")
	}
}
