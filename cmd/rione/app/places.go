package app

import (
	"bytes"
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"rione/devices"
	"rione/devices/changelog"
	"rione/geo"
)

// Places is the geography in use: the boundaries that were imported, or, where
// a comune has no zones of its own in the demo, schematic ones.
type Places struct {
	index     atomic.Pointer[geo.Index]
	schematic []geo.Area
	log       *slog.Logger
}

var _ devices.Gazetteer = (*Places)(nil)

func newPlaces(schematic []geo.Area, log *slog.Logger) *Places {
	p := &Places{schematic: schematic, log: log}
	p.index.Store(geo.NewIndex(schematic))
	return p
}

func (p *Places) gazetteer() devices.Gazetteer { return devices.NewGazetteer(p.index.Load()) }

// Check implements devices.Gazetteer.
func (p *Places) Check(at geo.Point, comune string, from time.Time) error {
	return p.gazetteer().Check(at, comune, from)
}

// Zone implements devices.Gazetteer.
func (p *Places) Zone(at geo.Point, comune string) string { return p.gazetteer().Zone(at, comune) }

// Centre implements devices.Gazetteer.
func (p *Places) Centre(comune string) (geo.Point, bool) { return p.gazetteer().Centre(comune) }

// Locate returns the comune and zone of a point.
func (p *Places) Locate(at geo.Point) geo.Place { return p.index.Load().Locate(at) }

// areas returns what the map draws.
func (p *Places) areas() []geo.Area { return p.index.Load().Areas() }

// load reads the imported boundaries again.
func (p *Places) load(ctx context.Context, log *changelog.Log) error {
	files, err := log.Boundaries(ctx)
	if err != nil {
		return err
	}
	areas := p.schematic
	for _, f := range files {
		read, problems, err := geo.ReadBoundaries(bytes.NewReader(f.GeoJSON))
		if err != nil {
			return err
		}
		if len(problems) > 0 {
			p.log.Warn("boundaries have problems", "file", f.Name, "problems", len(problems), "first", problems[0].String())
		}
		areas = geo.Merge(areas, read)
	}
	p.index.Store(geo.NewIndex(areas))
	return nil
}

// follow loads the boundaries whenever they change, until ctx ends.
func (p *Places) follow(ctx context.Context, log *changelog.Log) error {
	changed, err := log.WatchBoundaries(ctx)
	if err != nil {
		return err
	}
	for range changed {
		if err := p.load(ctx, log); err != nil && ctx.Err() == nil {
			p.log.Error("boundaries cannot be loaded; the ones before stay in use", "error", err)
		}
	}
	return nil
}
