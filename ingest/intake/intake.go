// Package intake gathers the messages of all doors into records and commits
// them to the journal: one synced append for many messages. Only after the
// commit does a message's ack go out.
package intake

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
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
	Window     time.Duration // time from one commit to the next while messages keep coming; default 20 ms
	Quiet      time.Duration // pause in which nothing comes that ends the window early; default 4 ms
	Page       time.Duration // longest time a page of the ledger stays open; default 1 s
	Logger     *slog.Logger
	Metrics    prometheus.Registerer
}

func (o Options) withDefaults() Options {
	o.MaxMessage = cmp.Or(o.MaxMessage, 1<<20)
	o.MaxRecord = cmp.Or(o.MaxRecord, 256<<10)
	o.Window = cmp.Or(o.Window, 20*time.Millisecond)
	o.Quiet = cmp.Or(o.Quiet, 4*time.Millisecond)
	o.Page = cmp.Or(o.Page, time.Second)
	if o.Epoch.IsZero() {
		o.Epoch = time.Now()
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Intake implements ingest.Intake. Its memory is bounded: one record being
// filled and one being committed in each partition.
type Intake struct {
	opt    Options
	lanes  []*lane
	cancel context.CancelFunc
	done   sync.WaitGroup
}

var _ ingest.Intake = (*Intake)(nil)

// New returns an intake whose committers run until Close.
func New(o Options) (*Intake, error) {
	if o.Journal == nil {
		return nil, errors.New("intake: Options.Journal is required")
	}
	in := &Intake{opt: o.withDefaults()}
	ctx, cancel := context.WithCancel(context.Background())
	in.cancel = cancel
	m := newMetrics(o.Metrics)
	for p := range o.Journal.Partitions() {
		l := newLane(in.opt.MaxRecord)
		in.lanes = append(in.lanes, l)
		c := newCommitter(&in.opt, m, l, p)
		in.done.Go(func() { c.run(ctx) })
	}
	return in, nil
}

// Submit implements ingest.Intake. The acker must be comparable, as pointers
// and channels are.
func (in *Intake) Submit(m *ingest.Message, a ingest.Acker, token uint64) error {
	if len(m.Payload)+len(m.Topic) > in.opt.MaxMessage {
		return ingest.ErrTooLarge
	}
	return in.lanes[partitionOf(m, len(in.lanes))].submit(m, a, token)
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
