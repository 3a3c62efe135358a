package process

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"rione/ingest"
	"rione/ingest/ledger"
	"rione/ingest/quarantine"
)

// ReplaySpec says what of the journal is processed again.
type ReplaySpec struct {
	Since   time.Time `json:"since"`             // receive time from which on messages are applied; a restatement deletes points from that time on
	Until   time.Time `json:"until,omitzero"`    // points of this time and later stay as they are; zero: none does
	Devices []string  `json:"devices,omitempty"` // ids; none: all
	Format  string    `json:"format,omitempty"`  // "": any
	Restate bool      `json:"restate,omitempty"` // delete the points of the devices first
	DryRun  bool      `json:"dry_run,omitempty"` // only count
}

// Validate returns what is wrong with the spec by itself.
func (s *ReplaySpec) Validate() error {
	switch {
	case s.Since.IsZero():
		return errors.New("since is missing: say from when on messages are applied again")
	case !s.Until.IsZero() && !s.Until.After(s.Since):
		return errors.New("until is not after since")
	case s.Restate && len(s.Devices) == 0:
		return errors.New("a restatement deletes points first: name the devices that it is for")
	case s.Restate && s.Format != "":
		return errors.New("a restatement is of everything that the devices said; leave the format out")
	}
	return nil
}

// ReplayCounts say what a replay has done so far, or what it would do.
type ReplayCounts struct {
	Records     int64                   `json:"records"`  // read
	Messages    int64                   `json:"messages"` // applied
	Points      int64                   `json:"points"`   // written
	Suspect     int64                   `json:"suspect"`  // of these, values set aside
	Refused     map[ingest.Reason]int64 `json:"refused"`  // messages, by the first reason
	Expired     int64                   `json:"expired"`  // messages older than the retention
	Released    int64                   `json:"released"` // entries that left quarantine: their messages are stored now
	Quarantined int64                   `json:"quarantined"`
}

// ReplayProgress is how far a replay is. A replay goes on from the progress that
// was saved last, and repeats at most what came after it.
type ReplayProgress struct {
	Partition int          `json:"partition"` // under way; those before are done
	Position  uint64       `json:"position"`  // record applied last, 0 before the first
	First     uint64       `json:"first"`     // oldest record when the partition was begun
	Head      uint64       `json:"head"`      // the journal's newest record when it was looked up last
	Deleted   bool         `json:"deleted,omitempty"`
	Done      bool         `json:"done"`
	Counts    ReplayCounts `json:"counts"`
	State     []byte       `json:"state,omitempty"` // of the pipeline after Position
}

// Deleter deletes a device's points before a restatement, wherever they are.
type Deleter interface {
	Delete(ctx context.Context, device string, from, to time.Time) error
}

// Parked tells whether lines of the processor wait for a store. The replay waits
// for them: they are of before, and must not be written after it.
type Parked func(ctx context.Context) (bool, error)

// Released takes entries out of quarantine whose messages are stored now.
type Released interface {
	Release(ctx context.Context, ids []string, may func(*quarantine.Entry) bool) (int, error)
}

// ReplayOptions describe a replay.
type ReplayOptions struct {
	Options           // of the pipeline and its targets; without Reader, Parking, Metrics and Unknown
	History  History  // required
	Delete   Deleter  // required for restatements
	Released Released // nil: entries stay in quarantine
	Parked   Parked   // nil: no lines are ever parked
	Spec     ReplaySpec
	Resumed  bool          // it was begun before: the journal reached back then
	Share    float64       // of the time in which the replay works, the rest is the live data's; default 0.25
	SaveEach time.Duration // between two saved progresses; default 2 s
}

const (
	replayLines   = 1000 // of one write
	replayRecords = 64   // read between two writes at most
	// nearHead is how close to the journal's end, in records, a replay no longer
	// waits for others: it has to catch up with them.
	nearHead = 64
)

// Replay applies messages of the journal again, in order, from their beginning
// to the journal's head, through a pipeline of its own.
type Replay struct {
	opt    ReplayOptions
	look   *look
	writer *writer
	at     ReplayProgress
	save   func(context.Context, ReplayProgress) error

	began time.Time // of the batch under way
	saved time.Time
}

// NewReplay checks the options, and that the journal reaches back far enough:
// the error is ErrTooOld otherwise.
func NewReplay(ctx context.Context, o ReplayOptions) (*Replay, error) {
	if o.History == nil || o.Registry == nil || len(o.Targets) == 0 || o.Quarantine == nil || o.Routes == nil || o.Decoder == nil {
		return nil, errors.New("replay: History, Registry, Targets, Quarantine, Routes and Decoder are required")
	}
	if err := o.Spec.Validate(); err != nil {
		return nil, err
	}
	if o.Spec.Restate && o.Delete == nil {
		return nil, errors.New("replay: Delete is required for a restatement")
	}
	o.Metrics, o.Unknown = NewMetrics(nil), nil
	o.Share, o.SaveEach = cmp.Or(o.Share, 0.25), cmp.Or(o.SaveEach, 2*time.Second)
	var err error
	if o.Options, err = o.Options.withDefaults(); err != nil {
		return nil, err
	}
	r := &Replay{opt: o}
	if err := r.choose(ctx); err != nil {
		return nil, err
	}
	return r, nil
}

