package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"rione/api"
	"rione/cmd/rione/config"
	"rione/ingest"
	"rione/ingest/influx"
	"rione/ingest/rollup"
	"rione/ingest/rollup/keep"
	"rione/ingest/schema"
)

// Store is one InfluxDB of a configuration and the buckets that it should have.
type Store struct {
	Name, URL, Token, Org string
	Buckets               []influx.Bucket
}

// StoresOf returns every InfluxDB of a configuration, the first one being that
// which takes what no other does.
func StoresOf(c config.Config) []Store {
	url, token := StoreOf(c)
	out := []Store{{Name: config.DefaultTarget, URL: url, Token: token, Org: c.InfluxOrg, Buckets: bucketsOf(c.InfluxBucket, c.Retention())}}
	for _, t := range c.Targets() {
		out = append(out, Store{t.Name, t.URL, t.Token, t.Org, bucketsOf(t.Bucket, c.RetentionOf(&t))})
	}
	return out
}

func bucketsOf(readings string, keep schema.Retention) []influx.Bucket {
	return []influx.Bucket{
		{Name: readings, Retention: keep.Raw},
		{Name: readings + moversSuffix, Retention: keep.Raw},
		{Name: schema.Hour.Bucket(readings), Retention: keep.Hourly},
		{Name: schema.Day.Bucket(readings), Retention: keep.Daily},
	}
}

// createBuckets creates the buckets of a target that are missing. Those that are
// there keep their retention until somebody applies another: a shorter one
// deletes.
func (a *App) createBuckets(ctx context.Context, t *storeTarget) error {
	for _, b := range bucketsOf(t.bucket, t.keep) {
		there, err := t.client.Retention(ctx, b.Name)
		switch {
		case errors.Is(err, influx.ErrNoBucket):
			err = t.client.EnsureBuckets(ctx, []influx.Bucket{b})
		case err == nil && there != b.Retention:
			a.log.Warn("a bucket's retention is not the configured one; `rione retention plan` shows it, apply changes it",
				"target", t.name, "bucket", b.Name, "retention", there, "configured", b.Retention)
		}
		if err != nil {
			return fmt.Errorf("bucket %s: %w", b.Name, err)
		}
	}
	return nil
}

// targetRollup is what makes the windows of one target.
type targetRollup struct {
	runner *rollup.Runner
	keeper *keep.Store
}

// rollups are those of all targets.
type rollups []targetRollup

// startRollups opens what makes windows of readings, before anything is
// processed: whoever stores late readings tells it.
func (a *App) startRollups(ctx context.Context) error {
	_, js, err := a.stream("rollups")
	if err != nil {
		return err
	}
	for i := range a.stores {
		r, err := a.openRollup(ctx, js, i)
		if err != nil {
			return err
		}
		a.rollups = append(a.rollups, r)
		a.work("rollups", r.runner.Run)
	}
	return a.startIndicators(ctx, js)
}

func (a *App) openRollup(ctx context.Context, js jetstream.JetStream, i int) (targetRollup, error) {
	t, name := &a.stores[i], ""
	if i > 0 {
		name = t.name
	}
	keeper, err := keep.Open(ctx, js, keep.Options{Name: name, Logger: a.log})
	if err != nil {
		return targetRollup{}, err
	}
	runner, err := rollup.Open(ctx, rollup.Options{
		Store: rollupStore{t, a.log}, Keeper: keeper, Bucket: t.bucket, Movers: t.bucket + moversSuffix, Interval: a.intervalOf, Retention: t.keep,
		Mine: func(comune string) bool { return a.stores.indexOf(comune) == i }, Ready: func(ctx context.Context) error { return a.nothingParked(ctx, t.name) },
		Logger: a.log.With("target", t.name), Metrics: prometheus.WrapRegistererWith(prometheus.Labels{"target": t.name}, a.metrics),
	})
	return targetRollup{runner, keeper}, err
}

