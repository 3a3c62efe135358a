// Package keep keeps tokens and the audit log in NATS JetStream: tokens in a
// key-value bucket, the audit log in a stream that denies deletion.
package keep

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/nats-io/nats.go/jetstream"

	"rione/devices/access"
)

// Names in JetStream.
const (
	tokenBucket  = "RIONE_TOKENS"
	auditStream  = "RIONE_AUDIT"
	auditSubject = "rione.audit"
)

// Options of a Store.
type Options struct {
	Replicas int          // of what is yet to be created, 0 means 1
	Logger   *slog.Logger // nil discards
}

// Store keeps tokens and the audit log. It is safe for any number of callers.
type Store struct {
	js     jetstream.JetStream
	tokens jetstream.KeyValue
	audit  jetstream.Stream
	log    *slog.Logger

	life   context.Context // ends with Close
	cancel context.CancelFunc
	work   sync.WaitGroup
}

var (
	_ access.TokenStore = (*Store)(nil)
	_ access.Trail      = (*Store)(nil)
)

// Open opens what js keeps, and creates what is missing.
func Open(ctx context.Context, js jetstream.JetStream, o Options) (*Store, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Store{js: js, log: o.Logger}
	replicas := max(1, o.Replicas)
	var err error
	if s.tokens, err = openBucket(ctx, js, replicas); err != nil {
		return nil, err
	}
	if s.audit, err = openAudit(ctx, js, replicas); err != nil {
		return nil, err
	}
	s.life, s.cancel = context.WithCancel(context.WithoutCancel(ctx))
	return s, nil
}

func openBucket(ctx context.Context, js jetstream.JetStream, replicas int) (jetstream.KeyValue, error) {
	bucket, err := js.KeyValue(ctx, tokenBucket)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		bucket, err = js.CreateKeyValue(ctx, jetstream.KeyValueConfig{
			Bucket: tokenBucket, Description: "tokens of people and networks, as hashes",
			Storage: jetstream.FileStorage, Replicas: replicas, History: 1,
		})
	}
	if err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", tokenBucket, err)
	}
	return bucket, nil
}

func openAudit(ctx context.Context, js jetstream.JetStream, replicas int) (jetstream.Stream, error) {
	stream, err := js.Stream(ctx, auditStream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		stream, err = js.CreateStream(ctx, jetstream.StreamConfig{
			Name: auditStream, Description: "who changed what, for ever", Subjects: []string{auditSubject},
			Storage: jetstream.FileStorage, Replicas: replicas, DenyDelete: true, DenyPurge: true,
		})
	}
	if err != nil {
		return nil, fmt.Errorf("open stream %s: %w", auditStream, err)
	}
	return stream, nil
}

// record is a token as it is stored.
type record struct {
	access.Token
	Hash string `json:"hash"` // in hexadecimal digits
}

// Put implements access.TokenStore.
func (s *Store) Put(ctx context.Context, t access.Token) error {
	b, err := json.Marshal(record{Token: t, Hash: hex.EncodeToString(t.Hash[:])})
	if err != nil {
		return fmt.Errorf("encode token %s: %w", t.ID, err)
	}
	if _, err := s.tokens.Put(ctx, t.ID, b); err != nil {
		return fmt.Errorf("keep token %s: %w", t.ID, err)
	}
	return nil
}

// Follow implements access.TokenStore.
func (s *Store) Follow(ctx context.Context, take func(access.Token)) error {
	watcher, err := s.tokens.WatchAll(s.life)
	if err != nil {
		return fmt.Errorf("read bucket %s: %w", tokenBucket, err)
	}
	for {
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), watcher.Stop())
		case e, open := <-watcher.Updates():
			switch {
			case !open:
				return fmt.Errorf("read bucket %s: the watch ended", tokenBucket)
			case e == nil: // all that there are
				s.work.Go(func() { s.goOn(watcher, take) })
				return nil
			}
			s.hand(e, take)
		}
	}
}

// goOn hands over what comes until the store closes.
func (s *Store) goOn(watcher jetstream.KeyWatcher, take func(access.Token)) {
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

// hand hands over one stored token. A damaged one opens no door.
func (s *Store) hand(e jetstream.KeyValueEntry, take func(access.Token)) {
	if e.Operation() != jetstream.KeyValuePut {
		return
	}
	var r record
	err := json.Unmarshal(e.Value(), &r)
	if err == nil {
		var n int
		if n, err = hex.Decode(r.Token.Hash[:], []byte(r.Hash[:min(len(r.Hash), 2*len(r.Token.Hash))])); err == nil && n != len(r.Token.Hash) {
			err = errors.New("its hash is cut off")
		}
	}
	if err != nil {
		s.log.Error("token in the store is damaged and void", "token", e.Key(), "error", err)
		return
	}
	take(r.Token)
}

// Close ends what follows the store and waits for it. It is idempotent.
func (s *Store) Close() error {
	s.cancel()
	s.work.Wait()
	return nil
}
