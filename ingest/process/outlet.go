package process

import (
	"context"
	"errors"
	"sync"
	"time"

	"rione/ingest/influx"
	"rione/ingest/park"
)

// breaker is the state of the way to a target.
type breaker uint8

const (
	closed   breaker = iota // lines go straight to the store
	halfOpen                // the store takes parked lines; new ones go behind them
	open                    // the store takes nothing, or too slowly; lines are parked
)

// String names the state as the metrics do.
func (b breaker) String() string { return [...]string{"closed", "half_open", "open"}[b] }

// outlet is the way of lines to one target: straight to its store, or by its
// parking. What is parked is written in order by drain; new lines go behind it
// until nothing is left, so that an older value never overwrites a later one.
type outlet struct {
	Target
	opt  *Options
	wake chan struct{} // something was parked

	mu    sync.Mutex
	state breaker
}

func newOutlet(t Target, o *Options) *outlet {
	out := &outlet{Target: t, opt: o, wake: make(chan struct{}, 1)}
	o.Metrics.breakers.WithLabelValues(t.Name, closed.String()).Inc()
	return out
}

// close takes the outlet out of the metrics.
func (o *outlet) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.opt.Metrics.breakers.WithLabelValues(o.Name, o.state.String()).Dec()
}

func (o *outlet) set(s breaker) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if s == o.state {
		return
	}
	o.opt.Metrics.breakers.WithLabelValues(o.Name, o.state.String()).Dec()
	o.opt.Metrics.breakers.WithLabelValues(o.Name, s.String()).Inc()
	switch {
	case s == open && o.state == closed:
		o.opt.Logger.Warn("a store takes no lines in time; they are parked until it does", "target", o.Name, "waited", o.Patience)
	case s == closed:
		o.opt.Logger.Info("everything that was parked is stored", "target", o.Name)
	}
	o.state = s
}

// reopen opens a breaker that closed a moment before lines were parked.
func (o *outlet) reopen() {
	o.mu.Lock()
	was := o.state
	o.mu.Unlock()
	if was == closed {
		o.set(open)
	}
}

// write returns when the lines are stored, refused or parked.
func (o *outlet) write(ctx context.Context, bucket string, b *influx.Batch, from func(line int) park.Origin) ([]influx.Reject, error) {
	if o.Parking == nil || o.Patience == 0 && o.Parking.Empty() {
		return o.Store.Write(ctx, bucket, b)
	}
	if o.Parking.Empty() {
		attempt, cancel := context.WithTimeout(ctx, o.Patience)
		defer cancel()
		rejects, err := o.Store.Write(attempt, bucket, b)
		if err == nil || attempt.Err() == nil || ctx.Err() != nil {
			return rejects, err
		}
		o.set(open)
	}
	return nil, o.park(ctx, bucket, b, from)
}

// parkedBytes is the size at which a parked batch ends, before compression.
const parkedBytes = 1 << 20

// park appends the lines to the parking. While that is full it waits: then the
// journal is the buffer.
func (o *outlet) park(ctx context.Context, bucket string, b *influx.Batch, from func(line int) park.Origin) error {
	batch := park.Batch{Bucket: bucket}
	for i := range b.Len() {
		batch.Add(b.Line(i), from(i))
		if len(batch.Text) < parkedBytes && i < b.Len()-1 {
			continue
		}
		err := again(ctx, o.opt.Logger, "lines cannot be parked, processing waits", func() error { return o.Parking.Append(ctx, &batch) })
		if err != nil {
			return err
		}
		o.opt.Metrics.parked.WithLabelValues(o.Name).Add(float64(batch.Len()))
		batch.Reset()
		select {
		case o.wake <- struct{}{}:
		default:
		}
	}
	return nil
}

// drain writes what is parked, in order, until ctx ends.
func (o *outlet) drain(ctx context.Context) {
	if o.Parking == nil {
		return
	}
	lines, batch := &park.Batch{}, influx.NewBatch()
	for ctx.Err() == nil {
		var left bool
		_ = again(ctx, o.opt.Logger, "parked lines cannot be written, trying again", func() (err error) {
			left, err = o.drainFirst(ctx, lines, batch)
			return err
		}) // it fails when ctx ends only
		if left {
			continue
		}
		o.set(closed)
		select {
		case <-o.wake:
		case <-ctx.Done():
		}
	}
}

// drainFirst writes the oldest parked lines. It returns false when there are
// none.
func (o *outlet) drainFirst(ctx context.Context, lines *park.Batch, batch *influx.Batch) (bool, error) {
	through, err := o.Parking.First(ctx, lines, o.opt.BatchLines)
	switch {
	case errors.Is(err, park.ErrCorrupt):
		o.opt.Metrics.corrupt.Inc()
		o.opt.Logger.Error("parked lines cannot be read and are passed over", "target", o.Name, "sequence", through, "error", err)
		return true, o.Parking.Drop(ctx, through)
	case err != nil || through == 0:
		return err == nil && through > 0, err
	}
	batch.Reset()
	for i := range lines.Len() {
		line, _ := lines.Line(i)
		batch.AddLine(line)
	}
	o.reopen()
	late := time.AfterFunc(max(o.Patience, time.Second), func() { o.set(open) })
	rejects, err := o.Store.Write(ctx, lines.Bucket, batch)
	late.Stop()
	if err != nil {
		return true, err
	}
	o.set(halfOpen)
	if err := o.refuse(ctx, lines, rejects); err != nil {
		return true, err
	}
	o.opt.Metrics.drained.WithLabelValues(o.Name).Add(float64(lines.Len()))
	return true, o.Parking.Drop(ctx, through)
}
