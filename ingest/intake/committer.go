package intake

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"rione/ingest"
	"rione/ingest/record"
)

// committer takes the records of one lane to the journal, one after the other.
type committer struct {
	opt       *Options
	log       *slog.Logger
	metrics   *metrics
	lane      *lane
	partition int
	totals    *record.Totals
	page      page
	began     time.Time // of the last commit
	sealed    []byte
}

func newCommitter(o *Options, m *metrics, l *lane, partition int) *committer {
	return &committer{
		opt: o, log: o.Logger.With("partition", partition), metrics: m, lane: l, partition: partition,
		totals: record.NewTotals(uint64(o.Epoch.UnixNano())), page: page{length: o.Page},
	}
}

// run commits until the lane is closed and empty. When ctx ends, it tells the
// doors that what they submitted is not durable.
func (c *committer) run(ctx context.Context) {
	spare := newBatch()
	for {
		select {
		case <-c.lane.wake:
			c.lane.gather(c.began, c.opt.Window, c.opt.Quiet)
			spare = c.commit(ctx, spare)
		case <-c.page.over():
			c.endPage(ctx)
		case <-c.lane.stop:
			c.commit(ctx, spare)
			c.endPage(ctx)
			return
		}
	}
}

// commit makes the open record durable and tells its doors. It returns the
// batch that is free now.
func (c *committer) commit(ctx context.Context, empty *batch) *batch {
	b := c.lane.swap(empty)
	if b.count() > 0 {
		c.began = time.Now()
		b.tell(c.append(ctx, &b.record, c.page.turn(c.began)))
	}
	return b
}

// append retries until the record is durable or ctx ends. The doors' acks wait
// meanwhile and the next record fills up: this is how they are slowed down.
func (c *committer) append(ctx context.Context, b *record.Builder, page uint64) error {
	began := time.Now()
	h := c.totals.Header(b, page)
	c.sealed = b.Seal(c.sealed[:0], h)
	id := fmt.Sprintf("%x-%d-%d-%d-%d", h.Epoch, c.partition, h.Page, h.First, b.Count())
	for pause := 10 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		err := c.opt.Journal.Append(ctx, c.partition, c.sealed, id)
		if err == nil {
			c.totals.Commit(h, b.Count())
			c.metrics.committed(b.Count(), len(c.sealed), time.Since(began))
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%w: %w", ingest.ErrClosed, err)
		}
		c.metrics.refused.Inc()
		c.log.Warn("journal takes no records, doors wait", "error", err, "again_in", pause)
		select {
		case <-time.After(pause + rand.N(pause)):
		case <-ctx.Done():
		}
	}
}

// endPage writes the empty record that tells the processor that the page is
// over, so that the ledger of a quiet hour does not stay open.
func (c *committer) endPage(ctx context.Context) {
	if !c.page.open {
		return
	}
	c.page.end()
	if err := c.append(ctx, &record.Builder{}, c.page.number); err != nil {
		c.log.Warn("ledger page left open; the next start closes it", "error", err)
	}
}