// choose makes the look, and refuses what cannot be replayed.
func (r *Replay) choose(ctx context.Context) error {
	spec := &r.opt.Spec
	snapshot := r.opt.Registry.Snapshot()
	for _, id := range spec.Devices {
		d := snapshot.Device(id)
		if d == nil {
			return fmt.Errorf("there is no device %s; `rione devices list` shows what there is", id)
		}
		if spec.Restate && snapshot.Resolve(id) == nil {
			return fmt.Errorf("device %s is %s: its messages would not become points again; approve it first", id, d.State())
		}
	}
	r.look = &look{
		names: namesOf(snapshot, spec.Devices), format: spec.Format, from: spec.Since,
		points: spec.Restate, until: spec.Until, again: true,
	}
	margin := time.Duration(0)
	if spec.Restate {
		margin = futureLimit // a device's clock may be that much ahead
	}
	if r.opt.Resumed {
		return nil
	}
	return reaches(ctx, r.opt.History, spec.Since, margin)
}

// Run goes on from a progress, the zero one at first, until the journal's head
// is reached, and saves its progress now and then. It returns the last one.
func (r *Replay) Run(ctx context.Context, from ReplayProgress, save func(context.Context, ReplayProgress) error) (ReplayProgress, error) {
	r.at, r.save, r.saved = from, save, time.Now()
	r.writer = newWriter(r.opt.Options)
	defer r.writer.close()
	if r.at.Counts.Refused == nil {
		r.at.Counts.Refused = map[ingest.Reason]int64{}
	}
	if err := r.awaitParked(ctx); err != nil {
		return r.at, err
	}
	if r.opt.Spec.Restate && !r.opt.Spec.DryRun && !r.at.Deleted {
		if err := r.delete(ctx); err != nil {
			return r.at, err
		}
	}
	for r.at.Partition < r.opt.History.Partitions() {
		if err := r.partition(ctx); err != nil {
			return r.at, err
		}
		r.at.Partition++
		r.at.Position, r.at.State = 0, nil
	}
	r.at.Done = true
	return r.at, r.save(ctx, r.at)
}

// awaitParked waits until no lines are parked.
func (r *Replay) awaitParked(ctx context.Context) error {
	if r.opt.Parked == nil || r.opt.Spec.DryRun {
		return nil
	}
	for {
		if parked, err := r.opt.Parked(ctx); err != nil || !parked {
			return err
		}
		if err := pause(ctx, 200*time.Millisecond); err != nil {
			return err
		}
	}
}

// endOfTime is later than any point: the clock policies accept no later year.
var endOfTime = time.Date(2201, 1, 1, 0, 0, 0, 0, time.UTC)

func (r *Replay) delete(ctx context.Context) error {
	until := r.opt.Spec.Until
	if until.IsZero() {
		until = endOfTime
	}
	for _, id := range r.opt.Spec.Devices {
		if err := r.opt.Delete.Delete(ctx, id, r.opt.Spec.Since, until); err != nil {
			return fmt.Errorf("restatement: %w", err)
		}
	}
	r.at.Deleted = true
	return r.save(ctx, r.at)
}

// partition replays the partition under way.
func (r *Replay) partition(ctx context.Context) error {
	x, err := r.opt.History.Extent(ctx, r.at.Partition)
	if err != nil || x.First.Seq == 0 {
		return err
	}
	from := max(r.at.Position+1, x.First.Seq)
	w, err := newWalker(ctx, r.opt.Options, r.opt.History, r.at.Partition, from, r.look)
	if err != nil {
		return err
	}
	defer w.close()
	if r.at.Position == 0 {
		r.at.First = x.First.Seq
	}
	if err := w.remember(r.at.State, x.State); err != nil {
		return err
	}
	return r.follow(ctx, w, x.Last)
}

// remember gives the pipeline the state of the replay, or, at its beginning,
// what the live decoders know: births that are older than the journal.
func (w *walker) remember(own, live []byte) error {
	from := own
	if own == nil {
		from = live
	}
	s, err := parseState(from)
	if err != nil && own != nil {
		return err
	}
	if own == nil {
		w.pipeline.decoders.restore(s.decoders)
		return nil // what else the processor has seen is what the replay is to write again
	}
	w.pipeline.restore(s.decoders)
	return w.pipeline.memory.restore(s.memory)
}

// follow applies records up to the journal's head. What the processor stored
// meanwhile is applied too: the replay ends where, after its last write, nothing
// newer stands in the journal, so that a later reading is never written before
// an earlier one.
func (r *Replay) follow(ctx context.Context, w *walker, head uint64) error {
	r.at.Head, r.began = head, time.Now()
	for {
		for n := 0; w.position < r.at.Head && n < replayRecords && !w.work.full(replayLines); n++ {
			if err := w.next(ctx); err != nil {
				return err
			}
			r.at.Counts.Records++
		}
		if err := r.flush(ctx, w); err != nil {
			return err
		}
		if w.position < r.at.Head {
			continue
		}
		x, err := r.opt.History.Extent(ctx, r.at.Partition)
		if err != nil || x.Last <= w.position {
			return err
		}
		r.at.Head = x.Last
	}
}

// flush writes what was read, saves the progress when that is due, and leaves
// the store to others for a while.
func (r *Replay) flush(ctx context.Context, w *walker) error {
	if err := r.awaitParked(ctx); err != nil {
		return err
	}
	if err := r.apply(ctx, w.work); err != nil {
		return err
	}
	w.work.reset()
	r.at.Position = w.position
	if time.Since(r.saved) >= r.opt.SaveEach {
		r.at.State = appendState(nil, &ledger.Totals{}, nil, w.pipeline.appendState(nil))
		if err := r.save(ctx, r.at); err != nil {
			return err
		}
		r.saved = time.Now()
	}
	if w.position+nearHead < r.at.Head {
		busy := time.Since(r.began)
		if err := pause(ctx, time.Duration(float64(busy)*(1-r.opt.Share)/r.opt.Share)); err != nil {
			return err
		}
	}
	r.began = time.Now()
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
