package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rione/api"
	"rione/devices/reported"
	"rione/ingest"
	"rione/ingest/journal"
	"rione/ingest/process"
	"rione/ingest/process/replay"
	"rione/ingest/schema"
)

// explained is what reads the journal again.
type explained struct {
	history  *journal.Journal // over a connection of its own
	replays  *replay.Jobs
	progress []*process.Progress // by partition
	unknown  *process.UnknownFields
	reported *reported.Positions
}

// startReplays takes up the replay that a restart interrupted, if there is one.
func (a *App) startReplays(ctx context.Context) error {
	_, js, err := a.stream("replays")
	if err != nil {
		return err
	}
	if a.history, err = a.journal.Over(ctx, js); err != nil {
		return err
	}
	a.replays, err = replay.Open(ctx, js, replay.Options{New: a.newReplay, Ended: a.replayed, Logger: a.log})
	if err != nil {
		return err
	}
	a.work("replays", a.replays.Run)
	return nil
}

// newReplay makes a replay with the registry, routes and decoders of now. It
// writes past the parking: while a store is away, it waits.
func (a *App) newReplay(ctx context.Context, spec process.ReplaySpec, resumed bool) (*process.Replay, error) {
	targets := make([]process.Target, len(a.stores))
	for i, t := range a.stores {
		targets[i] = process.Target{Name: "replay to " + t.name, Store: t.writer, Bucket: t.bucket, Comuni: t.comuni}
	}
	return process.NewReplay(ctx, process.ReplayOptions{
		Options: a.pipeline(targets), History: a.history, Delete: everywhere{a.stores, a.rollups}, Released: a.quarantine, Spec: spec, Resumed: resumed,
		Parked: func(ctx context.Context) (bool, error) {
			names, err := a.parked.Targets(ctx)
			return len(names) > 0, err
		},
	})
}

// pipeline is how messages become points, for all who process them.
func (a *App) pipeline(targets []process.Target) process.Options {
	return process.Options{
		Registry: a.registry, Targets: targets, Quarantine: a.quarantine, Zone: a.places.Zone,
		Routes: a.routes.Current, Decoder: a.decoderOf, Networks: a.formats.PublicNetworks.Has,
		Feeds: append([]ingest.Feed{a.latest}, a.rollups.feeds()...), Settle: a.rollups.settle, Logger: a.log,
	}
}

// everywhere deletes a device's points in every store: it may have moved from
// the comune of one to that of another.
type everywhere struct {
	stores  []storeTarget
	rollups rollups // make the windows anew that the readings were in
}

// Delete implements process.Deleter.
func (e everywhere) Delete(ctx context.Context, device string, from, to time.Time) error {
	for _, t := range e.stores {
		for _, bucket := range []string{t.bucket, t.bucket + moversSuffix, schema.Hour.Bucket(t.bucket), schema.Day.Bucket(t.bucket)} {
			if err := t.client.Delete(ctx, bucket, "", from, to, device); err != nil {
				return err
			}
		}
	}
	return e.rollups.deleted(ctx, device, from, to)
}

// replayed shows the latest values as they are after a restatement, which may
// have taken the newest ones away.
func (a *App) replayed(job replay.Job) {
	if !job.Spec.Restate || job.Spec.DryRun {
		return
	}
	a.latest.Drop(job.Spec.Devices)
	ctx, cancel := context.WithTimeout(a.ctx, time.Minute)
	defer cancel()
	if err := a.latest.Rebuild(ctx, a.stores, a.registry.Snapshot(), a.opt.Config.InfluxBucket, a.opt.Config.InfluxBucket+moversSuffix); err != nil {
		a.log.Warn("the latest values could not be read again after a restatement; they are right with the next reading", "error", err)
	}
}

// replaysFor gives the API the replays in its own types.
type replaysFor struct{ app *App }

var _ api.Replays = replaysFor{}

// Start implements api.Replays. A request without a time begins with the
// journal.
func (r replaysFor) Start(ctx context.Context, in api.ReplayRequest, author string) (api.ReplayView, error) {
	spec := process.ReplaySpec{Since: in.Since.UTC(), Until: in.Until, Devices: in.Devices, Format: in.Format, Restate: in.Restate, DryRun: in.DryRun}
	if in.Since.IsZero() {
		begins, _, err := process.Begins(ctx, r.app.history)
		if err != nil {
			return api.ReplayView{}, err
		}
		spec.Since = begins
	}
	job, err := r.app.replays.Start(ctx, spec, author, in.Note)
	switch {
	case errors.Is(err, replay.ErrBusy):
		return api.ReplayView{}, fmt.Errorf("%w (%w)", api.ErrReplayBusy, err)
	case err != nil:
		return api.ReplayView{}, fmt.Errorf("%w: %w", api.ErrReplayRefused, err)
	}
	return replayView(job), nil
}

// Get implements api.Replays.
func (r replaysFor) Get(ctx context.Context, id string) (api.ReplayView, error) {
	return viewOfReplay(r.app.replays.Get(ctx, id))
}

// Cancel implements api.Replays.
func (r replaysFor) Cancel(ctx context.Context, id string) (api.ReplayView, error) {
	return viewOfReplay(r.app.replays.Cancel(ctx, id))
}

// List implements api.Replays.
func (r replaysFor) List(ctx context.Context) ([]api.ReplayView, error) {
	list, err := r.app.replays.List(ctx)
	out := make([]api.ReplayView, len(list))
	for i := range list {
		out[i] = replayView(list[i])
	}
	return out, err
}

func viewOfReplay(job replay.Job, err error) (api.ReplayView, error) {
	if errors.Is(err, replay.ErrNotFound) {
		return api.ReplayView{}, api.ErrNotFound
	}
	return replayView(job), err
}

func replayView(job replay.Job) api.ReplayView {
	c := job.Progress.Counts
	v := api.ReplayView{
		ID: job.ID, Author: job.Author, State: string(job.State), Error: job.Error, Created: job.Created, Percent: percent(&job),
		Request: api.ReplayRequest{
			Since: job.Spec.Since, Until: job.Spec.Until, Devices: job.Spec.Devices, Format: job.Spec.Format,
			Restate: job.Spec.Restate, DryRun: job.Spec.DryRun, Note: job.Note,
		},
		Counts: api.ReplayCounts{
			Records: c.Records, Messages: c.Messages, Points: c.Points, Suspect: c.Suspect, Refused: map[string]int64{},
			Expired: c.Expired, Released: c.Released, Quarantined: c.Quarantined,
		},
	}
	for reason, n := range c.Refused {
		v.Counts.Refused[string(reason)] = n
	}
	if !job.Ended.IsZero() {
		v.Ended = &job.Ended
	}
	return v
}

// percent is how much of the partition under way is applied; of the only one, as
// a rule.
func percent(job *replay.Job) float64 {
	p := &job.Progress
	switch {
	case job.State == replay.Done:
		return 100
	case p.Position < p.First || p.Head <= p.First:
		return 0
	}
	return 100 * float64(p.Position-p.First) / float64(p.Head-p.First)
}