// nothingParked tells whether all lines of a target are written.
func (a *App) nothingParked(ctx context.Context, target string) error {
	names, err := a.parked.Targets(ctx)
	if err == nil && slices.Contains(names, target) {
		err = errors.New("lines are parked and yet to be written")
	}
	return err
}

// feeds are whom processors tell of what they stored.
func (r rollups) feeds() []ingest.Feed {
	var out []ingest.Feed
	for _, t := range r {
		out = append(out, t.runner.Marker())
	}
	return out
}

// settle makes durable what the feeds noted.
func (r rollups) settle(ctx context.Context) error {
	for _, t := range r {
		if err := t.runner.Marker().Keep(ctx); err != nil {
			return err
		}
	}
	return nil
}

// deleted makes durable that readings of a device are gone. A later restatement
// of them is noted by the feeds.
func (r rollups) deleted(ctx context.Context, device string, from, to time.Time) error {
	for _, t := range r {
		if err := t.runner.Marker().Deleted(ctx, device, from, to); err != nil {
			return err
		}
	}
	return nil
}

// status tells the API how far the windows are: of the target that is furthest
// behind.
func (r rollups) status(ctx context.Context) (api.RollupStatus, error) {
	var out api.RollupStatus
	for i, t := range r {
		s := t.runner.Status()
		if i == 0 || s.Until.Before(out.Until) {
			out.Until = s.Until
		}
		waiting, err := t.keeper.Waiting(ctx)
		if err != nil {
			return out, err
		}
		if since := t.runner.Places(schema.Hour); since.After(out.Places) {
			out.Places = since
		}
		out.Behind, out.Late = max(out.Behind, s.Behind.Seconds()), out.Late+waiting
		out.Failure = cmp.Or(out.Failure, s.Failure)
	}
	return out, nil
}

// tell says in /status how far the windows are. That they lag makes nothing that
// devices need fail.
func (r rollups) tell() string {
	var out []string
	for _, t := range r {
		s := t.runner.Status()
		switch {
		case s.Failure != "":
			out = append(out, "windows are not made: "+s.Failure)
		case s.Until.IsZero():
			out = append(out, "windows are not begun yet")
		default:
			out = append(out, fmt.Sprintf("windows are made until %s, %v behind", s.Until.Format(time.RFC3339), s.Behind))
		}
	}
	return strings.Join(out, "; ")
}

func (a *App) intervalOf(device string) time.Duration {
	if d := a.registry.Snapshot().Device(device); d != nil {
		return d.Interval
	}
	return 0
}

// rollupStore is one target as the store of rollups.
type rollupStore struct {
	target *storeTarget
	log    *slog.Logger
}

var _ rollup.Store = rollupStore{}

// QueryEach implements rollup.Store.
func (s rollupStore) QueryEach(ctx context.Context, bucket, q string, f func(*ingest.Series) error) error {
	return s.target.client.QueryEach(ctx, bucket, q, f)
}

// Delete implements rollup.Store.
func (s rollupStore) Delete(ctx context.Context, bucket, measurement string, from, to time.Time, devices ...string) error {
	return s.target.client.Delete(ctx, bucket, measurement, from, to, devices...)
}

// DeletePlaces implements rollup.Store.
func (s rollupStore) DeletePlaces(ctx context.Context, bucket, measurement string, from, to time.Time, places ...string) error {
	return s.target.client.DeleteBy(ctx, schema.PlaceTag, bucket, measurement, from, to, places...)
}

// Write implements rollup.Store. What the store refuses for good is logged:
// windows behind it would wait for ever.
func (s rollupStore) Write(ctx context.Context, bucket string, points []ingest.Point) error {
	b := influx.NewBatch()
	for i := range points {
		b.Add(&points[i])
	}
	rejects, err := s.target.writer.Write(ctx, bucket, b)
	for _, r := range rejects {
		if !r.Expired {
			s.log.Error("the store refuses a point of a rollup or an indicator", "target", s.target.name, "bucket", bucket, "error", r.Detail)
		}
	}
	return err
}
