// Package keep keeps publications in a key-value bucket of NATS JetStream.
package keep

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/nats-io/nats.go/jetstream"

	"rione/api/opendata"
)

const bucketName = "RIONE_PUBLICATIONS"

// Options of a Store.
type Options struct {
	Replicas int          // of what is yet to be created, 0 means 1
	Logger   *slog.Logger // nil discards
}

// Store keeps publications. It is safe for any number of callers.
type Store struct {
	bucket jetstream.KeyValue
	log    *slog.Logger

	life   context.Context // ends with Close
	cancel context.CancelFunc
	work   sync.WaitGroup
}

var _ opendata.Keeper = (*Store)(nil)

// Open opens what js keeps, and creates it when it is missing.
func Open(ctx context.Context, js jetstream.JetStream, o Options) (*Store, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	bucket, err := js.KeyValue(ctx, bucketName)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		bucket, err = js.CreateKeyValue(ctx, jetstream.KeyValueConfig{
			Bucket: bucketName, Description: "which data sets are published, and how",
			Storage: jetstream.FileStorage, Replicas: max(1, o.Replicas), History: 16,
		})
	}
	if err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", bucketName, err)
	}
	s := &Store{bucket: bucket, log: o.Logger}
	s.life, s.cancel = context.WithCancel(context.WithoutCancel(ctx))
	return s, nil
}

// Close ends Follow.
func (s *Store) Close() error {
	s.cancel()
	s.work.Wait()
	return nil
}

// Put implements opendata.Keeper.
func (s *Store) Put(ctx context.Context, p opendata.Publication) error {
	b, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encode publication %s: %w", p.ID, err)
	}
	if _, err := s.bucket.Put(ctx, p.ID, b); err != nil {
		return fmt.Errorf("keep publication %s: %w", p.ID, err)
	}
	return nil
}

// Follow implements opendata.Keeper.
func (s *Store) Follow(ctx context.Context, take func(opendata.Publication)) error {
	watcher, err := s.bucket.WatchAll(s.life)
	if err != nil {
		return fmt.Errorf("read bucket %s: %w", bucketName, err)
	}
	for {
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), watcher.Stop())
		case e, open := <-watcher.Updates():
			switch {
			case !open:
				return fmt.Errorf("read bucket %s: the watch ended", bucketName)
			case e == nil: // all that there are
				s.work.Go(func() { s.goOn(watcher, take) })
				return nil
			}
			s.hand(e, take)
		}
	}
}

// goOn hands over what comes until the store closes.
func (s *Store) goOn(watcher jetstream.KeyWatcher, take func(opendata.Publication)) {
	for {
		select {
		case <-s.life.Done():
			return
		case e, open := <-watcher.Updates():
			if !open {
				return
			}
			if e != nil {
				s.hand(e, take)
			}
		}
	}
}

// hand gives a publication on. One that cannot be read is not published: it is
// left out, and said.
func (s *Store) hand(e jetstream.KeyValueEntry, take func(opendata.Publication)) {
	if e.Operation() != jetstream.KeyValuePut {
		return
	}
	var p opendata.Publication
	if err := json.Unmarshal(e.Value(), &p); err != nil || p.Validate() != nil || p.ID != e.Key() {
		s.log.Error("a publication cannot be read and is left out", "publication", e.Key(), "error", err)
		return
	}
	take(p)
}
