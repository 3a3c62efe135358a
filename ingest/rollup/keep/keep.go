// Package keep keeps in NATS JetStream what rollups must not forget: until when
// windows are made, in a key-value bucket, and which of them late readings
// touched, in a stream.
package keep

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rione/ingest/rollup"
	"rione/ingest/schema"
)

// Names in JetStream.
const (
	bucket       = "RIONE_ROLLUP"
	watermarkKey = "watermark"
	placesKey    = "places"
	lateStream   = "RIONE_ROLLUP_LATE"
	lateSubject  = "rione.rollup.late"
)

// Marks travel in messages of marksTogether; so many messages are read at once
// that memory stays bounded when history is imported.
const (
	marksTogether    = 2000
	messagesTogether = 50
)

// Options of a Store.
type Options struct {
	Name     string       // of the store, where there are several; [a-z0-9-], "" for the first
	Replicas int          // of what is yet to be created, 0 means 1
	Logger   *slog.Logger // nil discards
}

// Store implements rollup.Keeper. It is safe for concurrent use.
type Store struct {
	js    jetstream.JetStream
	kv    jetstream.KeyValue
	marks jetstream.Stream
	late  string // subject of the marks
	log   *slog.Logger
}

var _ rollup.Keeper = (*Store)(nil)

// Open opens what js keeps, and creates what is missing.
func Open(ctx context.Context, js jetstream.JetStream, o Options) (*Store, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	replicas := max(1, o.Replicas)
	bucket, lateStream, lateSubject := bucket, lateStream, lateSubject
	if o.Name != "" {
		bucket, lateStream, lateSubject = bucket+"-"+o.Name, lateStream+"-"+o.Name, lateSubject+"."+o.Name
	}
	kv, err := js.KeyValue(ctx, bucket)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		kv, err = js.CreateKeyValue(ctx, jetstream.KeyValueConfig{
			Bucket: bucket, Description: "until when rollups are made", Storage: jetstream.FileStorage, Replicas: replicas,
		})
	}
	if err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", bucket, err)
	}
	marks, err := js.Stream(ctx, lateStream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		marks, err = js.CreateStream(ctx, jetstream.StreamConfig{
			Name: lateStream, Description: "windows that late readings touched", Subjects: []string{lateSubject},
			Storage: jetstream.FileStorage, Replicas: replicas,
		})
	}
	if err != nil {
		return nil, fmt.Errorf("open stream %s: %w", lateStream, err)
	}
	return &Store{js: js, kv: kv, marks: marks, late: lateSubject, log: o.Logger}, nil
}

// Watermark implements rollup.Keeper.
func (s *Store) Watermark(ctx context.Context) (time.Time, error) {
	e, err := s.kv.Get(ctx, watermarkKey)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("read the watermark of rollups: %w", err)
	}
	t, err := time.Parse(time.RFC3339, string(e.Value()))
	if err != nil {
		return time.Time{}, fmt.Errorf("the watermark of rollups is damaged: %w; delete the key %s of %s to begin anew", err, watermarkKey, s.kv.Bucket())
	}
	return t, nil
}

// SetWatermark implements rollup.Keeper.
func (s *Store) SetWatermark(ctx context.Context, t time.Time) error {
	if _, err := s.kv.PutString(ctx, watermarkKey, t.UTC().Format(time.RFC3339)); err != nil {
		return fmt.Errorf("keep the watermark of rollups: %w", err)
	}
	return nil
}

// Places implements rollup.Keeper.
func (s *Store) Places(ctx context.Context) (map[schema.Level]time.Time, error) {
	e, err := s.kv.Get(ctx, placesKey)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read since when windows of places stand: %w", err)
	}
	var named map[string]time.Time
	if err := json.Unmarshal(e.Value(), &named); err != nil {
		return nil, fmt.Errorf("since when windows of places stand is damaged: %w; delete the key %s of %s to make them anew", err, placesKey, s.kv.Bucket())
	}
	out := map[schema.Level]time.Time{}
	for name, t := range named {
		if l, ok := schema.ParseLevel(name); ok {
			out[l] = t
		}
	}
	return out, nil
}

// SetPlaces implements rollup.Keeper.
func (s *Store) SetPlaces(ctx context.Context, since map[schema.Level]time.Time) error {
	named := map[string]time.Time{}
	for l, t := range since {
		named[l.String()] = t.UTC()
	}
	b, err := json.Marshal(named)
	if err == nil {
		_, err = s.kv.Put(ctx, placesKey, b)
	}
	if err != nil {
		return fmt.Errorf("keep since when windows of places stand: %w", err)
	}
	return nil
}

// Note implements rollup.Keeper.
func (s *Store) Note(ctx context.Context, marks []rollup.Mark) error {
	for part := range slices.Chunk(marks, marksTogether) {
		b, err := json.Marshal(part)
		if err != nil {
			return fmt.Errorf("encode marks: %w", err)
		}
		if _, err := s.js.Publish(ctx, s.late, b); err != nil {
			return fmt.Errorf("note late readings: %w", err)
		}
	}
	return nil
}

// Noted implements rollup.Keeper. A damaged message is logged and passed over:
// its windows stay as they are.
func (s *Store) Noted(ctx context.Context) (marks []rollup.Mark, through uint64, err error) {
	info, err := s.marks.Info(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("read late readings: %w", err)
	}
	if info.State.Msgs == 0 {
		return nil, 0, nil
	}
	first := info.State.FirstSeq
	last := min(info.State.LastSeq, first+messagesTogether-1)
	for seq := first; seq <= last; seq++ {
		m, err := s.marks.GetMsg(ctx, seq)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue
		}
		if err != nil {
			return nil, 0, fmt.Errorf("read late readings: %w", err)
		}
		var part []rollup.Mark
		if err := json.Unmarshal(m.Data, &part); err != nil {
			s.log.Error("a note of late readings is damaged; their windows stay as they are", "sequence", seq, "error", err)
			continue
		}
		marks = append(marks, part...)
	}
	return marks, last, nil
}

// Forget implements rollup.Keeper.
func (s *Store) Forget(ctx context.Context, through uint64) error {
	if err := s.marks.Purge(ctx, jetstream.WithPurgeSequence(through+1)); err != nil {
		return fmt.Errorf("forget late readings: %w", err)
	}
	return nil
}

// Waiting returns how many notes of late readings are yet to be worked off.
func (s *Store) Waiting(ctx context.Context) (uint64, error) {
	info, err := s.marks.Info(ctx)
	if err != nil {
		return 0, fmt.Errorf("count late readings: %w", err)
	}
	return info.State.Msgs, nil
}
