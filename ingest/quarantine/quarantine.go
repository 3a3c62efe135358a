package quarantine

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"rione/ingest"
)

// StreamName is the JetStream stream of the quarantine.
const StreamName = "RIONE_QUARANTINE"

const subjectPrefix = "rione.quarantine."

// ErrNotFound is returned for an entry that is not (or no longer) there.
var ErrNotFound = errors.New("no such entry in quarantine; `rione quarantine list` shows what is there")

// Options describe the quarantine.
type Options struct {
	MaxBytes int64 // default 1 GiB; beyond it the oldest entries expire
	Replicas int   // default 1
	Logger   *slog.Logger
	Metrics  prometheus.Registerer
}

// Quarantine is a stream of entries and an index of it in memory. It is safe
// for concurrent use.
type Quarantine struct {
	nc     *nats.Conn
	js     jetstream.JetStream
	stream jetstream.Stream
	opt    Options

	mu    sync.Mutex
	heads map[string]*head // by id
	bytes int64

	added, expired *prometheus.CounterVec
	held           prometheus.GaugeFunc
}

// head is what the index keeps of an entry.
type head struct {
	Entry        // without payload
	seq   uint64 // in the stream
	size  int64
}

// Open opens the stream, creating it if needed, and reads its index.
func Open(ctx context.Context, nc *nats.Conn, o Options) (*Quarantine, error) {
	o.MaxBytes = cmp.Or(o.MaxBytes, 1<<30)
	o.Replicas = cmp.Or(o.Replicas, 1)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, fmt.Errorf("quarantine: %w", err)
	}
	q := &Quarantine{nc: nc, js: js, opt: o, heads: map[string]*head{}}
	q.stream, err = js.Stream(ctx, StreamName)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		q.stream, err = js.CreateStream(ctx, jetstream.StreamConfig{
			Name: StreamName, Description: "messages that did not become points", Subjects: []string{subjectPrefix + "*"},
			Storage: jetstream.FileStorage, Replicas: o.Replicas,
			// An entry is written again when its record is processed again:
			// the subject is its place in the journal, and the newest stays.
			MaxMsgsPerSubject: 1, AllowAtomicPublish: true, AllowDirect: true,
		})
	}
	if err != nil {
		return nil, fmt.Errorf("quarantine stream: %w", err)
	}
	q.measure()
	return q, q.load(ctx)
}

func (q *Quarantine) measure() {
	vec := func(name, help string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "rione", Subsystem: "quarantine", Name: name, Help: help}, []string{"reason"})
	}
	q.added = vec("added_total", "Messages put into quarantine, by reason.")
	q.expired = vec("expired_total", "Messages pushed out of quarantine by its size limit, by reason.")
	q.held = prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "rione", Subsystem: "quarantine", Name: "messages", Help: "Messages in quarantine."},
		func() float64 { return float64(q.Len()) })
	if q.opt.Metrics != nil {
		q.opt.Metrics.MustRegister(q.added, q.expired, q.held)
	}
}

// load reads the whole stream once and keeps the heads.
func (q *Quarantine) load(ctx context.Context) error {
	left := q.stream.CachedInfo().State.Msgs
	if left == 0 {
		return nil
	}
	c, err := q.stream.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{})
	if err != nil {
		return fmt.Errorf("quarantine: %w", err)
	}
	it, err := c.Messages()
	if err != nil {
		return fmt.Errorf("quarantine: %w", err)
	}
	defer it.Stop()
	for ; left > 0; left-- {
		msg, err := it.Next(jetstream.NextContext(ctx))
		if err != nil {
			return fmt.Errorf("quarantine: %w", err)
		}
		meta, err := msg.Metadata()
		if err != nil {
			return fmt.Errorf("quarantine: %w", err)
		}
		var e Entry
		if err := json.Unmarshal(msg.Data(), &e); err != nil {
			q.opt.Logger.Error("quarantine entry cannot be read and is left alone", "sequence", meta.Sequence.Stream, "error", err)
			continue
		}
		q.remember(e, meta.Sequence.Stream, int64(len(msg.Data())))
	}
	return nil
}

func (q *Quarantine) remember(e Entry, seq uint64, size int64) {
	if old := q.heads[e.ID]; old != nil {
		q.bytes -= old.size
	}
	e.Payload = nil
	q.heads[e.ID] = &head{Entry: e, seq: seq, size: size}
	q.bytes += size
}

// Add writes entries durably, all or none of each call's chunks. Adding an
// entry again replaces it.
func (q *Quarantine) Add(ctx context.Context, entries []Entry) error {
	for chunk := range slices.Chunk(entries, 1000) {
		if err := q.addChunk(ctx, chunk); err != nil {
			return err
		}
	}
	return q.evict(ctx)
}

