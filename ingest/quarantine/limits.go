package quarantine

import (
	"cmp"
	"context"
	"errors"

	"github.com/nats-io/nats.go/jetstream"
)

// Limit bounds entries by their number and by their size in bytes.
type Limit struct {
	Entries int
	Bytes   int64
}

func (l Limit) holds(held Limit) bool { return held.Entries <= l.Entries && held.Bytes <= l.Bytes }

// part returns an nth of the limit, one entry at least.
func (l Limit) part(n int) Limit { return Limit{max(l.Entries/n, 1), max(l.Bytes/int64(n), 1)} }

// lowered returns the limit less a twentieth: who passes it is brought down to
// that, so that this is rare.
func (l Limit) lowered() Limit { return Limit{l.Entries - l.Entries/20, l.Bytes - l.Bytes/20} }

func (l Limit) plus(h *head) Limit  { return Limit{l.Entries + 1, l.Bytes + h.size} }
func (l Limit) minus(h *head) Limit { return Limit{l.Entries - 1, l.Bytes - h.size} }

// or takes what l leaves open from another limit.
func (l Limit) or(other Limit) Limit {
	return Limit{cmp.Or(l.Entries, other.Entries), cmp.Or(l.Bytes, other.Bytes)}
}

// scope is what a limit is for.
type scope uint8

// In the order in which their limits are enforced: who is loud goes first, so
// that what is in nobody's way stays.
const (
	ofIdentity scope = iota
	ofComune
	ofAll

	scopes
)

type limits [scopes]Limit

func (o *Options) limits() limits {
	all := Limit{o.MaxEntries, o.MaxBytes}
	return limits{ofIdentity: o.PerIdentity.or(all.part(10)), ofComune: o.PerComune.or(all.part(2)), ofAll: all}
}

// holder is whose entries are counted together.
type holder struct {
	scope scope
	name  string
}

// identity returns whose entry it is: without a device its publisher's.
func (e *Entry) identity() string { return cmp.Or(e.Device, e.Client) }

// holders returns whose entry h is; a comune that nobody knows is one like the
// others.
func holders(h *head) []holder {
	return []holder{{ofIdentity, h.identity()}, {ofComune, h.Comune}, {ofAll, ""}}
}

// usage is what each holder has in quarantine, and who is over a limit.
type usage struct {
	most limits
	held map[holder]Limit
	over [scopes]map[holder]bool
}

func newUsage(most limits) usage {
	u := usage{most: most, held: map[holder]Limit{}}
	for s := range u.over {
		u.over[s] = map[holder]bool{}
	}
	return u
}

func (u *usage) add(h *head) {
	for _, of := range holders(h) {
		u.set(of, u.held[of].plus(h))
	}
}

func (u *usage) subtract(h *head) {
	for _, of := range holders(h) {
		u.set(of, u.held[of].minus(h))
	}
}

func (u *usage) set(of holder, held Limit) {
	u.held[of] = held
	if held.Entries == 0 {
		delete(u.held, of)
	}
	if u.most[of.scope].holds(held) {
		delete(u.over[of.scope], of)
	} else {
		u.over[of.scope][of] = true
	}
}

// evict lets entries expire: those that are too old, and then, scope by scope,
// the first ones of each holder that is over its limit.
func (q *Quarantine) evict(ctx context.Context) error {
	q.mu.Lock()
	old := q.index.old(q.opt.Now().Add(-q.opt.MaxAge))
	q.mu.Unlock()
	err := q.expireBefore(ctx, old)
	for s := range scopes {
		for _, heads := range q.excess(s) {
			if s == ofAll {
				err = errors.Join(err, q.expireBefore(ctx, heads))
				continue
			}
			err = errors.Join(err, q.remove(ctx, heads))
			q.countExpired(heads)
		}
	}
	return err
}

// excess returns what has to go of each holder of the scope.
func (q *Quarantine) excess(s scope) [][]*head {
	q.mu.Lock()
	defer q.mu.Unlock()
	var out [][]*head
	for of := range q.index.usage.over[s] {
		out = append(out, q.index.excess(of, q.index.usage.most[s].lowered()))
	}
	return out
}

// expireBefore removes heads, which come first in the stream, in one go.
func (q *Quarantine) expireBefore(ctx context.Context, heads []*head) error {
	if len(heads) == 0 {
		return nil
	}
	if err := q.stream.Purge(ctx, jetstream.WithPurgeSequence(heads[len(heads)-1].seq+1)); err != nil {
		return err
	}
	q.forget(heads)
	q.countExpired(heads)
	return nil
}

// countExpired counts those of heads that are gone.
func (q *Quarantine) countExpired(heads []*head) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, h := range heads {
		if !q.index.has(h) {
			q.expired.WithLabelValues(string(h.Reason)).Inc()
		}
	}
}
