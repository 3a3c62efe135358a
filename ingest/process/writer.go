package process

import (
	"context"
	"time"

	"rione/ingest"
	"rione/ingest/influx"
	"rione/ingest/ledger"
	"rione/ingest/quarantine"
	"rione/ingest/record"
)

// writer carries works out, one after the other: points to the store, refusals
// to quarantine, outcomes to the page of the ledger; at the end of a page the
// ledger's own points, and then the commit.
type writer struct {
	opt    Options
	page   *ledger.Page
	totals ledger.Totals
	batch  *influx.Batch // of ledger points
}

func newWriter(o Options, totals ledger.Totals) *writer {
	return &writer{opt: o, page: ledger.NewPage(), totals: totals, batch: influx.NewBatch()}
}

// run ends when works is closed, ctx ends, or the journal takes no commit;
// everything else is tried again for as long as it takes.
func (w *writer) run(ctx context.Context, works <-chan *work, free chan<- *work) error {
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
	if u.batch.Len() > 0 {
		rejects, err := w.opt.Store.Write(ctx, w.opt.Bucket, u.batch)
		if err != nil {
			return err
		}
		if len(rejects) > 0 {
			if err := w.reject(u, rejects); err != nil {
				return err
			}
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
	if u.endsPage {
		return w.endPage(ctx, u)
	}
	if w.page.Empty() && u.last.Seq > 0 {
		return w.opt.Reader.Commit(ctx, u.last.Seq, nil)
	}
	return nil
}

// enter counts the records and messages of u on the open page.
func (w *writer) enter(u *work) {
	for i := range u.records {
		e := &u.records[i]
		w.totals = w.page.Record(e.entry.Seq, e.entry.Time, &e.header, w.totals)
	}
	for i := range u.messages {
		m := &u.messages[i]
		w.page.Message(m.key, m.outcome, int(m.lines), int(m.bytes))
		w.opt.Metrics.messages.WithLabelValues(m.outcome.String()).Inc()
	}
	w.opt.Metrics.points.Add(float64(len(u.points)))
	if u.last.Seq > 0 {
		w.opt.Metrics.behind.Set(time.Since(u.last.Time).Seconds())
	}
}

// endPage writes the page's ledger and commits its records.
func (w *writer) endPage(ctx context.Context, u *work) error {
	w.batch.Reset()
	for _, pt := range w.page.Points(nil) {
		w.batch.Add(&pt)
	}
	if w.batch.Len() > 0 {
		rejects, err := w.opt.Store.Write(ctx, w.opt.Bucket, w.batch)
		if err != nil {
			return err
		}
		if len(rejects) > 0 {
			w.opt.Logger.Error("the store refuses points of the ledger", "first", rejects[0].Detail, "points", len(rejects))
		}
	}
	w.page = ledger.NewPage()
	return w.opt.Reader.Commit(ctx, u.last.Seq, nil)
}

// reject moves the messages of lines that the store refused to their state, and
// takes those lines from what the feeds will hear.
func (w *writer) reject(u *work, rejects []influx.Reject) error {
	detail := map[int32]string{} // by message, of lines that are poison
	gone := make(map[int]bool, len(rejects))
	for _, r := range rejects {
		owner := u.owner[r.Line]
		u.messages[owner].lines--
		gone[r.Line] = true
		if !r.Expired {
			detail[owner] = r.Detail
		} else if m := &u.messages[owner]; m.lines == 0 && m.outcome == ledger.Stored {
			m.outcome = ledger.Expired
		}
	}
	for owner, d := range detail {
		if err := w.poison(u, &u.messages[owner], d); err != nil {
			return err
		}
	}
	stored := make([]ingest.Point, 0, len(u.points)) // not in place: the slab's points own memory
	for i := range u.points {
		if !gone[i] {
			stored = append(stored, u.points[i])
		}
	}
	u.points = stored
	return nil
}

// poison quarantines the message of lines that the store refuses.
func (w *writer) poison(u *work, m *message, detail string) error {
	known := m.outcome == ledger.Partial // an entry is on its way already
	m.outcome = ledger.Partial
	if m.lines == 0 {
		m.outcome = ledger.Quarantined
	}
	if known {
		return nil
	}
	raw, err := messageAt(u.records[m.record], int(m.index))
	if err != nil {
		return err
	}
	e := quarantine.NewEntry(&raw, ingest.Refuse(ingest.RejectedByStore, detail))
	e.Comune = m.key.Comune
	u.refused = append(u.refused, e)
	return nil
}

// messageAt reads one message of a record again.
func messageAt(e entered, index int) (ingest.Message, error) {
	var r record.Record
	if err := r.Open(e.entry.Data); err != nil {
		return ingest.Message{}, err
	}
	var m ingest.Message
	for r.Next(&m) {
		if m.Index == index {
			break
		}
	}
	m.Seq = e.entry.Seq
	return m, r.Err()
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
