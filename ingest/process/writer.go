package process

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"rione/ingest/influx"
	"rione/ingest/ledger"
	"rione/ingest/park"
)

// writer carries works out, one after the other: points to the store, refusals
// to quarantine, outcomes to the page of the ledger. What the ledger says of a
// page is decided by the commit that the page's points are part of; they are
// written after it, and once more by the next processor if this one dies.
type writer struct {
	opt     Options
	outlets []*outlet // one a target
	page    *ledger.Page
	totals  ledger.Totals
	ledger  *influx.Batch // points of ended pages
	state   []byte        // scratch
	closed  uint64        // last record of the page before, 0 before the first one
}

func newWriter(o Options) *writer {
	w := &writer{opt: o, page: ledger.NewPage(), ledger: influx.NewBatch()}
	for _, t := range o.Targets {
		w.outlets = append(w.outlets, newOutlet(t, &w.opt))
	}
	return w
}

func (w *writer) close() {
	for _, o := range w.outlets {
		o.close()
	}
}

func (w *writer) restore(s state) {
	w.totals = s.totals
	for line := range bytes.Lines(s.lines) {
		w.ledger.AddLine(line)
	}
}

// run ends when works is closed, ctx ends, or the journal takes no commit;
// everything else is tried again for as long as it takes.
func (w *writer) run(ctx context.Context, works <-chan *work, free chan<- *work) error {
	if err := w.writeLedger(ctx); err != nil {
		return err
	}
	for u := range works {
		if err := w.carryOut(ctx, u); err != nil {
			return err
		}
		u.reset()
		free <- u
	}
	return nil
}

func (w *writer) carryOut(ctx context.Context, u *work) error {
	rejects, err := w.store(ctx, u)
	if err != nil {
		return err
	}
	if len(rejects) > 0 {
		if err := u.reject(rejects); err != nil {
			return err
		}
	}
	if err := addAll(ctx, &w.opt, u.refused); err != nil {
		return err
	}
	if len(u.points) > 0 {
		for _, f := range w.opt.Feeds {
			f.Stored(u.points)
		}
	}
	w.opt.Progress.note(u.last.Seq)
	w.enter(u)
	if !u.commits {
		return nil
	}
	if w.opt.Settle != nil {
		if err := w.opt.Settle(ctx); err != nil {
			return err
		}
	}
	w.state = appendState(w.state[:0], &w.totals, w.ledgerLines(), u.state)
	if err := w.opt.Reader.Commit(ctx, u.last.Seq, w.state); err != nil {
		return err
	}
	return w.writeLedger(ctx)
}

// store writes the lots of u, at once where there are several: one target is
// not to wait for another. The lines of the rejects are indexes of u.points.
func (w *writer) store(ctx context.Context, u *work) ([]influx.Reject, error) {
	var full []int
	for i := range u.lots {
		if u.lots[i].batch.Len() > 0 {
			full = append(full, i)
		}
	}
	rejects, errs := make([][]influx.Reject, len(full)), make([]error, len(full))
	var others sync.WaitGroup
	for i, n := range full {
		if i+1 < len(full) {
			others.Go(func() { rejects[i], errs[i] = w.storeLot(ctx, u, n) })
		} else {
			rejects[i], errs[i] = w.storeLot(ctx, u, n)
		}
	}
	others.Wait()
	all := slices.Concat(rejects...)
	slices.SortFunc(all, func(a, b influx.Reject) int { return a.Line - b.Line })
	return all, errors.Join(errs...)
}

func (w *writer) storeLot(ctx context.Context, u *work, n int) ([]influx.Reject, error) {
	l, o := &u.lots[n], w.outlets[n/2]
	rejects, err := o.write(ctx, o.bucketOf(n), l.batch, func(line int) park.Origin { return u.origin(l, line) })
	for i := range rejects {
		rejects[i].Line = int(l.points[rejects[i].Line])
	}
	return rejects, err
}

// enter counts the records and messages of u on the open page.
func (w *writer) enter(u *work) {
	for i := range u.records {
		e := &u.records[i]
		w.page.Record(e.entry.Seq, e.entry.Time, &e.header, &w.totals)
	}
	var outcomes [ledger.Outcomes]int
	for i := range u.messages {
		m := &u.messages[i]
		w.page.Message(m.key, m.outcome, int(m.lines), int(m.bytes))
		outcomes[m.outcome]++
	}
	for o, n := range outcomes {
		if n > 0 {
			w.opt.Metrics.messages.WithLabelValues(ledger.Outcome(o).String()).Add(float64(n))
		}
	}
	w.opt.Metrics.points.Add(float64(len(u.points)))
	if u.last.Seq > 0 {
		w.opt.Metrics.behind.Set(time.Since(u.last.Time).Seconds())
	}
	if u.endsPage {
		w.balance()
		for _, pt := range w.page.Points(nil) {
			w.ledger.Add(&pt)
		}
		w.page = ledger.NewPage()
	}
}

func (w *writer) ledgerLines() []byte {
	var lines []byte
	for i := range w.ledger.Len() {
		lines = append(lines, w.ledger.Line(i)...)
	}
	return lines
}

// writeLedger writes the ledger's points that are decided.
func (w *writer) writeLedger(ctx context.Context) error {
	if w.ledger.Len() == 0 {
		return nil
	}
	first := w.outlets[0] // has the ledger of all
	rejects, err := first.write(ctx, first.Bucket, w.ledger, func(int) park.Origin { return park.Origin{} })
	if err != nil {
		return err
	}
	if len(rejects) > 0 {
		w.opt.Logger.Error("the store refuses points of the ledger", "first", rejects[0].Detail, "points", len(rejects))
	}
	w.ledger.Reset()
	return nil
}
