// Package intake gathers the messages of all doors into records and commits
// them to the journal: one synced append for many messages. Only after the
// commit does a message's ack go out.
package intake

import (
	"cmp"
	"context"
	"errors"
	"hash/maphash"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"rione/ingest"
)

// Journal is what the intake needs of the journal.
type Journal interface {
	// Append writes a record durably. An error leaves open whether it was
	// written; appending it again under the same id is harmless.
	Append(ctx context.Context, partition int, record []byte, id string) error
	Partitions() int
}

// Options describe the intake.
type Options struct {
	Journal    Journal       // required
	Epoch      time.Time     // boot; default now
	MaxMessage int           // bytes of payload and topic; default 1 MiB
	MaxRecord  int           // bytes before compression at which a record is committed; default 256 KiB
	Pace       time.Duration // shortest time between two commits that are not full; default 8 ms
	Page       time.Duration // longest time a page of the ledger stays open; default 1 s
	Logger     *slog.Logger
	Metrics    prometheus.Registerer
}

// Intake implements ingest.Intake. Its memory is bounded: one record being
// filled and one being committed in each partition.
type Intake struct {
	opt     Options
	lanes   []*lane
	seed    maphash.Seed
	cancel  context.CancelFunc
	done    sync.WaitGroup
	metrics *metrics
}

var _ ingest.Intake = (*Intake)(nil)

// New returns an intake whose committers run until Close.
func New(o Options) (*Intake, error) {
	if o.Journal == nil {
		return nil, errors.New("intake: Options.Journal is required")
	}
	o.MaxMessage = cmp.Or(o.MaxMessage, 1<<20)
	o.MaxRecord = cmp.Or(o.MaxRecord, 256<<10)
	o.Pace = cmp.Or(o.Pace, 8*time.Millisecond)
	o.Page = cmp.Or(o.Page, time.Second)
	if o.Epoch.IsZero() {
		o.Epoch = time.Now()
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	in := &Intake{opt: o, seed: maphash.MakeSeed(), metrics: newMetrics(o.Metrics)}
	ctx, cancel := context.WithCancel(context.Background())
	in.cancel = cancel
	for p := range o.Journal.Partitions() {
		l := newLane(in, p)
		in.lanes = append(in.lanes, l)
		in.done.Go(func() { l.commitLoop(ctx) })
	}
	return in, nil
}

// Submit implements ingest.Intake.
func (in *Intake) Submit(m *ingest.Message, a ingest.Acker, token uint64) error {
	if len(m.Payload)+len(m.Topic) > in.opt.MaxMessage {
		return ingest.ErrTooLarge
	}
	return in.laneOf(m.Topic).submit(m, a, token)
}

// laneOf keeps the messages of a device together and so in order: a device's
// topics differ in their last level only.
func (in *Intake) laneOf(topic string) *lane {
	if len(in.lanes) == 1 {
		return in.lanes[0]
	}
	if i := strings.LastIndexByte(topic, '/'); i > 0 {
		topic = topic[:i]
	}
	return in.lanes[maphash.String(in.seed, topic)%uint64(len(in.lanes))]
}

// Close stops taking messages, commits what was taken for as long as ctx
// allows, and refuses the rest. Every message taken is told its outcome before
// Close returns.
func (in *Intake) Close(ctx context.Context) {
	for _, l := range in.lanes {
		l.close()
	}
	stop := context.AfterFunc(ctx, in.cancel)
	defer stop()
	in.done.Wait()
	in.cancel()
}
