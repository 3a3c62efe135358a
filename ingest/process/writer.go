package process

import (
	"bytes"
	"context"
	"time"

	"rione/ingest/influx"
	"rione/ingest/ledger"
	"rione/ingest/quarantine"
)

// writer carries works out, one after the other: points to the store, refusals
// to quarantine, outcomes to the page of the ledger. What the ledger says of a
// page is decided by the commit that the page's points are part of; they are
// written after it, and once more by the next processor if this one dies.
type writer struct {
	opt    Options
	page   *ledger.Page
	totals ledger.Totals
	ledger *influx.Batch // points of ended pages
	state  []byte        // scratch
}

func newWriter(o Options) *writer {
	return &writer{opt: o, page: ledger.NewPage(), ledger: influx.NewBatch()}
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
	rejects, err := w.opt.Store.Write(ctx, w.opt.Bucket, u.batch)
	if err != nil {
		return err
	}
	if len(rejects) > 0 {
		if err := u.reject(rejects); err != nil {
			return err
		}
	}
	if err := w.quarantine(ctx, u.refused); err != nil {
		return err
	}
	if len(u.points) > 0 {
		for _, f := range w.opt.Feeds {
			f.Stored(u.points)
		}
	}
	w.enter(u)
	if !u.commits {
		return nil
	}
	w.state = appendState(w.state[:0], &w.totals, w.ledgerLines(), u.state)
	if err := w.opt.Reader.Commit(ctx, u.last.Seq, w.state); err != nil {
		return err
	}
	return w.writeLedger(ctx)
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
	rejects, err := w.opt.Store.Write(ctx, w.opt.Bucket, w.ledger)
	if err != nil {
		return err
	}
	if len(rejects) > 0 {
		w.opt.Logger.Error("the store refuses points of the ledger", "first", rejects[0].Detail, "points", len(rejects))
	}
	w.ledger.Reset()
	return nil
}

// quarantine adds entries and tries again for as long as ctx lives.
func (w *writer) quarantine(ctx context.Context, entries []quarantine.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		err := w.opt.Quarantine.Add(ctx, entries)
		if err == nil || ctx.Err() != nil {
			return err
		}
		w.opt.Logger.Warn("quarantine takes no entries, processing waits", "error", err, "again_in", pause)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
