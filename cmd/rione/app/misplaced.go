package app

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rione/devices"
	"rione/devices/event"
	"rione/devices/reported"
	"rione/devices/reported/keep"
	"rione/geo"
)

// misplaced tells operators of fixed devices that say they are far from where
// they are registered. One event a device is open, until it says otherwise, is
// moved there, or an operator closes the event: the same report is not told again.
type misplaced struct {
	book      *event.Book
	positions *reported.Positions
	registry  interface{ Snapshot() *devices.Snapshot }
}

// awayMetres is more than a receiver between houses errs, and less than a wrong
// street does.
const awayMetres = 500

// Pauses between two looks, and between two moments in which reports are kept.
const (
	misplacedEvery = 10 * time.Second
	reportedEvery  = 5 * time.Second
)

// startReported takes up where devices said that they are, and watches over it.
func (a *App) startReported(ctx context.Context, js jetstream.JetStream) error {
	a.reported = reported.New()
	store, err := keep.Open(ctx, js, keep.Options{Positions: a.reported, Logger: a.log})
	if err != nil {
		return err
	}
	a.work("reported positions", func(ctx context.Context) error { store.Run(ctx, reportedEvery); return nil })
	m := &misplaced{a.watch.book, a.reported, a.registry}
	a.work("misplaced devices", func(ctx context.Context) error {
		m.run(ctx, misplacedEvery, func(err error) { a.log.Error("a misplaced device could not be noted", "error", err) })
		return nil
	})
	return nil
}

func (m *misplaced) run(ctx context.Context, every time.Duration, failed func(error)) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case now := <-tick.C:
			if err := m.look(ctx, now); err != nil && ctx.Err() == nil {
				failed(err)
			}
		case <-ctx.Done():
			return
		}
	}
}

// look compares what devices said with the registry.
func (m *misplaced) look(ctx context.Context, now time.Time) error {
	open := map[string]bool{}
	for _, e := range m.book.List(event.Filter{State: event.Open, Type: event.Misplaced}) {
		open[e.Device] = true
	}
	snapshot := m.registry.Snapshot()
	for id, said := range m.positions.Kept() {
		d := snapshot.Device(id)
		metres := awayFrom(d, said.Point)
		if away := metres >= awayMetres; away == open[id] {
			continue
		}
		alarm := event.Alarm{Device: id, Type: event.Misplaced, Severity: event.Notice, Time: said.Time}
		if d != nil {
			alarm.Comune = d.Current().Comune
		}
		if open[id] {
			alarm.Ends, alarm.Time = true, now.UTC()
		} else {
			alarm.Text = fmt.Sprintf("%s says it is at %.5f, %.5f, %s from where it is registered; place it there (rione devices apply-position %s) or mend the device", id, said.Point.Lat, said.Point.Lon, distance(metres), id)
		}
		if err := m.book.Alarm(ctx, alarm); err != nil {
			return err
		}
	}
	return nil
}

// awayFrom returns how far from its place a device says that it is, metres: 0
// where that tells nothing, of devices that move, are not in service, are in a
// home or have no position of their own.
func awayFrom(d *devices.Device, said geo.Point) float64 {
	if d == nil || d.Retired || d.Moving || d.Premises {
		return 0
	}
	at := d.Current()
	if at.Uncertain {
		return 0
	}
	return geo.Haversine(at.Point, said)
}

func distance(metres float64) string {
	if metres >= 10_000 {
		return fmt.Sprintf("%.0f km", metres/1000)
	}
	return fmt.Sprintf("%.0f m", math.Round(metres))
}
