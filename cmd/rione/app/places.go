package app

import (
	"bytes"
	"context"
	"log/slog"
	"sync/atomic"

	"rione/devices"
	"rione/devices/changelog"
	"rione/geo"
)

// places is the geography in use: the boundaries that were imported, or, where
// a comune has no zones of its own in the demo, schematic ones.
type places struct {
	index     atomic.Pointer[geo.Index]
	schematic []geo.Area
	log       *slog.Logger
}

var _ devices.Gazetteer = (*places)(nil)

func newPlaces(schematic []geo.Area, log *slog.Logger) *places {
	p := &places{schematic: schematic, log: log}
	p.index.Store(geo.NewIndex(schematic))
	return p
}

func (p *places) gazetteer() devices.Gazetteer { return devices.NewGazetteer(p.index.Load()) }

// Check implements devices.Gazetteer.
func (p *places) Check(at geo.Point, comune string) error { return p.gazetteer().Check(at, comune) }

// Zone implements devices.Gazetteer.
func (p *places) Zone(at geo.Point, comune string) string { return p.gazetteer().Zone(at, comune) }

// Centre implements devices.Gazetteer.
func (p *places) Centre(comune string) (geo.Point, bool) { return p.gazetteer().Centre(comune) }

// areas returns what the map draws.
func (p *places) areas() []geo.Area { return p.index.Load().Areas() }

// load reads the imported boundaries again.
func (p *places) load(ctx context.Context, log *changelog.Log) error {
	files, err := log.Boundaries(ctx)
	if err != nil {
		return err
	}
	areas := p.schematic
	for name, b := range files {
		read, problems, err := geo.ReadBoundaries(bytes.NewReader(b))
		if err != nil {
			return err
		}
		if len(problems) > 0 {
			p.log.Warn("boundaries have problems", "file", name, "problems", len(problems), "first", problems[0].String())
		}
		areas = geo.Merge(areas, read)
	}
	p.index.Store(geo.NewIndex(areas))
	return nil
}

// follow loads the boundaries whenever they change, until ctx ends.
func (p *places) follow(ctx context.Context, log *changelog.Log) error {
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
