package process

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"
)

// TailOptions describe a look at what one device says.
type TailOptions struct {
	Options                                // of the pipeline; Targets, Reader, Feeds, Metrics and Unknown are not used
	History  History                       // required
	Device   string                        // required: id, external identity, or what an unknown device calls itself
	Since    time.Time                     // receive time of the first message; zero: from now on
	Follow   bool                          // go on at the journal's head until ctx ends
	Progress func(partition int) *Progress // of the processors; nil: none is known
}

// Tail tells what became of each message of a device, in order: those that the
// journal has since a time, and, with Follow, those that come. It takes them
// through a pipeline of its own, as it is configured now, and writes nothing;
// only duplicates of what came long before are not known as such. It returns
// nil when ctx ended, or everything was told; ErrTooOld for a time whose
// messages have left the journal.
func Tail(ctx context.Context, o TailOptions, tell func(Trace) error) error {
	if o.History == nil || o.Registry == nil || o.Routes == nil || o.Decoder == nil || o.Device == "" {
		return errors.New("tail: History, Registry, Routes, Decoder and Device are required")
	}
	o.Targets, o.Metrics, o.Unknown, o.Budget = []Target{{Store: discarded{}, Bucket: "none"}}, NewMetrics(nil), nil, nil
	if o.Quarantine == nil {
		o.Quarantine = discarded{}
	}
	var err error
	if o.Options, err = o.Options.withDefaults(); err != nil {
		return err
	}
	if !o.Since.IsZero() {
		if err := reaches(ctx, o.History, o.Since, 0); err != nil {
			return err
		}
	}
	return o.all(ctx, tell)
}

// all follows every partition: which one has the device's messages is the
// door's secret.
func (o *TailOptions) all(ctx context.Context, tell func(Trace) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var one sync.Mutex // at a time tells
	var following sync.WaitGroup
	errs := make(chan error, o.History.Partitions())
	for partition := range o.History.Partitions() {
		following.Go(func() {
			err := o.partition(ctx, partition, func(t Trace) error { one.Lock(); defer one.Unlock(); return tell(t) })
			if err != nil && ctx.Err() == nil {
				errs <- err
				cancel()
			}
		})
	}
	following.Wait()
	select {
	case err := <-errs:
		return err
	default:
		return nil
	}
}

// remindFor is how long before the first message a tail begins to read, so that
// it knows what came shortly before again.
const remindFor = 10 * time.Minute

func (o *TailOptions) partition(ctx context.Context, partition int, tell func(Trace) error) error {
	x, err := o.History.Extent(ctx, partition)
	if err != nil {
		return err
	}
	from := x.Processed + 1
	if !o.Since.IsZero() {
		if from, err = o.History.SequenceAt(ctx, o.Since.Add(-remindFor)); err != nil {
			return err
		}
	}
	var told []Trace
	look := &look{names: namesOf(o.Registry.Snapshot(), []string{o.Device}), from: o.Since, tell: func(t Trace) { told = append(told, t) }}
	w, err := newWalker(ctx, o.Options, o.History, partition, from, look)
	if err != nil {
		return err
	}
	defer w.close()
	if s, err := parseState(x.State); err == nil { // else decoders begin without memory
		w.pipeline.restore(s.decoders)
		if o.Since.IsZero() {
			_ = w.pipeline.memory.restore(s.memory) // a damaged one is done without, as by the processor
		}
	}
	for o.Follow || w.position < x.Last {
		if err := w.next(ctx); err != nil {
			return err
		}
		w.work.reset()
		if o.Since.IsZero() && w.position <= x.Last {
			told = told[:0] // it came before
		}
		for i := range told {
			told[i].Device = cmp.Or(told[i].Device, o.Device)
			o.settle(ctx, partition, w.position, x.Processed, &told[i])
			if err := tell(told[i]); err != nil {
				return err
			}
		}
		told = told[:0]
	}
	return nil
}

// storePatience is how long a tail waits for the processor before it tells that
// a message is not stored yet.
const storePatience = 2 * time.Second

// settle says when the points of a message were in the store.
func (o *TailOptions) settle(ctx context.Context, partition int, seq, processed uint64, t *Trace) {
	if o.Progress == nil {
		return
	}
	limit := time.NewTimer(storePatience)
	defer limit.Stop()
	for {
		at, done, wait := o.Progress(partition).at(seq)
		if done || seq <= processed {
			t.Stored = at
			return
		}
		select {
		case <-wait:
		case <-limit.C:
			t.Pending = true
			return
		case <-ctx.Done():
			t.Pending = true
			return
		}
	}
}
