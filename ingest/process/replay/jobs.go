// Package replay keeps the replays that operators ask for: one runs at a time,
// its progress is durable, and after a restart it goes on from there.
package replay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rione/ingest/process"
)

// State is how a job stands.
type State string

// The states of a job.
const (
	Running   State = "running"
	Done      State = "done"
	Failed    State = "failed"
	Cancelled State = "cancelled"
)

// Job is one replay.
type Job struct {
	ID       string                 `json:"id"` // by time, so that ids sort by age
	Spec     process.ReplaySpec     `json:"spec"`
	Author   string                 `json:"author"`
	Note     string                 `json:"note,omitempty"` // why
	State    State                  `json:"state"`
	Error    string                 `json:"error,omitempty"` // why it failed, or what it waits for
	Created  time.Time              `json:"created"`
	Ended    time.Time              `json:"ended,omitzero"`
	Progress process.ReplayProgress `json:"progress"`
}

// Errors of Jobs.
var (
	// ErrBusy is returned by Start while another job runs.
	ErrBusy = errors.New("a replay is running already; wait for its end, or cancel it")
	// ErrNotFound is returned for a job that is not there.
	ErrNotFound = errors.New("there is no such replay")
)

// Options describe the jobs.
type Options struct {
	// New makes a replay, anew or resumed. Required.
	New      func(ctx context.Context, spec process.ReplaySpec, resumed bool) (*process.Replay, error)
	Ended    func(Job)     // hears of a job that is done; nil: nobody
	Replicas int           // of the bucket that keeps them; default 1
	Retry    time.Duration // between two tries after the journal failed; default 5 s
	Logger   *slog.Logger
}

// Jobs are the replays of a city. They are safe for concurrent use.
type Jobs struct {
	opt   Options
	kv    jetstream.KeyValue
	order chan struct{} // has a value when a job is to run

	mu     sync.Mutex
	now    *Job               // running, nil when none is
	cancel context.CancelFunc // of now
}

// Open opens the bucket of jobs, creating it if needed.
func Open(ctx context.Context, js jetstream.JetStream, o Options) (*Jobs, error) {
	if o.New == nil {
		return nil, errors.New("replay: New is required")
	}
	o.Replicas, o.Retry = cmp.Or(o.Replicas, 1), cmp.Or(o.Retry, 5*time.Second)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	kv, err := openBucket(ctx, js, o.Replicas)
	if err != nil {
		return nil, err
	}
	j := &Jobs{opt: o, kv: kv, order: make(chan struct{}, 1)}
	return j, j.resume(ctx)
}

// resume takes the job up that ran when the process ended.
func (j *Jobs) resume(ctx context.Context) error {
	list, err := j.List(ctx)
	if err != nil {
		return err
	}
	for i := range list {
		if list[i].State == Running {
			job, err := j.load(ctx, list[i].ID) // with the state that lists leave out
			if err != nil {
				return err
			}
			j.now = &job
			j.order <- struct{}{}
			return nil
		}
	}
	return nil
}

// Start begins a replay. It returns what process.NewReplay finds wrong with the
// spec, and ErrBusy while another one runs.
func (j *Jobs) Start(ctx context.Context, spec process.ReplaySpec, author, note string) (Job, error) {
	if _, err := j.opt.New(ctx, spec, false); err != nil {
		return Job{}, err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.now != nil {
		return Job{}, fmt.Errorf("%w: %s", ErrBusy, j.now.ID)
	}
	created := time.Now().UTC()
	job := Job{ID: created.Format("20060102t150405.000000000"), Spec: spec, Author: author, Note: note, State: Running, Created: created}
	if err := j.store(ctx, &job); err != nil {
		return Job{}, err
	}
	j.now = &job
	j.order <- struct{}{}
	return job, nil
}

// Cancel stops a running job. What it applied stays.
func (j *Jobs) Cancel(ctx context.Context, id string) (Job, error) {
	j.mu.Lock()
	if j.now != nil && j.now.ID == id {
		j.now.State = Cancelled
		if j.cancel != nil {
			j.cancel()
		}
		defer j.mu.Unlock()
		return *j.now, nil
	}
	j.mu.Unlock()
	return j.Get(ctx, id)
}

// Get returns a job. It returns ErrNotFound for one that is not there.
func (j *Jobs) Get(ctx context.Context, id string) (Job, error) {
	j.mu.Lock()
	if j.now != nil && j.now.ID == id {
		defer j.mu.Unlock()
		return stripped(*j.now), nil
	}
	j.mu.Unlock()
	job, err := j.load(ctx, id)
	return stripped(job), err
}

// List returns the jobs, the newest first.
func (j *Jobs) List(ctx context.Context) ([]Job, error) {
	ids, err := j.ids(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]Job, 0, len(ids))
	for _, id := range slices.Backward(ids) {
		job, err := j.Get(ctx, id)
		if errors.Is(err, ErrNotFound) {
			continue // forgotten meanwhile
		}
		if err != nil {
			return nil, err
		}
		list = append(list, job)
	}
	return list, nil
}

