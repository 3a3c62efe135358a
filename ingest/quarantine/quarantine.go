package quarantine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"
	"unique"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"rione/ingest"
)

// ErrNotFound is returned for an entry that is not (or no longer) there.
var ErrNotFound = errors.New("no such entry in quarantine; `rione quarantine list` shows what is there")

// Options describe the quarantine. Beyond a limit the entries that came first
// expire: of the identity or comune that passed its own, or of all.
type Options struct {
	MaxBytes    int64         // default 1 GiB
	MaxEntries  int           // default 100,000, about 50 MB of memory
	MaxAge      time.Duration // since an entry came here; default 90 days
	PerIdentity Limit         // of a device, or a publisher that names none; default a tenth of all
	PerComune   Limit         // default half of all
	Replicas    int           // default 1
	Heard       func([]Entry) // hears of entries once they are kept; must not block; nil: nobody
	Now         func() time.Time
	Logger      *slog.Logger
	Metrics     prometheus.Registerer
}

// Quarantine is a stream of entries and an index of it in memory. It is safe
// for concurrent use.
type Quarantine struct {
	nc     *nats.Conn
	stream jetstream.Stream
	opt    Options

	changing sync.Mutex // one Replay or Drop at a time, so that none acts on what another takes away

	mu       sync.Mutex
	index    index
	leftover []*head // in the stream and no more in the index

	added, expired *prometheus.CounterVec
}

// Open opens the stream, creating it if needed, and reads its index.
func Open(ctx context.Context, nc *nats.Conn, o Options) (*Quarantine, error) {
	o.MaxBytes = cmp.Or(o.MaxBytes, 1<<30)
	o.MaxEntries = cmp.Or(o.MaxEntries, 100_000)
	o.MaxAge = cmp.Or(o.MaxAge, 90*24*time.Hour)
	o.Replicas = cmp.Or(o.Replicas, 1)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, fmt.Errorf("quarantine: %w", err)
	}
	q := &Quarantine{nc: nc, opt: o, index: newIndex(o.limits())}
	if q.stream, err = openStream(ctx, js, o.Replicas); err != nil {
		return nil, err
	}
	q.measure()
	if err := q.load(ctx); err != nil {
		return nil, err
	}
	q.keepLimits(ctx)
	return q, nil
}

func (q *Quarantine) measure() {
	vec := func(name, help string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "rione", Subsystem: "quarantine", Name: name, Help: help}, []string{"reason"})
	}
	q.added = vec("added_total", "Messages put into quarantine, by reason.")
	q.expired = vec("expired_total", "Messages pushed out of quarantine by its limits, by reason.")
	held := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "rione", Subsystem: "quarantine", Name: "messages", Help: "Messages in quarantine."},
		func() float64 { return float64(q.Len()) })
	if q.opt.Metrics != nil {
		q.opt.Metrics.MustRegister(q.added, q.expired, held)
	}
}

// The largest batch that is written at once.
const (
	batchEntries = 1000
	batchBytes   = 4 << 20
)

// Add writes entries durably, all or none of each batch of up to a thousand.
// Adding an entry again replaces it.
func (q *Quarantine) Add(ctx context.Context, entries []Entry) error {
	for len(entries) > 0 {
		n, size := 0, 0
		for n < len(entries) && n < batchEntries && (n == 0 || size+len(entries[n].Payload) <= batchBytes) {
			size += len(entries[n].Payload)
			n++
		}
		if err := q.addBatch(ctx, entries[:n]); err != nil {
			return fmt.Errorf("quarantine: %w", err)
		}
		if q.opt.Heard != nil {
			q.opt.Heard(entries[:n])
		}
		entries = entries[n:]
	}
	q.keepLimits(ctx)
	return nil
}

func (q *Quarantine) keepLimits(ctx context.Context) {
	if err := errors.Join(q.removeLeftover(ctx), q.evict(ctx)); err != nil {
		q.opt.Logger.Warn("quarantine is over its limits; the next entry tries again", "error", err)
	}
}

