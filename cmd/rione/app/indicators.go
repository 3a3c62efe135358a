package app

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rione/dashboards"
	"rione/ingest"
	"rione/ingest/indicator"
	"rione/ingest/schema"
)

// startIndicators computes the initiatives' indicators on schedule and keeps
// their facts.
func (a *App) startIndicators(ctx context.Context, js jetstream.JetStream) error {
	var err error
	if a.facts, err = indicator.OpenBook(ctx, js, a.log); err != nil {
		return err
	}
	initiatives := a.initiatives
	known, err := a.known(initiatives)
	if err != nil {
		return err
	}
	r, err := indicator.New(indicator.Options{
		Store: indicatorStore{a.stores, comuniOf(initiatives), a.log}, Facts: a.facts, Known: known, Definitions: definitionsOf(initiatives),
		ClassOf: classOf, Administrations: administrationsOf(initiatives), PlaceOf: a.places.placeOf,
		Silent: a.silent, InService: a.inService, Services: schema.Services(), Bucket: a.opt.Config.InfluxBucket, Logger: a.log,
	})
	if err != nil {
		return err
	}
	a.work("indicators", func(ctx context.Context) error { return r.Run(ctx, a.facts.Changed()) })
	return nil
}

func definitionsOf(initiatives []dashboards.Initiative) []indicator.Definition {
	var out []indicator.Definition
	for _, i := range initiatives {
		for _, n := range i.Indicators {
			d := indicator.Definition{
				Initiative: i.ID, ID: n.ID, Baseline: n.Baseline, Target: n.Target, Comuni: i.Comuni, Split: i.Split,
				Sum: n.Whole == dashboards.WholeSum, Events: n.Events,
			}
			d.Done = doneOf(i, n.ID)
			if n.Ratio != nil {
				d.Ratio = &indicator.Ratio{Of: n.Ratio.Of, Per: n.Ratio.Per}
			}
			if n.Rank != nil {
				d.Rank = &indicator.Rank{Of: n.Rank.Of, Rising: rising(i, n.Rank.Of)}
			}
			if n.Live != nil {
				d.Live = &indicator.Live{Measurement: n.Live.Measurement, Field: n.Live.Field, As: n.Live.As}
			}
			out = append(out, d)
		}
	}
	return out
}

// doneOf returns how an indicator follows from how far things are, nil where it does not.
func doneOf(i dashboards.Initiative, id string) *indicator.Done {
	for _, p := range i.Progress {
		if p.Figure == id {
			return &indicator.Done{Things: slices.Sorted(maps.Keys(p.Things)), State: float64(len(p.States) - 1)}
		}
	}
	return nil
}

func comuniOf(initiatives []dashboards.Initiative) map[string][]string {
	out := map[string][]string{}
	for _, i := range initiatives {
		out[i.ID] = i.Comuni
	}
	return out
}

// rising tells whether more of an indicator is better.
func rising(i dashboards.Initiative, id string) bool {
	return slices.ContainsFunc(i.Indicators, func(n dashboards.Indicator) bool { return n.ID == id && n.Direction == dashboards.Up })
}

// indicatorStore is all targets as the store of indicators.
type indicatorStore struct {
	stores stores
	comuni map[string][]string // of each initiative
	log    *slog.Logger
}

var _ indicator.Store = indicatorStore{}

// QueryEach implements indicator.Store: it asks one target after the other.
func (s indicatorStore) QueryEach(ctx context.Context, bucket, q string, f func(*ingest.Series) error) error {
	for i := range s.stores {
		t := &s.stores[i]
		if err := t.client.QueryEach(ctx, t.bucketOf(bucket, s.stores), q, f); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
	}
	return nil
}

// Write implements indicator.Store: what is of a comune goes to its target, what
// is of an initiative to the one that has all its comuni, all else to the first. The
// first also has what is of comuni of an initiative that is spread over several, so
// that these can be compared.
func (s indicatorStore) Write(ctx context.Context, bucket string, points []ingest.Point) error {
	lots := make([][]ingest.Point, len(s.stores))
	for _, p := range points {
		for _, i := range s.homesOf(p.Tags) {
			lots[i] = append(lots[i], p)
		}
	}
	for i, lot := range lots {
		t := &s.stores[i]
		if err := (rollupStore{t, s.log}).Write(ctx, t.bucketOf(bucket, s.stores), lot); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
	}
	return nil
}

// Delete implements indicator.Store: in every target, since a comune may have moved
// from one to another.
func (s indicatorStore) Delete(ctx context.Context, bucket string, f indicator.Fact, from, to time.Time) error {
	tags := map[string]string{"initiative": f.Initiative, "id": f.ID}
	if f.Comune != "" {
		tags["comune"] = f.Comune
	}
	if f.Zone != "" {
		tags["zone"] = f.Zone
	}
	if f.Subject != "" {
		tags["subject"] = f.Subject
	}
	for i := range s.stores {
		t := &s.stores[i]
		if err := t.client.DeleteSeries(ctx, t.bucketOf(bucket, s.stores), "indicator", tags, from, to); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
	}
	return nil
}

// homesOf returns the indexes of the targets that a point with those tags goes to.
func (s indicatorStore) homesOf(tags []ingest.Tag) []int {
	home, comune, counts := 0, -1, false
	for _, t := range tags {
		switch t.Name {
		case "comune":
			comune = s.stores.indexOf(t.Value)
		case "initiative":
			home, counts = s.stores.indexOfAll(s.comuni[t.Value]), t.Value == schema.Service
		}
	}
	switch {
	case comune < 0 || comune == home:
		return []int{home}
	case counts: // of devices, whose readings are there alone
		return []int{comune}
	case home == 0: // the initiative is spread, or of nobody
		return []int{0, comune}
	}
	return []int{comune}
}
