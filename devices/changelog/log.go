// Package changelog keeps the registry of devices in NATS JetStream: a stream
// of change sets, folded into a snapshot in memory.
package changelog

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"rione/devices"
)

// Options of a Log.
type Options struct {
	Logger   *slog.Logger          // nil discards
	Metrics  prometheus.Registerer // nil none
	Replicas int                   // of the streams, 0 means 1
}

// ErrConflict is returned by Apply when the registry is not at the revision
// that the change set expects.
var ErrConflict = errors.New("the registry changed meanwhile")

// Change is what one change set did to one device.
type Change struct {
	Revision uint64          `json:"revision"`
	Time     time.Time       `json:"time"`
	Author   string          `json:"author"`
	Note     string          `json:"note,omitempty"`
	Before   *devices.Device `json:"before,omitempty"` // nil when it was new
	After    *devices.Device `json:"after"`
}

// Log is the registry's store.
type Log struct{}

// Open returns the registry that js keeps.
func Open(ctx context.Context, js jetstream.JetStream, o Options) (*Log, error) {
	return nil, errors.New("not built yet")
}

// Snapshot returns the registry as it is now.
func (l *Log) Snapshot() *devices.Snapshot { return &devices.Snapshot{} }

// Apply stores a change set and returns the registry after it.
func (l *Log) Apply(ctx context.Context, c devices.ChangeSet) (*devices.Snapshot, error) {
	return nil, errors.New("not built yet")
}

// Watch returns a channel that holds the newest snapshot.
func (l *Log) Watch() (<-chan *devices.Snapshot, func()) { return nil, func() {} }

// History returns the changes of a device, oldest first.
func (l *Log) History(ctx context.Context, deviceID string) ([]Change, error) {
	return nil, errors.New("not built yet")
}

// PutBoundaries keeps an area file under its name.
func (l *Log) PutBoundaries(ctx context.Context, name string, geojson []byte) error {
	return errors.New("not built yet")
}

// Boundaries returns every area file kept, by name.
func (l *Log) Boundaries(ctx context.Context) (map[string][]byte, error) {
	return nil, errors.New("not built yet")
}

// WatchBoundaries returns a channel that gets a value after a change of the
// area files.
func (l *Log) WatchBoundaries(ctx context.Context) (<-chan struct{}, error) {
	return nil, errors.New("not built yet")
}

// Close ends the watch of the stream.
func (l *Log) Close() error { return nil }
