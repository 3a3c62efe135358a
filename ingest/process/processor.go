// Package process turns the journal's raw messages into points of the store,
// in order: decode, resolve, normalize, locate, encode. It commits a record only
// after everything that became of it is durable elsewhere.
package process

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"rione/devices"
	"rione/ingest"
	"rione/ingest/journal"
	"rione/ingest/ledger"
	"rione/ingest/quarantine"
	"rione/ingest/record"
)

// Reader gives the records of one partition in order, from the one after the
// last committed. A journal.Reader is one.
type Reader interface {
	Next(ctx context.Context) (journal.Entry, error)
	// State returns what the last Commit kept, nil before the first.
	State() []byte
	// Commit makes it durable that everything up to and with seq is processed,
	// and with it the state at that point.
	Commit(ctx context.Context, seq uint64, state []byte) error
	Close()
}

var _ Reader = (*journal.Reader)(nil)

// Registry is what the processor needs of the registry.
type Registry interface {
	Snapshot() *devices.Snapshot
}

// Quarantine takes what cannot become points.
type Quarantine interface {
	Add(ctx context.Context, entries []quarantine.Entry) error
}

// Options describe a processor of one partition.
type Options struct {
	Reader     Reader                             // required
	Registry   Registry                           // required
	Targets    []Target                           // required: the first one takes what no other does
	Quarantine Quarantine                         // required
	Records    Records                            // required where a target has a Parking
	Routes     func() *ingest.Routes              // required: the table as it is now
	Decoder    func(format string) ingest.Decoder // required: a new decoder, nil for an unknown format
	Networks   func(ssid string) bool             // tells which networks of Wi-Fi may be named; nil: all
	Command    func(ingest.Command)               // takes what decoders have to say to devices and must not block; nil: nothing is said
	Zone       Zone                               // of a position; nil: moving devices have none
	Feeds      []ingest.Feed                      // hear of points once they are durable
	Settle     func(context.Context) error        // makes durable what feeds noted, before a commit; fails only when its context ends; nil: nothing
	Listeners  []Listener                         // hear of messages as they are processed
	Reported   Reported                           // hears where fixed devices say that they are; nil: nobody asks
	Budget     Budget                             // nil: no limits
	BatchLines int                                // default 5,000
	Pace       time.Duration                      // shortest time between two writes that are not full; default 25 ms
	Clock      ClockPolicy                        // default UseServerTime
	Logger     *slog.Logger                       //
	Metrics    *Metrics                           // shared by the processors of a process
	Unknown    *UnknownFields                     // likewise
	Progress   *Progress                          // hears what is written; nil: nobody asks
	Unbalanced func(ledger.Imbalance)             // hears of pages of the ledger that do not balance and must not block; nil: only the log does
}

