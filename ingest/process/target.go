package process

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rione/ingest"
	"rione/ingest/influx"
	"rione/ingest/journal"
	"rione/ingest/park"
)

// Store writes batches. Write returns when every line is stored, expired or
// rejected; it retries the rest for as long as ctx lives.
type Store interface {
	Write(ctx context.Context, bucket string, b *influx.Batch) ([]influx.Reject, error)
}

// Parking keeps lines in order for a store that takes none. A park.Queue is one.
type Parking interface {
	Append(ctx context.Context, b *park.Batch) error
	Empty() bool
	First(ctx context.Context, b *park.Batch, lines int) (through uint64, err error)
	Drop(ctx context.Context, through uint64) error
}

var _ Parking = (*park.Queue)(nil)

// Records gives records of the journal again. A journal.Journal is one.
type Records interface {
	// Record returns journal.ErrGone for a record that was removed.
	Record(ctx context.Context, seq uint64) (journal.Entry, error)
}

var _ Records = (*journal.Journal)(nil)

// Target is one InfluxDB, and which points go there.
type Target struct {
	Name   string   // for the log and the metrics
	Store  Store    // required
	Bucket string   // of fixed devices; that of moving ones has _movers appended
	Comuni []string // whose points it takes; of the first target nil: all that are left

	// Parking takes lines while the store is away or slow; nil: processing
	// waits for the store.
	Parking Parking
	// Patience is how long processing waits for one write before the lines are
	// parked; 0: as long as it takes, and nothing is parked that was not behind
	// parked lines.
	Patience time.Duration
}

func validate(targets []Target, records Records) error {
	seen := map[string]string{}
	for i, t := range targets {
		if t.Store == nil || t.Bucket == "" || (i == 0) != (len(t.Comuni) == 0) {
			return fmt.Errorf("process: the target %q needs a store, a bucket and comuni; the first one takes all that are left and names none", t.Name)
		}
		if t.Parking != nil && records == nil {
			return errors.New("process: Records is required where a target has a Parking")
		}
		for _, c := range t.Comuni {
			if other, twice := seen[c]; twice {
				return fmt.Errorf("process: comune %s goes to both %s and %s", c, other, t.Name)
			}
			seen[c] = t.Name
		}
	}
	return nil
}

// moversSuffix is appended to the bucket of fixed devices.
const moversSuffix = "_movers"

// bucketOf returns the bucket of a lot: two for each target, the second one of
// moving devices.
func (t *Target) bucketOf(n int) string {
	if n%2 == 1 {
		return t.Bucket + moversSuffix
	}
	return t.Bucket
}

// lots tells the lot of a point by its comune.
type lots map[string]int

func lotsOf(targets []Target) lots {
	out := lots{}
	for i, t := range targets {
		for _, c := range t.Comuni {
			out[c] = 2 * i
		}
	}
	return out
}

func (l lots) of(pt *ingest.Point) int {
	n := 0
	if len(l) > 0 {
		n = l[pt.Place.Comune]
	}
	if pt.Device.Moving {
		n++
	}
	return n
}