func (q *Quarantine) addBatch(ctx context.Context, entries []Entry) error {
	msgs := make([]*nats.Msg, len(entries))
	heads := make([]*head, len(entries))
	for i := range entries {
		var err error
		if msgs[i], err = pack(entries[i], q.nc.MaxPayload()); err != nil {
			return err
		}
		text := msgs[i].Header.Get(entryHeader)
		heads[i] = &head{Entry: entries[i], size: int64(len(msgs[i].Data) + len(text))}
		heads[i].Cut = len(msgs[i].Data) < len(entries[i].Payload)
		heads[i].Payload = nil
		share(&heads[i].Entry)
	}
	last, err := publishTogether(ctx, q.nc, msgs)
	if err != nil {
		return err
	}
	now := q.opt.Now()
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, h := range heads {
		h.whose = unique.Make(whoseOf(msgs[i].Subject)).Value()
		h.seq, h.kept = last-uint64(len(heads)-1-i), now
		q.put(h)
		q.added.WithLabelValues(string(h.Reason)).Inc()
	}
	return nil
}

// put enters h into the index. An entry of the same id that stands under another
// subject has not gone by itself: it is left over.
func (q *Quarantine) put(h *head) {
	if old := q.index.put(h); old != nil && old.whose != h.whose {
		q.leftover = append(q.leftover, old)
	}
}

// Len returns the number of entries.
func (q *Quarantine) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.index.byID)
}

func (q *Quarantine) sorted(f Filter) []*head {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.index.sorted(f)
}

// List returns the entries that fit, newest first, without payloads.
func (q *Quarantine) List(f Filter) []Entry {
	heads := q.sorted(f)
	slices.Reverse(heads)
	if f.Limit > 0 && len(heads) > f.Limit {
		heads = heads[:f.Limit]
	}
	out := make([]Entry, len(heads))
	for i, h := range heads {
		out[i] = h.Entry
	}
	return out
}

// Reasons returns how many messages are there for each reason.
func (q *Quarantine) Reasons() map[ingest.Reason]int {
	q.mu.Lock()
	defer q.mu.Unlock()
	out := map[ingest.Reason]int{}
	for _, h := range q.index.byID {
		out[h.Reason]++
	}
	return out
}

// Groups returns an overview of the entries that fit, largest group first.
func (q *Quarantine) Groups(f Filter) []Group { return groups(q.sorted(f)) }

// Get returns one entry with its payload. It returns ErrNotFound for one that is
// not there.
func (q *Quarantine) Get(ctx context.Context, id string) (Entry, error) {
	q.mu.Lock()
	h := q.index.byID[id]
	q.mu.Unlock()
	if h == nil {
		return Entry{}, ErrNotFound
	}
	msg, err := q.stream.GetMsg(ctx, h.seq)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return Entry{}, ErrNotFound
	}
	if err != nil {
		return Entry{}, fmt.Errorf("quarantine: %w", err)
	}
	e, err := unpack(msg.Header)
	if err != nil {
		return Entry{}, fmt.Errorf("quarantine entry %s: %w", id, err)
	}
	e.Payload = msg.Data
	return e, nil
}

// Drop removes the entries that fit and returns how many.
func (q *Quarantine) Drop(ctx context.Context, f Filter, ids ...string) (int, error) {
	q.changing.Lock()
	defer q.changing.Unlock()
	heads := q.chosen(f, ids)
	return len(heads), q.remove(ctx, heads)
}

// chosen returns the entries of the given ids, or, without ids, all that fit.
func (q *Quarantine) chosen(f Filter, ids []string) []*head {
	all := q.sorted(f)
	if len(ids) == 0 {
		return all
	}
	wanted := make(map[string]bool, len(ids))
	for _, id := range ids {
		wanted[id] = true
	}
	return slices.DeleteFunc(all, func(h *head) bool { return !wanted[h.ID] })
}
