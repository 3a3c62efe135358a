package app

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"rione/cmd/rione/config"
	"rione/ingest/influx"
	"rione/ingest/influx/local"
	"rione/ingest/park"
	"rione/ingest/process"
	"rione/ingest/schema"
)

// storeTarget is one InfluxDB in use. The first one takes what no other does.
type storeTarget struct {
	name, url, token, org, bucket string
	comuni                        []string
	client                        *influx.Client
	writer                        *influx.Writer
	keep                          schema.Retention
}

// moversSuffix names the bucket of moving things after that of fixed ones.
const moversSuffix = "_movers"

// patience is how long one write may keep the others waiting, where there are
// several targets, before its lines are parked.
const patience = 2 * time.Second

// startStore runs InfluxDB unless the operator names one, and opens the targets
// beside it. Those of the operator's own may be away: messages wait in the
// journal, or their lines are parked, until they are there.
func (a *App) startStore(ctx context.Context) error {
	c := &a.opt.Config
	first := storeTarget{name: config.DefaultTarget, url: c.InfluxURL, token: c.InfluxToken, org: c.InfluxOrg, bucket: c.InfluxBucket, keep: c.Retention()}
	if c.InfluxURL == "" {
		child, err := local.Start(ctx, local.Options{Dir: c.DataDir, Listen: c.InfluxListen, Logger: a.log, Progress: a.opt.Progress})
		if err != nil {
			return err
		}
		a.life.push("InfluxDB", func(context.Context) error { return child.Close() })
		first.url, first.token, first.org = child.URL(), child.Token(), child.Org()
	}
	a.stores = append(a.stores, first)
	for _, t := range c.Targets() {
		a.stores = append(a.stores, storeTarget{name: t.Name, url: t.URL, token: t.Token, org: t.Org, bucket: t.Bucket, comuni: t.Comuni, keep: c.RetentionOf(&t)})
	}
	for i := range a.stores {
		if err := a.openTarget(&a.stores[i]); err != nil {
			return fmt.Errorf("InfluxDB %s: %w", a.stores[i].name, err)
		}
	}
	away := a.stores
	if c.InfluxURL == "" {
		if err := a.createBuckets(ctx, &a.stores[0]); err != nil {
			return err
		}
		away = a.stores[1:]
	}
	for _, t := range away {
		a.work("buckets", func(ctx context.Context) error { return a.ensureBuckets(ctx, t) })
	}
	return a.openParking(ctx)
}

func (a *App) openTarget(t *storeTarget) error {
	metrics := prometheus.WrapRegistererWith(prometheus.Labels{"target": t.name}, a.metrics)
	var err error
	t.client, err = influx.NewClient(influx.Options{URL: t.url, Token: t.token, Org: t.org, Logger: a.log.With("target", t.name), Metrics: metrics})
	if err != nil {
		return err
	}
	a.life.push("store client", func(context.Context) error { t.client.Close(); return nil })
	t.writer, err = influx.NewWriter(t.client)
	return err
}

// buckets are t's, without their retentions.
func (t *storeTarget) buckets() []influx.Bucket { return bucketsOf(t.bucket, schema.Retention{}) }

// ensureBuckets tries until the operator's InfluxDB is there.
func (a *App) ensureBuckets(ctx context.Context, t storeTarget) error {
	for {
		err := a.createBuckets(ctx, &t)
		if err == nil || ctx.Err() != nil {
			return nil
		}
		a.log.Warn("InfluxDB is not ready; its points wait", "target", t.name, "error", err)
		select {
		case <-time.After(5 * time.Second):
		case <-ctx.Done():
			return nil
		}
	}
}

// openParking opens the stream of parked lines. Lines of a target that is no
// longer configured stay in it.
func (a *App) openParking(ctx context.Context) error {
	_, js, err := a.stream("parked lines")
	if err != nil {
		return err
	}
	if a.parked, err = park.Open(ctx, js, park.Options{MaxBytes: a.opt.Config.InfluxParkedMaxBytes}); err != nil {
		return err
	}
	names, err := a.parked.Targets(ctx)
	for _, name := range names {
		if !slices.ContainsFunc(a.stores, func(t storeTarget) bool { return t.name == name }) {
			a.log.Error("lines are parked for a target that is no longer in RIONE_INFLUX_TARGETS; name it there again, and they are written", "target", name)
		}
	}
	return err
}

// targets returns where the processor of a partition writes to.
func (a *App) targets(ctx context.Context, partition int) ([]process.Target, error) {
	out := make([]process.Target, len(a.stores))
	for i, t := range a.stores {
		queue, err := a.parked.Queue(ctx, t.name, partition)
		if err != nil {
			return nil, err
		}
		out[i] = process.Target{Name: t.name, Store: t.writer, Bucket: t.bucket, Comuni: t.comuni, Parking: queue}
		if len(a.stores) > 1 {
			out[i].Patience = patience
		}
	}
	return out, nil
}

// checkStore asks the InfluxDB when it is the only one. Where there are several,
// one that is away has its lines parked, which is no reason to call all of rione
// unready: `rione doctor` and the metrics tell of it.
func (a *App) checkStore(ctx context.Context) error {
	if len(a.stores) > 1 {
		return nil
	}
	if err := a.stores[0].writer.Down(); err != nil {
		return fmt.Errorf("InfluxDB takes nothing, messages wait in the journal: %w", err)
	}
	if err := a.stores[0].client.Ready(ctx); err != nil {
		return fmt.Errorf("InfluxDB does not answer: %w; check RIONE_INFLUX_URL", err)
	}
	return nil
}