func (o Options) withDefaults() (Options, error) {
	if o.Registry == nil || len(o.Targets) == 0 || o.Quarantine == nil || o.Routes == nil || o.Decoder == nil {
		return o, errors.New("process: Registry, Targets, Quarantine, Routes and Decoder are required")
	}
	if err := validate(o.Targets, o.Records); err != nil {
		return o, err
	}
	o.BatchLines = cmp.Or(o.BatchLines, 5000)
	o.Pace = cmp.Or(o.Pace, 25*time.Millisecond)
	o.Clock = cmp.Or(o.Clock, UseServerTime)
	if o.Clock != AcceptTime && o.Clock != UseServerTime && o.Clock != QuarantineClock {
		return o, fmt.Errorf("process: clock policy %q; write %q, %q or %q", o.Clock, AcceptTime, UseServerTime, QuarantineClock)
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Metrics == nil {
		o.Metrics = NewMetrics(nil)
	}
	if o.Unknown == nil {
		o.Unknown = NewUnknownFields(o.Logger)
	}
	return o, nil
}

// Processor processes one partition. Three goroutines hand work forward: the
// reader takes records from the journal, the pipeline fills a work while the
// writer carries out the one before.
type Processor struct {
	opt      Options
	pipeline *pipeline
	writer   *writer
	pages    pages
	entries  chan journal.Entry
	works    chan *work // to the writer
	free     chan *work // back to the pipeline

	work *work            // being filled
	last journal.Entry    // that the pipeline took
	due  <-chan time.Time // when the work goes to the writer at the latest
	sent time.Time        // when the one before went
	halt error            // why no further record is taken
}

// New returns a processor that is not yet running, in the state of the last
// commit.
func New(o Options) (*Processor, error) {
	if o.Reader == nil {
		return nil, errors.New("process: Reader is required")
	}
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	p := &Processor{
		opt: o, pipeline: newPipeline(o), writer: newWriter(o),
		entries: make(chan journal.Entry, 4), works: make(chan *work), free: make(chan *work, 2),
	}
	p.free <- newWork()
	p.free <- newWork()
	p.restore()
	return p, nil
}

// restore takes over the state of the last commit. One that cannot be read is
// done without: what it would have told is counted a second time, not stored.
func (p *Processor) restore() {
	s, err := parseState(p.opt.Reader.State())
	if err == nil {
		err = p.pipeline.memory.restore(s.memory)
	}
	if err != nil {
		p.opt.Logger.Error("the processor starts without memory; the ledger's next page counts what was acked before", "error", err)
		return
	}
	p.pipeline.restore(s.decoders)
	p.writer.restore(s)
}

// Run processes until ctx ends, and returns nil then. Any error means that the
// journal cannot be read (record.ErrNewer: by this release), or committed. What was not committed is processed
// again by the next processor, with a new Reader, and overwrites itself.
func (p *Processor) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	wrote := make(chan struct{})
	go func() {
		defer close(wrote)
		cancel(p.writer.run(ctx, p.works, p.free)) // a writer that gave up stops the rest
	}()
	var others sync.WaitGroup
	others.Go(func() { cancel(p.read(ctx)) })
	for _, o := range p.writer.outlets {
		others.Go(func() { o.drain(ctx) })
	}
	p.fill(ctx)
	close(p.works)
	<-wrote
	cancel(p.halt)
	others.Wait()
	if p.halt != nil {
		return p.halt
	}
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// Close stops the reader. Run has returned before.
func (p *Processor) Close() {
	p.writer.close()
	p.opt.Reader.Close()
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

// fill runs the pipeline over the records and hands works to the writer: when
// one is full, when a page ends, and otherwise at the writer's pace.
func (p *Processor) fill(ctx context.Context) {
	select {
	case p.work = <-p.free:
	case <-ctx.Done():
		return
	}
	for ok := true; ok; {
		select {
		case e := <-p.entries:
			ok = p.take(ctx, e)
		case <-p.due:
			ok = p.send(ctx)
		case <-p.pages.quiet:
			ok = p.endPage(ctx, true)
		case <-ctx.Done():
			return
		}
	}
}

// take adds one record to the work. It returns false when ctx ended, or the
// processor has to stop before e.
func (p *Processor) take(ctx context.Context, e journal.Entry) bool {
	r := &p.pipeline.record
	if err := r.Open(e.Data); errors.Is(err, record.ErrNewer) {
		p.halt = fmt.Errorf("process: record %d: %w", e.Seq, err)
		p.send(ctx) // what came before it is stored, and repeated after the upgrade
		return false
	} else if err != nil {
		p.passOver(e, err)
	} else {
		turns := p.pages.turns(r)
		if turns && r.Count > 0 && !p.endPage(ctx, false) {
			return false
		}
		p.pages.enter(r)
		if err := p.pipeline.run(e, p.work); err != nil {
			p.passOver(e, err)
		}
		p.last, p.work.last = e, e
		if turns && r.Count == 0 {
			return p.endPage(ctx, true) // the record says no more than that
		}
	}
	if p.work.full(p.opt.BatchLines) {
		return p.send(ctx)
	}
	if p.due == nil {
		p.due = time.After(max(0, p.opt.Pace-time.Since(p.sent)))
	}
	return true
}

// passOver goes on after a record that cannot be read. What was acked with it
// stays open in the ledger.
func (p *Processor) passOver(e journal.Entry, err error) {
	p.last, p.work.last = e, e
	p.opt.Metrics.corrupt.Inc()
	p.opt.Logger.Error("a record of the journal cannot be read and is passed over", "sequence", e.Seq, "error", err)
}

// endPage sends the work as the last one of its page. idle tells that nothing
// follows at once.
func (p *Processor) endPage(ctx context.Context, idle bool) bool {
	p.pages.end()
	p.work.endsPage, p.work.last = true, p.last
	p.work.commits = idle || p.pages.commitDue(len(p.work.state))
	return p.send(ctx)
}

// send hands the work to the writer and takes the other one, as soon as the
// writer is ready. It returns false when ctx ended.
func (p *Processor) send(ctx context.Context) bool {
	u := p.work
	if !p.pages.open && !u.endsPage {
		u.commits = true // records without messages between two pages
	}
	if u.commits {
		u.state = p.pipeline.appendState(u.state[:0])
		p.pages.committed = time.Now()
	}
	select {
	case p.works <- u:
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
