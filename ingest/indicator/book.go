package indicator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// factBucket keeps the facts, one a key.
const factBucket = "RIONE_FACTS"

// Book keeps facts in NATS JetStream. It is safe for concurrent use.
type Book struct {
	kv      jetstream.KeyValue
	log     *slog.Logger
	changed chan struct{}
}

var _ Facts = (*Book)(nil)

// OpenBook opens the book that js keeps, or begins it. The logger may be nil.
func OpenBook(ctx context.Context, js jetstream.JetStream, log *slog.Logger) (*Book, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	kv, err := js.KeyValue(ctx, factBucket)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		kv, err = js.CreateKeyValue(ctx, jetstream.KeyValueConfig{
			Bucket: factBucket, Description: "dated facts of initiatives", Storage: jetstream.FileStorage,
		})
	}
	if err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", factBucket, err)
	}
	return &Book{kv: kv, log: log, changed: make(chan struct{}, 1)}, nil
}

// Changed says that facts were put since it was read last.
func (b *Book) Changed() <-chan struct{} { return b.changed }

// key names a fact: the same indicator, place and date is the same fact.
func (f *Fact) key() string {
	subject := ""
	if f.Subject != "" {
		subject = fmt.Sprintf(".s%x", f.Subject)
	}
	return fmt.Sprintf("%s.%s.c%s.z%x%s.%s", f.Initiative, f.ID, f.Comune, f.Zone, subject, DateText(f.Date))
}

// Put keeps facts, in place of those of the same indicator, place and date. All
// are checked before the first is kept.
func (b *Book) Put(ctx context.Context, facts []Fact) error {
	var errs []error
	for i := range facts {
		if err := facts[i].Validate(); err != nil {
			errs = append(errs, fmt.Errorf("fact %d: %w", i+1, err))
		}
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	for i := range facts {
		value, err := json.Marshal(facts[i])
		if err != nil {
			return fmt.Errorf("fact %d: %w", i+1, err)
		}
		if _, err := b.kv.Put(ctx, facts[i].key(), value); err != nil {
			return fmt.Errorf("keep fact %d, those before it are kept: %w", i+1, err)
		}
	}
	select {
	case b.changed <- struct{}{}:
	default:
	}
	return nil
}

// List implements Facts: all of them, by initiative, indicator, place and date.
func (b *Book) List(ctx context.Context) ([]Fact, error) {
	watch, err := b.kv.WatchAll(ctx, jetstream.IgnoreDeletes())
	if err != nil {
		return nil, fmt.Errorf("read facts: %w", err)
	}
	defer watch.Stop() //nolint:errcheck // only read
	var out []Fact
	for {
		select {
		case e, ok := <-watch.Updates():
			if !ok {
				return nil, errors.New("read facts: the watch ended")
			}
			if e == nil { // all that there are
				slices.SortFunc(out, func(a, b Fact) int { return strings.Compare(a.key(), b.key()) })
				return out, nil
			}
			var f Fact
			if err := json.Unmarshal(e.Value(), &f); err != nil {
				b.log.Error("a fact is damaged and passed over", "key", e.Key(), "error", err)
				continue
			}
			out = append(out, f)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
