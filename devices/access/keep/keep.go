// Package keep keeps tokens, claim codes and the audit log in NATS JetStream:
// tokens and codes in key-value buckets, the audit log in a stream that denies
// deletion.
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

// Store keeps tokens, claim codes and the audit log. It is safe for any number of callers.
type Store struct {
	js     jetstream.JetStream
	tokens jetstream.KeyValue
	claims jetstream.KeyValue
	audit  jetstream.Stream
	log    *slog.Logger

	life   context.Context // ends with Close
	cancel context.CancelFunc
	work   sync.WaitGroup

	claimsMu       sync.Mutex
	claimRevisions map[string]uint64 // that were seen or put
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
	s := &Store{js: js, log: o.Logger, claimRevisions: make(map[string]uint64)}
	replicas := max(1, o.Replicas)
	var err error
	if s.tokens, err = openBucket(ctx, js, tokenBucket, "tokens of people and networks, as hashes", replicas); err != nil {
		return nil, err
	}
	if s.claims, err = openBucket(ctx, js, claimBucket, "claim codes of installers, as hashes", replicas); err != nil {
		return nil, err
	}
	if s.audit, err = openAudit(ctx, js, replicas); err != nil {
		return nil, err
	}
	s.life, s.cancel = context.WithCancel(context.WithoutCancel(ctx))
	return s, nil
}

func openBucket(ctx context.Context, js jetstream.JetStream, name, what string, replicas int) (jetstream.KeyValue, error) {
	bucket, err := js.KeyValue(ctx, name)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		bucket, err = js.CreateKeyValue(ctx, jetstream.KeyValueConfig{
			Bucket: name, Description: what,
			Storage: jetstream.FileStorage, Replicas: replicas, History: 1,
		})
	}
	if err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", name, err)
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
	return s.follow(ctx, s.tokens, func(e jetstream.KeyValueEntry) {
		var r record
		err := json.Unmarshal(e.Value(), &r)
		if err == nil {
			err = parseHash(&r.Token.Hash, r.Hash)
		}
		if err != nil { // a damaged one opens no door
			s.log.Error("token in the store is damaged and void", "token", e.Key(), "error", err)
			return
		}
		take(r.Token)
	})
}

// parseHash reads a hash of hexadecimal digits.
func parseHash(h *access.Hash, text string) error {
	b, err := hex.DecodeString(text)
	if err == nil && len(b) != len(h) {
		err = errors.New("its hash is cut off")
	}
	copy(h[:], b)
	return err
}

// follow hands over every entry of a bucket, returns once it handed over those
// that there are, and goes on until the store closes.
func (s *Store) follow(ctx context.Context, bucket jetstream.KeyValue, hand func(jetstream.KeyValueEntry)) error {
	watcher, err := bucket.WatchAll(s.life, jetstream.IgnoreDeletes())
	if err != nil {
		return fmt.Errorf("read bucket %s: %w", bucket.Bucket(), err)
	}
	for {
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), watcher.Stop())
		case e, open := <-watcher.Updates():
			switch {
			case !open:
				return fmt.Errorf("read bucket %s: the watch ended", bucket.Bucket())
			case e == nil: // all that there are
				s.work.Go(func() { s.goOn(watcher, hand) })
				return nil
			}
			hand(e)
		}
	}
}

// goOn hands over what comes until the store closes.
func (s *Store) goOn(watcher jetstream.KeyWatcher, hand func(jetstream.KeyValueEntry)) {
	for {
		select {
		case <-s.life.Done():
			return
		case e, open := <-watcher.Updates():
			if !open {
				return
			}
			if e != nil {
				hand(e)
			}
		}
	}
}

// Close ends what follows the store and waits for it. It is idempotent.
func (s *Store) Close() error {
	s.cancel()
	s.work.Wait()
	return nil
}