// stripped is a job for people.
func stripped(job Job) Job {
	job.Progress.State = nil
	return job
}

// Run carries jobs out until ctx ends. One that is interrupted so goes on at the
// next start.
func (j *Jobs) Run(ctx context.Context) error {
	for {
		select {
		case <-j.order:
			j.carryOut(ctx)
		case <-ctx.Done():
			return nil
		}
	}
}

// carryOut runs the job of now to its end, and tries again when the journal or
// the quarantine failed.
func (j *Jobs) carryOut(ctx context.Context) {
	own, cancel := context.WithCancel(ctx)
	defer cancel()
	j.mu.Lock()
	job := *j.now
	if job.State == Cancelled {
		cancel()
	}
	j.cancel = cancel
	j.mu.Unlock()
	j.opt.Logger.Info("replay begins", "id", job.ID, "since", job.Spec.Since, "devices", len(job.Spec.Devices), "position", job.Progress.Position, "author", job.Author)
	for {
		err := j.attempt(own, &job)
		if err == nil {
			j.finish(ctx, Done, "")
			return
		}
		if ctx.Err() != nil {
			return // the next start goes on
		}
		if own.Err() != nil {
			j.finish(ctx, Cancelled, "")
			return
		}
		if errors.Is(err, errCannotBegin) {
			j.finish(ctx, Failed, err.Error())
			return
		}
		j.opt.Logger.Warn("replay is interrupted and goes on", "id", job.ID, "error", err, "again_in", j.opt.Retry)
		select {
		case <-time.After(j.opt.Retry):
		case <-own.Done():
		}
	}
}

// errCannotBegin marks errors that trying again does not mend.
var errCannotBegin = errors.New("the replay cannot begin")

// attempt goes on with a job from what was saved last.
func (j *Jobs) attempt(ctx context.Context, job *Job) error {
	r, err := j.opt.New(ctx, job.Spec, job.Progress.Position > 0 || job.Progress.Partition > 0 || job.Progress.Deleted)
	if err != nil {
		return fmt.Errorf("%w: %w", errCannotBegin, err)
	}
	job.Progress, err = r.Run(ctx, job.Progress, func(ctx context.Context, p process.ReplayProgress) error {
		job.Progress = p
		return j.keep(ctx, p)
	})
	return err
}

// keep makes the progress durable, and visible.
func (j *Jobs) keep(ctx context.Context, p process.ReplayProgress) error {
	p.Counts.Refused = maps.Clone(p.Counts.Refused) // the replay goes on counting in its own
	j.mu.Lock()
	j.now.Progress = p
	job := *j.now
	j.mu.Unlock()
	if job.State == Cancelled {
		job.State = Running // until it has stopped
	}
	return j.store(ctx, &job)
}

func (j *Jobs) finish(ctx context.Context, s State, why string) {
	j.mu.Lock()
	job := j.now
	job.State, job.Error, job.Ended = s, why, time.Now().UTC()
	job.Progress.State = nil
	ended := *job
	j.mu.Unlock()
	for err := j.store(ctx, &ended); err != nil && ctx.Err() == nil; err = j.store(ctx, &ended) {
		j.opt.Logger.Warn("the end of a replay cannot be noted; trying again", "error", err)
		select {
		case <-time.After(j.opt.Retry):
		case <-ctx.Done():
		}
	}
	j.opt.Logger.Info("replay ended", "id", ended.ID, "state", s, "error", why, "messages", ended.Progress.Counts.Messages, "points", ended.Progress.Counts.Points)
	if s == Done && j.opt.Ended != nil {
		j.opt.Ended(ended)
	}
	j.mu.Lock()
	j.now, j.cancel = nil, nil
	j.mu.Unlock()
	j.forget(ctx)
}
