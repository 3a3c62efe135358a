package api

import (
	"context"

	"rione/devices"
	"rione/ingest"
)

// LatestOptions configure a Latest. Zero values mean the defaults.
type LatestOptions struct {
	Devices int // devices kept, default 200,000
}

// Latest keeps the newest value of every field of every device, by the
// device's own time, and tells the live feed what changed. It never goes
// backwards. It is safe for concurrent use.
type Latest struct{}

var _ ingest.Feed = (*Latest)(nil)

// NewLatest makes an empty Latest.
func NewLatest(o LatestOptions) *Latest { return &Latest{} }

// Stored implements ingest.Feed.
func (l *Latest) Stored(points []ingest.Point) {}

// Rebuild fills l from the store, as after a restart. Values that arrive
// meanwhile are kept when they are newer.
func (l *Latest) Rebuild(ctx context.Context, store Store, snapshot *devices.Snapshot) error {
	return nil
}
