package app

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"rione/ingest"
	"rione/ingest/influx"
	"rione/ingest/journal"
	"rione/ingest/schema"
)

// selfFigures tells how rione is itself, so that Grafana shows it beside the city:
// journal, lag, processors, doors, and what is in quarantine for which reason.
type selfFigures struct {
	journal    func(context.Context) (journal.Status, error)
	waiting    func(context.Context) (oldest time.Time, err error)
	processors func() (running, all int)
	doors      func() (open, all int)
	held       func() map[ingest.Reason]int
	write      func(context.Context, []ingest.Point) error

	reasons map[ingest.Reason]bool // that were told: one that has gone is told as none
}

// figuresEvery is how often they are told.
const figuresEvery = 30 * time.Second

// run tells them until ctx ends. While the store does not answer nobody reads
// them either: the next ones follow.
func (f *selfFigures) run(ctx context.Context, failed func(error)) {
	tick := time.NewTicker(figuresEvery)
	defer tick.Stop()
	for {
		if err := f.tell(ctx, time.Now().UTC()); err != nil && ctx.Err() == nil {
			failed(err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (f *selfFigures) tell(ctx context.Context, now time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, eventWriteTime)
	defer cancel()
	s, err := f.journal(ctx)
	if err != nil {
		return err
	}
	oldest, err := f.waiting(ctx)
	if err != nil {
		return err
	}
	lag := 0.0
	if !oldest.IsZero() {
		lag = max(0, now.Sub(oldest).Seconds())
	}
	points := []ingest.Point{
		selfFigure(schema.JournalFilled, "", shareOf(int(s.Bytes), int(s.MaxBytes)), now),
		selfFigure(schema.ProcessingLag, "", lag, now),
		selfFigure(schema.ProcessorsUp, "", shareOf(f.processors()), now),
		selfFigure(schema.DoorsOpen, "", shareOf(f.doors()), now),
	}
	return f.write(ctx, append(points, f.quarantine(now)...))
}

// quarantine tells of each reason that was ever told, and of the most frequent one
// always.
func (f *selfFigures) quarantine(now time.Time) []ingest.Point {
	held := f.held()
	if f.reasons == nil {
		f.reasons = map[ingest.Reason]bool{ingest.UnknownDevice: true}
	}
	for r := range held {
		f.reasons[r] = true
	}
	var out []ingest.Point
	for _, r := range slices.Sorted(maps.Keys(f.reasons)) {
		out = append(out, selfFigure(schema.QuarantineHeld, string(r), float64(held[r]), now))
	}
	return out
}

// shareOf is the percent that a part is of a whole; without a whole it is 0.
func shareOf(part, whole int) float64 {
	if whole <= 0 {
		return 0
	}
	return 100 * float64(part) / float64(whole)
}

func selfFigure(id, subject string, value float64, at time.Time) ingest.Point {
	m := schema.Lookup("indicator")
	tags := []ingest.Tag{{Name: "id", Value: id}, {Name: "initiative", Value: schema.Platform}}
	if subject != "" {
		tags = append(tags, ingest.Tag{Name: "subject", Value: subject})
	}
	return ingest.Point{Measurement: m, Time: at, Tags: tags, Fields: []ingest.FieldValue{{Field: m.Field("value"), Float: value}}}
}

// startFigures tells how rione is itself from now on. Where there are several
// InfluxDBs, the default one has it.
func (a *App) startFigures() {
	f := &selfFigures{
		journal: a.journal.Status, waiting: a.journal.Waiting, held: a.quarantine.Reasons,
		processors: func() (int, int) { return int(a.processors.Load()), a.journal.Partitions() },
		doors:      a.openDoors,
		write: func(ctx context.Context, points []ingest.Point) error {
			batch := influx.NewBatch()
			for i := range points {
				batch.Add(&points[i])
			}
			rejects, err := a.stores[0].writer.Write(ctx, a.stores[0].bucket, batch)
			if err == nil && len(rejects) > 0 {
				err = fmt.Errorf("the store refuses: %s", rejects[0].Detail)
			}
			return err
		},
	}
	a.work("figures of rione itself", func(ctx context.Context) error {
		f.run(ctx, func(err error) {
			a.log.Warn("how rione is itself could not be told; the next figures follow", "error", err)
		})
		return nil
	})
}

// openDoors counts the doors that devices can reach: the MQTT door and the
// subscriptions to external brokers.
func (a *App) openDoors() (open, all int) {
	if a.door.Addr() != nil {
		open++
	}
	for _, d := range a.outer {
		if d.Connected() == nil {
			open++
		}
	}
	return open, 1 + len(a.outer)
}