func (q *Quarantine) addChunk(ctx context.Context, entries []Entry) error {
	msgs := make([]*nats.Msg, len(entries))
	for i := range entries {
		data, err := entries[i].marshal()
		if err != nil {
			return fmt.Errorf("quarantine: %w", err)
		}
		msgs[i] = &nats.Msg{Subject: subjectPrefix + entries[i].ID, Data: data}
	}
	last, err := publishTogether(ctx, q.nc, msgs)
	if err != nil {
		return fmt.Errorf("quarantine: %w", err)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for i := range entries {
		q.remember(entries[i], last-uint64(len(entries)-1-i), int64(len(msgs[i].Data)))
		q.added.WithLabelValues(string(entries[i].Reason)).Inc()
	}
	return nil
}

// evict lets the oldest entries expire until the size limit holds.
func (q *Quarantine) evict(ctx context.Context) error {
	q.mu.Lock()
	over := q.bytes - q.opt.MaxBytes
	q.mu.Unlock()
	if over <= 0 {
		return nil
	}
	for _, h := range q.sorted(Filter{}) {
		if over <= 0 {
			break
		}
		if err := q.remove(ctx, h); err != nil {
			return err
		}
		q.expired.WithLabelValues(string(h.Reason)).Inc()
		over -= h.size
	}
	return nil
}

func (q *Quarantine) remove(ctx context.Context, h *head) error {
	if err := q.stream.DeleteMsg(ctx, h.seq); err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) && !errors.Is(err, jetstream.ErrMsgDeleteUnsuccessful) {
		return fmt.Errorf("quarantine: %w", err)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.heads[h.ID] == h {
		q.bytes -= h.size
		delete(q.heads, h.ID)
	}
	return nil
}

// sorted returns the heads that fit, oldest first.
func (q *Quarantine) sorted(f Filter) []*head {
	q.mu.Lock()
	defer q.mu.Unlock()
	var out []*head
	for _, h := range q.heads {
		if f.fits(h) {
			out = append(out, h)
		}
	}
	slices.SortFunc(out, func(a, b *head) int {
		return cmp.Or(a.Received.Compare(b.Received), strings.Compare(a.ID, b.ID))
	})
	return out
}

// Len returns the number of entries.
func (q *Quarantine) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.heads)
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

// Groups returns an overview of the entries that fit, largest group first.
func (q *Quarantine) Groups(f Filter) []Group {
	type key struct {
		reason ingest.Reason
		field  string
	}
	groups := map[key]*Group{}
	devices := map[key]map[string]bool{}
	for _, h := range q.sorted(f) {
		k := key{h.Reason, h.Field}
		if groups[k] == nil {
			groups[k] = &Group{Reason: h.Reason, Field: h.Field, Hint: Hint(h.Reason)}
			devices[k] = map[string]bool{}
		}
		g := groups[k]
		g.Count++
		g.Detail, g.Newest = h.Detail, h.Received
		devices[k][h.Device] = true
	}
	out := make([]Group, 0, len(groups))
	for k, g := range groups {
		g.Devices = len(devices[k])
		out = append(out, *g)
	}
	slices.SortFunc(out, func(a, b Group) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(string(a.Reason)+a.Field, string(b.Reason)+b.Field))
	})
	return out
}

// Get returns one entry with its payload.
func (q *Quarantine) Get(ctx context.Context, id string) (Entry, error) {
	q.mu.Lock()
	h := q.heads[id]
	q.mu.Unlock()
	if h == nil {
		return Entry{}, ErrNotFound
	}
	msg, err := q.stream.GetMsg(ctx, h.seq)
	if err != nil {
		return Entry{}, fmt.Errorf("quarantine: %w", err)
	}
	var e Entry
	if err := json.Unmarshal(msg.Data, &e); err != nil {
		return Entry{}, fmt.Errorf("quarantine entry %s: %w", id, err)
	}
	return e, nil
}

// Drop removes the entries that fit and returns how many.
func (q *Quarantine) Drop(ctx context.Context, f Filter, ids ...string) (int, error) {
	n := 0
	for _, h := range q.chosen(f, ids) {
		if err := q.remove(ctx, h); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// chosen returns the entries of the given ids, or, without ids, all that fit.
func (q *Quarantine) chosen(f Filter, ids []string) []*head {
	all := q.sorted(f)
	if len(ids) == 0 {
		return all
	}
	return slices.DeleteFunc(all, func(h *head) bool { return !slices.Contains(ids, h.ID) })
}

// Replay hands the entries that fit to in, oldest first, as messages of the
// door "replay", and removes each one once its message is durable in the
// journal again. It returns how many were handed over.
func (q *Quarantine) Replay(ctx context.Context, in ingest.Intake, f Filter, ids ...string) (int, error) {
	heads := q.chosen(f, ids)
	w := newWaiter(len(heads))
	for i, h := range heads {
		e, err := q.Get(ctx, h.ID)
		if err != nil {
			return 0, err
		}
		m := e.Message()
		m.Door = ReplayDoor
		if err := in.Submit(&m, w, uint64(i)); err != nil {
			return 0, fmt.Errorf("quarantine replay: %w", err)
		}
	}
	n := 0
	for range heads {
		out, err := w.next(ctx)
		if err != nil {
			return n, err
		}
		if err := q.remove(ctx, heads[out]); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// ReplayDoor is the door of messages that come out of quarantine. The ledger
// counts them anew; their publisher stays the one that their first door knew.
const ReplayDoor = "replay"

// waiter is the ingest.Acker of a replay.
type waiter struct {
	outcomes chan outcome
}

type outcome struct {
	token uint64
	err   error
}

func newWaiter(n int) *waiter { return &waiter{outcomes: make(chan outcome, n)} }

// Ack implements ingest.Acker. The channel has room for every outcome.
func (w *waiter) Ack(token uint64, err error) { w.outcomes <- outcome{token, err} }

// Flush implements ingest.Acker.
func (w *waiter) Flush() {}

func (w *waiter) next(ctx context.Context) (uint64, error) {
	select {
	case o := <-w.outcomes:
		return o.token, o.err
	case <-ctx.Done():
		return 0, ctx.Err()
	case <-time.After(time.Minute):
		return 0, errors.New("the journal takes no records; the rest stays in quarantine")
	}
}
