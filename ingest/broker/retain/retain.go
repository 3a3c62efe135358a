// Package retain keeps the MQTT door's retained messages in a key-value bucket
// of JetStream, so that they outlive the process.
package retain

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rione/ingest/broker"
)

// Bucket is the name of the bucket.
const Bucket = "rione_mqtt_retained"

// Store is the bucket.
type Store struct{ kv jetstream.KeyValue }

var _ broker.RetainedStore = (*Store)(nil)

// Open opens the bucket, or makes it with that many replicas, of at most
// maxBytes, if it is not there. The settings of one that is there stay as they
// are: JetStream's streams are not safe to change in routine.
func Open(ctx context.Context, js jetstream.JetStream, replicas int, maxBytes int64) (*Store, error) {
	kv, err := js.KeyValue(ctx, Bucket)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		kv, err = js.CreateKeyValue(ctx, jetstream.KeyValueConfig{
			Bucket: Bucket, Description: "retained messages of the MQTT door",
			History: 1, Replicas: replicas, MaxBytes: maxBytes, Storage: jetstream.FileStorage,
		})
	}
	if err != nil {
		return nil, fmt.Errorf("retained messages: bucket %s: %w", Bucket, err)
	}
	return &Store{kv: kv}, nil
}

// entry is the value of a key. The topic stands in it because a key is the
// topic in another alphabet.
type entry struct {
	Topic   string    `json:"topic"`
	Payload []byte    `json:"payload"`
	QoS     byte      `json:"qos"`
	Expires time.Time `json:"expires,omitzero"`
	Props   []byte    `json:"props,omitempty"`
}

// key is a topic in the alphabet that JetStream allows for keys.
func key(topic string) string { return base64.RawURLEncoding.EncodeToString([]byte(topic)) }

// Put implements broker.RetainedStore.
func (s *Store) Put(ctx context.Context, m broker.Retained) error {
	if len(m.Payload) == 0 {
		return s.kv.Purge(ctx, key(m.Topic))
	}
	value, err := json.Marshal(entry(m))
	if err != nil {
		return err
	}
	_, err = s.kv.Put(ctx, key(m.Topic), value)
	return err
}

// Load implements broker.RetainedStore.
func (s *Store) Load(ctx context.Context, each func(broker.Retained)) (err error) {
	w, err := s.kv.WatchAll(ctx, jetstream.IgnoreDeletes())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Stop()) }()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case kept, ok := <-w.Updates():
			if !ok && ctx.Err() != nil { // its end closes the watcher too
				return ctx.Err()
			}
			if !ok {
				return errors.New("retained messages: the connection to the journal's engine was lost")
			}
			if kept == nil { // that was all
				return nil
			}
			var e entry
			if err := json.Unmarshal(kept.Value(), &e); err != nil {
				return fmt.Errorf("retained messages: key %s: %w", kept.Key(), err)
			}
			each(broker.Retained(e))
		}
	}
}
