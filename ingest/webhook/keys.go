package webhook

import (
	"crypto/sha256"
	"sync"
	"time"

	"rione/ingest"
)

// maxKey is the longest idempotency key in bytes.
const maxKey = 255

// keys remembers the pushes of the last while by their idempotency keys, so
// that a client that heard no answer can send the same again. A key belongs to
// one token and path. It is lost with the process: a reading that comes twice
// over a restart overwrites itself in the store.
type keys struct {
	window time.Duration
	most   int

	mu    sync.Mutex
	known map[[sha256.Size]byte]*known
	order []*known // by age
}

type known struct {
	id   [sha256.Size]byte
	body [sha256.Size]byte
	push *push
	at   time.Time
}

func newKeys(window time.Duration, most int) *keys {
	return &keys{window: window, most: most, known: map[[sha256.Size]byte]*known{}}
}

// claim returns the push that has the key: p when it is the first with it, or
// there is no key. It returns false when the key came with another body.
func (k *keys) claim(m *ingest.Message, key string, p *push) (*push, bool) {
	if key == "" {
		return p, true
	}
	e := &known{id: idOf(m, key), body: sha256.Sum256(m.Payload), push: p, at: time.Now()}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.forget(e.at)
	if before := k.known[e.id]; before != nil {
		return before.push, before.body == e.body
	}
	k.known[e.id] = e
	k.order = append(k.order, e)
	return p, true
}

// settle forgets the key of a push that failed, so that the next one with it is
// a new attempt.
func (k *keys) settle(m *ingest.Message, key string, p *push) {
	if key == "" || p.err == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if id := idOf(m, key); k.known[id] != nil && k.known[id].push == p {
		delete(k.known, id)
	}
}

// forget drops what is too old or too much.
func (k *keys) forget(now time.Time) {
	n := 0
	for ; n < len(k.order) && (len(k.order)-n >= k.most || now.Sub(k.order[n].at) > k.window); n++ {
		if e := k.order[n]; k.known[e.id] == e {
			delete(k.known, e.id)
		}
	}
	clear(k.order[:n])
	k.order = k.order[n:]
}

// idOf names a key within its token and path.
func idOf(m *ingest.Message, key string) [sha256.Size]byte {
	return sha256.Sum256([]byte(m.Client + "\x00" + m.Topic + "\x00" + key))
}
