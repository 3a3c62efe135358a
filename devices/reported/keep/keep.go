// Package keep keeps reported positions in NATS JetStream over restarts.
package keep

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rione/devices/reported"
)

const bucketName = "RIONE_REPORTED"

// Options of a Store. Positions is required.
type Options struct {
	Positions *reported.Positions // gets what was kept, and is kept
	Replicas  int                 // of the bucket, where it is yet to be created; 0 means 1
	Logger    *slog.Logger        // nil discards
}

// Store keeps positions, one key a device.
type Store struct {
	o       Options
	bucket  jetstream.KeyValue
	pending map[string]reported.Position // that could not be written yet
}

// Open opens the bucket in js and restores what it holds. An entry that cannot be
// read is left out with a line in the log: the device will say it again.
func Open(ctx context.Context, js jetstream.JetStream, o Options) (*Store, error) {
	if o.Positions == nil {
		return nil, errors.New("reported: Options.Positions is required")
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	bucket, err := js.KeyValue(ctx, bucketName)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		bucket, err = js.CreateKeyValue(ctx, jetstream.KeyValueConfig{
			Bucket: bucketName, Description: "where devices say that they are", Storage: jetstream.FileStorage, Replicas: max(1, o.Replicas), History: 1,
		})
	}
	if err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", bucketName, err)
	}
	s := &Store{o: o, bucket: bucket, pending: map[string]reported.Position{}}
	return s, s.restore(ctx)
}

func (s *Store) restore(ctx context.Context) error {
	watcher, err := s.bucket.WatchAll(ctx, jetstream.IgnoreDeletes())
	if err != nil {
		return fmt.Errorf("read bucket %s: %w", bucketName, err)
	}
	defer func() { _ = watcher.Stop() }()
	kept := map[string]reported.Position{}
	for {
		select {
		case <-ctx.Done():
			return fmt.Errorf("read bucket %s: %w", bucketName, ctx.Err())
		case e, open := <-watcher.Updates():
			if !open || e == nil { // nil follows what is there already
				s.o.Positions.Restore(kept)
				return nil
			}
			var at reported.Position
			if err := json.Unmarshal(e.Value(), &at); err != nil {
				s.o.Logger.Error("a reported position cannot be read and is forgotten", "device", e.Key(), "error", err)
				continue
			}
			kept[e.Key()] = at
		}
	}
}

// Run keeps what is noted, now and then, until ctx ends, and once more then.
func (s *Store) Run(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			s.tryToKeep(ctx)
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
			defer cancel()
			s.tryToKeep(last)
			return
		}
	}
}

func (s *Store) tryToKeep(ctx context.Context) {
	if err := s.Keep(ctx); err != nil && ctx.Err() == nil {
		s.o.Logger.Error("reported positions wait, since they cannot be kept", "waiting", len(s.pending), "error", err)
	}
}

// Keep writes what was noted since it was called last. What it cannot write, it
// tries again with the next call. Run calls it; nobody else may meanwhile.
func (s *Store) Keep(ctx context.Context) error {
	maps.Copy(s.pending, s.o.Positions.Moved())
	for device, at := range s.pending {
		value, err := json.Marshal(at)
		if err != nil {
			return err
		}
		if _, err := s.bucket.Put(ctx, device, value); err != nil {
			return fmt.Errorf("keep where %s says that it is: %w", device, err)
		}
		delete(s.pending, device)
	}
	return nil
}
