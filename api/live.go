package api

import (
	"context"
	"sync"
	"time"

	"rione/devices"
)

// The live feed tells, tick by tick, which devices have new latest values. It
// is a view of Latest rather than a queue of readings: what changes several
// times within a tick is told once, and a client that is slow, or was away,
// continues with what changed since it last heard. So nobody's slowness costs
// ingest anything, and memory is bounded by the devices, not by the rate.
const (
	tickTime   = 500 * time.Millisecond
	ringTicks  = 120     // ticks kept encoded, for clients that are a little behind
	ringBudget = 8 << 20 // bytes kept encoded
	objectSize = 384     // bytes of a usual device
)

// batch is one tick: the devices that changed in it, each encoded once for all
// clients.
type batch struct {
	tick    uint64
	changes []change
	size    int
}

type change struct {
	device *devices.Device
	object []byte
}

// hub makes the ticks and lets clients wait for them.
type hub struct {
	latest   *Latest
	registry Registry
	show     func(*devices.Device, time.Time) shown
	now      func() time.Time

	ticking sync.Mutex // one tick at a time
	mu      sync.Mutex
	ring    []batch // ascending by tick, without gaps
	size    int
	head    uint64 // the newest tick
	clients int
	wake    chan struct{} // closed at every tick that changed something
	done    chan struct{} // closed when the feed ends
	ending  sync.Once
}

func newHub(s *Server) *hub {
	return &hub{
		latest: s.o.Latest, registry: s.o.Registry, show: s.shown, now: s.o.Now,
		wake: make(chan struct{}), done: make(chan struct{}),
	}
}

// run makes ticks until ctx ends. Without clients it makes none.
func (h *hub) run(ctx context.Context) {
	ticker := time.NewTicker(tickTime)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if h.count() > 0 {
				h.tick()
			}
		}
	}
}

func (h *hub) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.clients
}

// tick ends the current tick of Latest and publishes what changed in it.
func (h *hub) tick() {
	h.ticking.Lock()
	defer h.ticking.Unlock()
	snapshot, now := h.registry.Snapshot(), h.now()
	var b batch
	b.tick = h.latest.advance(func(l *latestDevice) {
		d := snapshot.Resolve(l.id)
		if d == nil {
			return
		}
		v := h.show(d, now)
		object := appendLatest(make([]byte, 0, objectSize), &v, l)
		b.changes = append(b.changes, change{d, object})
		b.size += len(object)
	})
	h.mu.Lock()
	defer h.mu.Unlock()
	h.head = b.tick
	h.ring = append(h.ring, b)
	h.size += b.size
	for len(h.ring) > ringTicks || h.size > ringBudget && len(h.ring) > 1 {
		h.size -= h.ring[0].size
		h.ring[0] = batch{}
		h.ring = h.ring[1:]
	}
	if len(b.changes) > 0 {
		close(h.wake)
		h.wake = make(chan struct{})
	}
}

// join counts a client and returns the tick that it starts after: what is
// there now it reads from /v1/readings/latest.
func (h *hub) join() (head uint64) {
	if h.count() == 0 {
		h.tick() // what changed while nobody watched is no news
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clients++
	return h.latest.tick.Load() - 1
}

func (h *hub) leave() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clients--
}

// close ends every client's feed.
func (h *hub) close() { h.ending.Do(func() { close(h.done) }) }

// after returns the batches that follow a tick, the newest tick, and a channel
// that is closed when there is more. kept is false when the ring no longer
// reaches back so far.
func (h *hub) after(tick uint64) (batches []batch, head uint64, wake <-chan struct{}, kept bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	head, wake = max(h.head, tick), h.wake
	if len(h.ring) == 0 || tick >= h.head {
		return nil, head, wake, true
	}
	first := h.ring[0].tick
	if tick+1 < first {
		return nil, head, wake, false
	}
	return h.ring[tick+1-first : len(h.ring) : len(h.ring)], head, wake, true
}

// since returns the chosen devices that changed after a tick, from Latest
// itself.
func (h *hub) since(tick uint64, choose *chooser) []change {
	var out []change
	now := h.now()
	for _, d := range h.registry.Snapshot().All() {
		if !choose.wants(d) {
			continue
		}
		v := h.show(d, now)
		h.latest.view(d.ID, func(l *latestDevice) {
			if l != nil && l.tick > tick {
				out = append(out, change{d, appendLatest(nil, &v, l)})
			}
		})
	}
	return out
}
