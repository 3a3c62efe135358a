// Package keep keeps the limits that operators set in NATS JetStream, so that
// every process of a city has the same.
package keep

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"

	"github.com/nats-io/nats.go/jetstream"

	"rione/devices/quota"
)

// Names in JetStream.
const (
	bucketName = "RIONE_QUOTA"
	limitsKey  = "limits"
)

// Options of a Store. Quota is required.
type Options struct {
	Quota    *quota.Quota // gets the limits, now and whenever they change
	Replicas int          // of the bucket, where it is yet to be created; 0 means 1
	Logger   *slog.Logger // nil discards
}

// Store keeps limits. It is safe for any number of callers.
type Store struct {
	o      Options
	bucket jetstream.KeyValue
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu       sync.Mutex
	limits   map[quota.Subject]quota.Limits
	revision uint64
}

// Open opens the limits in js, gives them to the quota, and follows them.
func Open(ctx context.Context, js jetstream.JetStream, o Options) (*Store, error) {
	if o.Quota == nil {
		return nil, errors.New("quota: Options.Quota is required")
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Store{o: o}
	var err error
	if s.bucket, err = openBucket(ctx, js, max(1, o.Replicas)); err != nil {
		return nil, err
	}
	if err := s.load(ctx); err != nil {
		return nil, err
	}
	life, cancel := context.WithCancel(context.WithoutCancel(ctx))
	watcher, err := s.bucket.Watch(life, limitsKey, jetstream.UpdatesOnly())
	if err != nil {
		cancel()
		return nil, fmt.Errorf("follow bucket %s: %w", bucketName, err)
	}
	s.cancel = cancel
	s.work.Go(func() { s.follow(life, watcher) })
	return s, nil
}

func openBucket(ctx context.Context, js jetstream.JetStream, replicas int) (jetstream.KeyValue, error) {
	bucket, err := js.KeyValue(ctx, bucketName)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		bucket, err = js.CreateKeyValue(ctx, jetstream.KeyValueConfig{
			Bucket: bucketName, Description: "limits of devices and comuni", Storage: jetstream.FileStorage, Replicas: replicas, History: 1,
		})
	}
	if err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", bucketName, err)
	}
	return bucket, nil
}

// load takes over what the bucket holds.
func (s *Store) load(ctx context.Context) error {
	e, err := s.bucket.Get(ctx, limitsKey)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the limits: %w", err)
	}
	return s.take(e.Value(), e.Revision())
}

func (s *Store) follow(ctx context.Context, watcher jetstream.KeyWatcher) {
	for {
		select {
		case <-ctx.Done():
			return
		case e, open := <-watcher.Updates():
			if !open {
				return
			}
			if e == nil {
				continue
			}
			if err := s.take(e.Value(), e.Revision()); err != nil {
				s.o.Logger.Error("limits cannot be read; those before stay in force", "error", err)
			}
		}
	}
}

// take puts stored limits in force, unless newer ones are.
func (s *Store) take(value []byte, revision uint64) error {
	var stored map[string]quota.Limits
	if err := json.Unmarshal(value, &stored); err != nil {
		return fmt.Errorf("read the limits: %w", err)
	}
	limits := make(map[quota.Subject]quota.Limits, len(stored))
	for text, l := range stored {
		subject, err := quota.ParseSubject(text)
		if err != nil {
			return fmt.Errorf("read the limits: %w", err)
		}
		limits[subject] = l
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if revision > s.revision {
		s.limits, s.revision = limits, revision
		s.o.Quota.Set(limits)
	}
	return nil
}

// All returns the limits that were set.
func (s *Store) All() map[quota.Subject]quota.Limits {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.limits)
}

// tries is how often a change is tried again because another one came between.
const tries = 5

// Set keeps the limits of a subject in place of those set before, and puts them
// in force. Limits that are all 0 give it those of its class again.
func (s *Store) Set(ctx context.Context, subject quota.Subject, l quota.Limits) error {
	if err := l.Validate(); err != nil {
		return err
	}
	var err error
	for range tries {
		if err = s.set(ctx, subject, l); !errors.Is(err, jetstream.ErrKeyExists) {
			return err
		}
		if err := s.load(ctx); err != nil {
			return err
		}
	}
	return err
}

func (s *Store) set(ctx context.Context, subject quota.Subject, l quota.Limits) error {
	s.mu.Lock()
	revision := s.revision
	stored := map[string]quota.Limits{subject.String(): l}
	for other, limits := range s.limits {
		if other != subject {
			stored[other.String()] = limits
		}
	}
	s.mu.Unlock()
	if l == (quota.Limits{}) {
		delete(stored, subject.String())
	}
	b, err := json.Marshal(stored)
	if err != nil {
		return fmt.Errorf("encode the limits: %w", err)
	}
	if revision, err = s.bucket.Update(ctx, limitsKey, b, revision); err != nil {
		return fmt.Errorf("keep the limits: %w", err)
	}
	return s.take(b, revision)
}

// Close ends what follows the limits and waits for it. It is idempotent.
func (s *Store) Close() error {
	s.cancel()
	s.work.Wait()
	return nil
}
