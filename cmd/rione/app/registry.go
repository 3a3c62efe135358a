package app

import (
	"context"
	"errors"
	"log/slog"

	"rione/cmd/rione/config"
	"rione/devices"
)

// Registry is the registry of a data folder that no rione runs on, for commands
// that work before the first start.
type Registry struct {
	app *App
}

// OpenRegistry holds the data folder and opens the registry in it.
func OpenRegistry(ctx context.Context, c config.Config) (*Registry, error) {
	a, err := start(ctx, Options{Config: c, Logger: slog.New(slog.DiscardHandler)}, (*App).startFolder, (*App).startEngine, (*App).startRegistry, (*App).startAccess, (*App).startPublications)
	if err != nil {
		return nil, err
	}
	return &Registry{app: a}, nil
}

// Snapshot returns the registry as it is now.
func (r *Registry) Snapshot() *devices.Snapshot { return r.app.registry.Snapshot() }

// Apply stores a change set.
func (r *Registry) Apply(ctx context.Context, c devices.ChangeSet) (*devices.Snapshot, error) {
	return r.app.audited.Apply(ctx, c)
}

// PutBoundaries keeps an area file under a name.
func (r *Registry) PutBoundaries(ctx context.Context, author, name string, geojson []byte) error {
	return errors.Join(r.app.audited.PutBoundaries(ctx, author, name, geojson), r.app.places.load(ctx, r.app.registry))
}

// Gazetteer returns the geography in use.
func (r *Registry) Gazetteer() devices.Gazetteer { return r.app.places }

// Places returns the index in use.
func (r *Registry) Places() *Places { return r.app.places }

// Close gives the data folder back.
func (r *Registry) Close() error { return r.app.Close() }
