package intake

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"rione/ingest"
	"rione/ingest/record"
)

// batch is a record being filled, with whom to tell of its outcome.
type batch struct {
	record record.Builder
	acks   []ack
}

type ack struct {
	acker ingest.Acker
	token uint64
}

// tell passes the outcome to every door. Acks come in the order of submission.
func (b *batch) tell(err error) {
	for i := range b.acks {
		b.acks[i].acker.Ack(b.acks[i].token, err)
	}
	for i := range b.acks {
		b.acks[i].acker.Flush()
	}
	clear(b.acks) // let go of connections that are gone
	b.acks = b.acks[:0]
	b.record.Reset()
}

// lane is one partition: the record that doors fill, and the committer that
// takes it away. While one record is committed the next one fills.
type lane struct {
	in        *Intake
	partition int

	mu     sync.Mutex
	space  sync.Cond // signalled when the open record is taken away
	open   *batch
	closed bool

	wake   chan struct{} // something waits in the open record
	full   chan struct{} // the open record is large enough
	totals *record.Totals
	page   page
	sealed []byte
}

func newLane(in *Intake, partition int) *lane {
	l := &lane{in: in, partition: partition, open: &batch{}, wake: make(chan struct{}, 1), full: make(chan struct{}, 1)}
	l.space.L = &l.mu
	l.totals = record.NewTotals(uint64(in.opt.Epoch.UnixNano()))
	l.page.length = in.opt.Page
	return l
}

func (l *lane) submit(m *ingest.Message, a ingest.Acker, token uint64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for !l.closed && l.open.record.Size() >= l.in.opt.MaxRecord {
		l.space.Wait()
	}
	if l.closed {
		return ingest.ErrClosed
	}
	l.open.record.Append(m)
	l.open.acks = append(l.open.acks, ack{a, token})
	if len(l.open.acks) == 1 {
		signal(l.wake)
	}
	if l.open.record.Size() >= l.in.opt.MaxRecord {
		signal(l.full)
	}
	return nil
}

// signal leaves word in a channel of capacity one.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func (l *lane) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.space.Broadcast()
	signal(l.wake)
}

// commitLoop commits the open record again and again. A message that comes
// after a pause is committed at once; under load commits keep their pace, so
// that each is large.
func (l *lane) commitLoop(ctx context.Context) {
	spare := &batch{}
	for {
		if !l.wait(ctx) {
			l.endPage(ctx)
		} else if spare = l.swap(spare); len(spare.acks) > 0 {
			l.commit(ctx, spare)
		} else if l.isClosed() {
			l.endPage(ctx)
			return
		}
	}
}

// wait returns true when a commit is due, false when the page has to be closed
// because nothing came for its length.
func (l *lane) wait(ctx context.Context) bool {
	var idle <-chan time.Time
	if l.page.open {
		t := time.NewTimer(time.Until(l.page.began.Add(l.page.length)))
		defer t.Stop()
		idle = t.C
	}
	select {
	case <-l.wake:
	case <-idle:
		return false
	}
	l.pace(ctx)
	return true
}

// pace waits until the last commit began long enough ago, the record is full,
// or the intake closes.
func (l *lane) pace(ctx context.Context) {
	rest := time.Until(l.page.lastCommit.Add(l.in.opt.Pace))
	if rest <= 0 || l.isClosed() {
		return
	}
	t := time.NewTimer(rest)
	defer t.Stop()
	select {
	case <-t.C:
	case <-l.full:
	case <-ctx.Done():
	}
}

// swap takes the open record away and leaves empty in its place.
func (l *lane) swap(empty *batch) *batch {
	l.mu.Lock()
	defer l.mu.Unlock()
	taken := l.open
	l.open = empty
	select {
	case <-l.full:
	default:
	}
	l.space.Broadcast()
	return taken
}

func (l *lane) isClosed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closed
}

// commit makes b durable and tells its doors.
func (l *lane) commit(ctx context.Context, b *batch) {
	b.tell(l.append(ctx, &b.record, l.page.turn(time.Now())))
}

// append retries until the record is durable or ctx ends. The doors' acks wait
// meanwhile and the next record fills up: this is how they are slowed down.
func (l *lane) append(ctx context.Context, b *record.Builder, page uint64) error {
	began := time.Now()
	h := l.totals.Header(b, page)
	l.sealed = b.Seal(l.sealed[:0], h)
	id := fmt.Sprintf("%x-%d-%d-%d-%d", h.Epoch, l.partition, h.Page, h.First, b.Count())
	for pause := 10 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		err := l.in.opt.Journal.Append(ctx, l.partition, l.sealed, id)
		if err == nil {
			l.totals.Commit(h, b.Count())
			l.in.metrics.committed(b.Count(), len(l.sealed), time.Since(began))
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%w: %w", ingest.ErrClosed, err)
		}
		l.in.metrics.refused.Inc()
		l.in.opt.Logger.Warn("journal takes no records, doors wait", "error", err, "again_in", pause)
		select {
		case <-time.After(pause + rand.N(pause)):
		case <-ctx.Done():
		}
	}
}

// endPage writes the empty record that tells the processor that the page is
// over, so that the ledger of a quiet hour does not stay open.
func (l *lane) endPage(ctx context.Context) {
	if !l.page.open {
		return
	}
	l.page.end()
	if err := l.append(ctx, &record.Builder{}, l.page.number); err != nil {
		l.in.opt.Logger.Warn("ledger page left open; the next start closes it", "error", err)
	}
}
