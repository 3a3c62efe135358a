package journal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Waiting returns the time of the oldest record that no commit covers yet, the
// zero time when there is none. Under load a commit comes only now and then, so
// an old record means that processing is behind only where nothing new comes
// out of it either.
func (j *Journal) Waiting(ctx context.Context) (oldest time.Time, err error) {
	for p := range j.opt.Partitions {
		c, err := j.checkpoint(ctx, p)
		if err != nil {
			return oldest, err
		}
		msg, err := j.stream.GetMsg(ctx, c.seq+1, jetstream.WithGetMsgSubject(subject(p)))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue
		}
		if err != nil {
			return oldest, fmt.Errorf("journal: %w", err)
		}
		if oldest.IsZero() || msg.Time.Before(oldest) {
			oldest = msg.Time
		}
	}
	return oldest, nil
}
