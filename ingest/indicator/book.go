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

// kept is a fact as the book keeps it.
type kept struct {
	Fact
	Removed bool `json:"removed,omitempty"` // taken back, and perhaps still in the store
}

// Put keeps facts, in place of those of the same indicator, place and date. All
// are checked before the first is kept; what is wrong with them is an ErrBadFact.
func (b *Book) Put(ctx context.Context, facts []Fact) error {
	var errs []error
	seen := map[string]int{}
	for i := range facts {
		err := facts[i].Validate()
		if before, twice := seen[facts[i].key()]; err == nil && twice {
			err = fmt.Errorf("%w: it is of the same indicator, place and date as fact %d; keep one", ErrBadFact, before)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("fact %d: %w", i+1, err))
		}
		seen[facts[i].key()] = i + 1
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	for i := range facts {
		if err := b.put(ctx, kept{Fact: facts[i]}); err != nil {
			return fmt.Errorf("keep fact %d, those before it are kept: %w", i+1, err)
		}
	}
	b.change()
	return nil
}

func (b *Book) put(ctx context.Context, k kept) error {
	value, err := json.Marshal(k)
	if err != nil {
		return err
	}
	_, err = b.kv.Put(ctx, k.key(), value)
	return err
}

func (b *Book) change() {
	select {
	case b.changed <- struct{}{}:
	default:
	}
}

// ErrNoFact is returned by Remove where there is none.
var ErrNoFact = errors.New("there is no such fact; `rione facts list` lists them")

// Remove takes back the fact of that indicator, place and date, whatever it says, and
// returns it.
func (b *Book) Remove(ctx context.Context, f Fact) (Fact, error) {
	if err := f.Validate(); err != nil {
		return f, err
	}
	e, err := b.kv.Get(ctx, f.key())
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return f, ErrNoFact
	}
	if err != nil {
		return f, fmt.Errorf("read a fact: %w", err)
	}
	var k kept
	if err := json.Unmarshal(e.Value(), &k); err != nil || k.Removed {
		return f, errors.Join(err, ErrNoFact)
	}
	k.Removed = true
	if err := b.put(ctx, k); err != nil {
		return f, fmt.Errorf("take a fact back: %w", err)
	}
	b.change()
	return k.Fact, nil
}

// Removal is a fact that was taken back and still stands in the store.
type Removal struct {
	Fact     Fact
	revision uint64 // of its key
}

// List implements Facts: all of them, by initiative, indicator, place and date.
func (b *Book) List(ctx context.Context) (out []Fact, err error) {
	err = b.each(ctx, func(k kept, _ uint64) {
		if !k.Removed {
			out = append(out, k.Fact)
		}
	})
	slices.SortFunc(out, func(a, b Fact) int { return strings.Compare(a.key(), b.key()) })
	return out, err
}

// Removed implements Facts.
func (b *Book) Removed(ctx context.Context) (out []Removal, err error) {
	err = b.each(ctx, func(k kept, revision uint64) {
		if k.Removed {
			out = append(out, Removal{k.Fact, revision})
		}
	})
	return out, err
}

// Forget implements Facts. A fact that was put again meanwhile stays.
func (b *Book) Forget(ctx context.Context, r Removal) error {
	err := b.kv.Purge(ctx, r.Fact.key(), jetstream.LastRevision(r.revision))
	var refused *jetstream.APIError
	if errors.As(err, &refused) &&
		(refused.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence || refused.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant) {
		return nil
	}
	return err
}

// each hands over all that is kept.
func (b *Book) each(ctx context.Context, f func(k kept, revision uint64)) error {
	watch, err := b.kv.WatchAll(ctx, jetstream.IgnoreDeletes())
	if err != nil {
		return fmt.Errorf("read facts: %w", err)
	}
	defer watch.Stop() //nolint:errcheck // only read
	for {
		select {
		case e, ok := <-watch.Updates():
			if !ok {
				return errors.New("read facts: the watch ended")
			}
			if e == nil { // all that there are
				return nil
			}
			var k kept
			if err := json.Unmarshal(e.Value(), &k); err != nil {
				b.log.Error("a fact is damaged and passed over", "key", e.Key(), "error", err)
				continue
			}
			f(k, e.Revision())
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
