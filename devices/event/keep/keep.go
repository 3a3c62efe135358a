// Package keep keeps events, maintenance windows and the checkpoint of presence
// in NATS JetStream. A change of an event is one message of a stream, under a
// subject of its own: the newest of each subject is the event as it is, and
// whoever delivers events follows the stream from where he left off.
package keep

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/klauspost/compress/s2"
	"github.com/nats-io/nats.go/jetstream"

	"rione/devices/event"
)

// Names in JetStream.
const (
	eventStream   = "RIONE_EVENTS"
	subjectPrefix = "rione.events."
	windowBucket  = "RIONE_MAINTENANCE"
	stateBucket   = "RIONE_PRESENCE"
	stateObject   = "checkpoint"
)

// Limits of the stream: changes of one event, and bytes of all.
const (
	changesKept = 32
	bytesKept   = 1 << 30
)

// Options of a Store.
type Options struct {
	Replicas int          // of what is yet to be created, 0 means 1
	Logger   *slog.Logger // nil discards
}

// Store keeps events. It is safe for any number of callers.
type Store struct {
	js      jetstream.JetStream
	stream  jetstream.Stream
	windows jetstream.KeyValue
	state   jetstream.ObjectStore
	log     *slog.Logger
}

var _ event.Store = (*Store)(nil)

// Open opens what js keeps, and creates what is missing.
func Open(ctx context.Context, js jetstream.JetStream, o Options) (*Store, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Store{js: js, log: o.Logger}
	replicas := max(1, o.Replicas)
	var err error
	if s.stream, err = openStream(ctx, js, replicas); err != nil {
		return nil, fmt.Errorf("open stream %s: %w", eventStream, err)
	}
	if s.windows, err = openWindows(ctx, js, replicas); err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", windowBucket, err)
	}
	if s.state, err = openState(ctx, js, replicas); err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", stateBucket, err)
	}
	return s, nil
}

func openStream(ctx context.Context, js jetstream.JetStream, replicas int) (jetstream.Stream, error) {
	stream, err := js.Stream(ctx, eventStream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return js.CreateStream(ctx, jetstream.StreamConfig{
			Name: eventStream, Description: "events and what became of them", Subjects: []string{subjectPrefix + "*"},
			Storage: jetstream.FileStorage, Replicas: replicas,
			MaxMsgsPerSubject: changesKept, MaxBytes: bytesKept, Compression: jetstream.S2Compression,
		})
	}
	return stream, err
}

func openWindows(ctx context.Context, js jetstream.JetStream, replicas int) (jetstream.KeyValue, error) {
	bucket, err := js.KeyValue(ctx, windowBucket)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		return js.CreateKeyValue(ctx, jetstream.KeyValueConfig{
			Bucket: windowBucket, Description: "maintenance windows", Storage: jetstream.FileStorage, Replicas: replicas,
		})
	}
	return bucket, err
}

func openState(ctx context.Context, js jetstream.JetStream, replicas int) (jetstream.ObjectStore, error) {
	bucket, err := js.ObjectStore(ctx, stateBucket)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		return js.CreateObjectStore(ctx, jetstream.ObjectStoreConfig{
			Bucket: stateBucket, Description: "who was heard when", Storage: jetstream.FileStorage, Replicas: replicas,
		})
	}
	return bucket, err
}

// Append implements event.Store. It returns once the change is stored.
func (s *Store) Append(ctx context.Context, e event.Event) error {
	b, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encode event: %w", err)
	}
	_, err = s.js.Publish(ctx, subjectPrefix+e.ID, b, jetstream.WithExpectStream(eventStream))
	return err
}

// Forget implements event.Store.
func (s *Store) Forget(ctx context.Context, id string) error {
	return s.stream.Purge(ctx, jetstream.WithPurgeSubject(subjectPrefix+id))
}

// Load implements event.Store.
func (s *Store) Load(ctx context.Context, each func(event.Event), window func(event.Window)) error {
	if err := s.loadEvents(ctx, each); err != nil {
		return fmt.Errorf("read stream %s: %w", eventStream, err)
	}
	if err := s.loadWindows(ctx, window); err != nil {
		return fmt.Errorf("read bucket %s: %w", windowBucket, err)
	}
	return nil
}

// loadEvents hands over every change that is kept, oldest first.
func (s *Store) loadEvents(ctx context.Context, each func(event.Event)) error {
	info, err := s.stream.Info(ctx)
	if err != nil || info.State.Msgs == 0 {
		return err
	}
	c, err := s.stream.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{DeliverPolicy: jetstream.DeliverLastPerSubjectPolicy, FilterSubjects: []string{subjectPrefix + "*"}})
	if err != nil {
		return err
	}
	it, err := c.Messages()
	if err != nil {
		return err
	}
	defer it.Stop()
	for {
		msg, err := it.Next(jetstream.NextContext(ctx))
		if err != nil {
			return err
		}
		meta, err := msg.Metadata()
		if err != nil {
			return err
		}
		if e, ok := s.read(msg.Subject(), msg.Data()); ok {
			each(e)
		}
		if meta.NumPending == 0 {
			return nil
		}
	}
}

// read reads a change. One that is damaged is left alone.
func (s *Store) read(subject string, data []byte) (e event.Event, ok bool) {
	err := json.Unmarshal(data, &e)
	if err == nil && e.ID != strings.TrimPrefix(subject, subjectPrefix) {
		err = errors.New("its id is not its subject's")
	}
	if err != nil {
		s.log.Error("an event in the store cannot be read and is left alone", "subject", subject, "error", err)
	}
	return e, err == nil
}

func (s *Store) loadWindows(ctx context.Context, window func(event.Window)) error {
	keys, err := s.windows.ListKeys(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = keys.Stop() }() // it has ended, or the error is told already
	for key := range keys.Keys() {
		entry, err := s.windows.Get(ctx, key)
		if err != nil {
			return err
		}
		var w event.Window
		if err := json.Unmarshal(entry.Value(), &w); err != nil {
			s.log.Error("a maintenance window in the store cannot be read and is left alone", "window", key, "error", err)
			continue
		}
		window(w)
	}
	return nil
}

// PutWindow implements event.Store.
func (s *Store) PutWindow(ctx context.Context, w event.Window) error {
	b, err := json.Marshal(w)
	if err != nil {
		return fmt.Errorf("encode window: %w", err)
	}
	_, err = s.windows.Put(ctx, w.ID, b)
	return err
}

// DropWindow implements event.Store.
func (s *Store) DropWindow(ctx context.Context, id string) error { return s.windows.Purge(ctx, id) }

// SaveState keeps the checkpoint of presence in place of the one before.
func (s *Store) SaveState(ctx context.Context, state []byte) error {
	if _, err := s.state.PutBytes(ctx, stateObject, s2.Encode(nil, state)); err != nil {
		return fmt.Errorf("keep the checkpoint of presence: %w", err)
	}
	return nil
}

// maxState bounds what a checkpoint may unfold to, bytes.
const maxState = 1 << 30

// LoadState returns the checkpoint of presence, nil when there is none.
func (s *Store) LoadState(ctx context.Context) ([]byte, error) {
	object, err := s.state.Get(ctx, stateObject)
	if errors.Is(err, jetstream.ErrObjectNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the checkpoint of presence: %w", err)
	}
	defer object.Close()
	packed, err := io.ReadAll(object)
	if err != nil {
		return nil, fmt.Errorf("read the checkpoint of presence: %w", err)
	}
	if n, err := s2.DecodedLen(packed); err != nil || n > maxState {
		return nil, errors.New("the checkpoint of presence is damaged")
	}
	return s2.Decode(nil, packed)
}
