// Package process turns the journal's raw messages into points of the store,
// in order: decode, resolve, normalize, locate, encode. It commits a record only
// after everything that became of it is durable elsewhere.
package process

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"time"

	"rione/devices"
	"rione/ingest"
	"rione/ingest/influx"
	"rione/ingest/journal"
	"rione/ingest/ledger"
	"rione/ingest/quarantine"
	"rione/ingest/record"
)

// Registry is what the processor needs of the registry.
type Registry interface {
	Snapshot() *devices.Snapshot
}

// Store writes batches. Write returns when every line is stored, expired or
// rejected; it retries the rest for as long as ctx lives.
type Store interface {
	Write(ctx context.Context, bucket string, b *influx.Batch) ([]influx.Reject, error)
}

// Quarantine takes what cannot become points.
type Quarantine interface {
	Add(ctx context.Context, entries []quarantine.Entry) error
}

// Options describe a processor of one partition.
type Options struct {
	Reader     *journal.Reader                    // required
	Registry   Registry                           // required
	Store      Store                              // required
	Quarantine Quarantine                         // required
	Routes     func() *ingest.Routes              // required: the table as it is now
	Decoder    func(format string) ingest.Decoder // required: a new decoder, nil for an unknown format
	Bucket     string                             // default city
	Feeds      []ingest.Feed                      // hear of points once they are stored
	BatchLines int                                // default 5,000
	Pace       time.Duration                      // shortest time between two writes that are not full; default 25 ms
	Clock      ClockPolicy                        // default UseServerTime
	Logger     *slog.Logger                       //
	Metrics    *Metrics                           // shared by the processors of a process
}

func (o Options) withDefaults() (Options, error) {
	if o.Reader == nil || o.Registry == nil || o.Store == nil || o.Quarantine == nil || o.Routes == nil || o.Decoder == nil {
		return o, errors.New("process: Reader, Registry, Store, Quarantine, Routes and Decoder are required")
	}
	o.Bucket = cmp.Or(o.Bucket, "city")
	o.BatchLines = cmp.Or(o.BatchLines, 5000)
	o.Pace = cmp.Or(o.Pace, 25*time.Millisecond)
	o.Clock = cmp.Or(o.Clock, UseServerTime)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Metrics == nil {
		o.Metrics = NewMetrics(nil)
	}
	return o, nil
}

// Processor processes one partition. Three goroutines hand work forward: the
// reader takes records from the journal, the pipeline fills a batch while the
// writer writes the one before.
type Processor struct {
	opt      Options
	pipeline *pipeline
	entries  chan journal.Entry
	works    chan *work // to the writer
	free     chan *work // back to the pipeline

	work  *work            // being filled
	due   <-chan time.Time // when it goes to the writer at the latest
	sent  time.Time        // when the one before went
	last  journal.Entry    // that the pipeline saw
	epoch uint64           // of the records being filled in
	page  uint64
}

// New returns a processor that is not yet running.
func New(o Options) (*Processor, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	p := &Processor{
		opt: o, pipeline: newPipeline(o),
		entries: make(chan journal.Entry, 4), works: make(chan *work), free: make(chan *work, 2),
	}
	p.free <- newWork()
	p.free <- newWork()
	return p, nil
}

// Run processes until ctx ends, and returns nil then. Any error means that the
// journal cannot be read, or committed. What was not committed is processed
// again by the next processor, with a new Reader, and overwrites itself.
func (p *Processor) Run(ctx context.Context) error {
	totals, err := p.totalsBefore(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	wrote := make(chan struct{})
	go func() {
		defer close(wrote)
		cancel(newWriter(p.opt, totals).run(ctx, p.works, p.free)) // a writer that gave up stops the rest
	}()
	read := make(chan struct{})
	go func() {
		defer close(read)
		cancel(p.read(ctx))
	}()
	p.fill(ctx)
	close(p.works)
	<-wrote
	<-read
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// Close stops the reader. Run has returned before.
func (p *Processor) Close() { p.opt.Reader.Close() }

// totalsBefore returns what the doors had acked before the first record that
// will be read.
func (p *Processor) totalsBefore(ctx context.Context) (ledger.Totals, error) {
	data, ok, err := p.opt.Reader.Previous(ctx)
	if err != nil || !ok {
		return ledger.Totals{}, err
	}
	var r record.Record
	if err := r.Open(data); err != nil {
		p.opt.Logger.Error("the last processed record cannot be read; the ledger goes on without it", "error", err)
		return ledger.Totals{}, nil
	}
	return ledger.TotalsOf(&r.Header), nil
}

func (p *Processor) read(ctx context.Context) error {
	for {
		e, err := p.opt.Reader.Next(ctx)
		if err != nil {
			return err
		}
		select {
		case p.entries <- e:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// fill runs the pipeline over the records and hands batches to the writer: when
// one is full, when a page ends, and otherwise at the writer's pace.
func (p *Processor) fill(ctx context.Context) {
	p.work = <-p.free
	for {
		ok := true
		select {
		case e := <-p.entries:
			ok = p.take(ctx, e)
		case <-p.due:
			ok = p.send(ctx)
		case <-ctx.Done():
			return
		}
		if !ok {
			return
		}
	}
}

// take adds one record to the batch. It returns false when ctx ended.
func (p *Processor) take(ctx context.Context, e journal.Entry) bool {
	if p.turnPage(e) && !p.send(ctx) {
		return false
	}
	p.add(e)
	if p.work.lines() >= p.opt.BatchLines {
		return p.send(ctx)
	}
	if p.due == nil {
		p.due = time.After(max(0, p.opt.Pace-time.Since(p.sent)))
	}
	return true
}

// send hands the batch to the writer and takes the other one, as soon as the
// writer is ready. It returns false when ctx ended.
func (p *Processor) send(ctx context.Context) bool {
	select {
	case p.works <- p.work:
	case <-ctx.Done():
		return false
	}
	p.due, p.sent = nil, time.Now()
	select {
	case p.work = <-p.free:
		return true
	case <-ctx.Done():
		return false
	}
}

// turnPage marks the batch as the end of its page when e is on another one.
func (p *Processor) turnPage(e journal.Entry) bool {
	r := &p.pipeline.record
	if err := r.Open(e.Data); err != nil {
		return false // add says so
	}
	if r.Epoch == p.epoch && r.Page == p.page {
		return false
	}
	ends := p.epoch != 0
	p.epoch, p.page = r.Epoch, r.Page
	if ends {
		p.work.endsPage, p.work.last = true, p.last
	}
	return ends
}

// add runs the pipeline over the record that turnPage has opened.
func (p *Processor) add(e journal.Entry) {
	p.last, p.work.last = e, e
	if err := p.pipeline.run(e, p.work); err != nil {
		p.opt.Metrics.corrupt.Inc()
		p.opt.Logger.Error("a record of the journal cannot be read and is passed over", "sequence", e.Seq, "error", err)
	}
}
