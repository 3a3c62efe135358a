package broker

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"rione/ingest/broker/topic"
)

// Retained is a retained message as a RetainedStore keeps it.
type Retained struct {
	Topic   string
	Payload []byte // empty: the topic has none any more
	QoS     byte
	Expires time.Time // zero: never
	Props   []byte    // MQTT 5 properties as they stand on the wire
}

// RetainedStore keeps retained messages over a restart. Load calls each for
// every message kept, once at Start. Put is called from one goroutine, with the
// newest message of a topic; what it could not put is tried again.
type RetainedStore interface {
	Load(ctx context.Context, each func(Retained)) error
	Put(ctx context.Context, m Retained) error
}

// retained are the retained messages. The store is written behind them, so that
// no ack waits for it; of a topic that changes faster, only the newest is
// written.
type retained struct {
	limits  *Limits
	store   RetainedStore // nil: memory only
	metrics *metrics
	logger  *slog.Logger
	wake    chan struct{} // of one: something is in unsaved
	done    chan struct{}
	ctx     context.Context // of the store; ends a while after done
	cancel  context.CancelFunc

	mu      sync.RWMutex
	tree    topic.Tree[*message]
	count   int
	bytes   int
	unsaved map[string]*message
}

func newRetained(l *Limits, store RetainedStore, m *metrics, logger *slog.Logger) *retained {
	ctx, cancel := context.WithCancel(context.Background())
	return &retained{
		limits: l, store: store, metrics: m, logger: logger,
		wake: make(chan struct{}, 1), done: make(chan struct{}),
		ctx: ctx, cancel: cancel,
		unsaved: map[string]*message{},
	}
}

// load reads the store.
func (r *retained) load(ctx context.Context) error {
	if r.store == nil {
		return nil
	}
	return r.store.Load(ctx, func(m Retained) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.put(&message{topic: m.Topic, payload: m.Payload, qos: m.QoS, retain: true, expires: m.Expires, forwarded: m.Props})
	})
}

// set makes m the retained message of its topic; one without a payload removes
// what is there.
func (r *retained) set(m *message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.put(m) {
		r.metrics.dropRetain.Inc()
		return
	}
	if r.store == nil {
		return
	}
	r.unsaved[m.topic] = m
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// put reports false when there is no room.
func (r *retained) put(m *message) bool {
	old, had := r.tree.Get(m.topic)
	count, bytes := r.count, r.bytes
	if had {
		count, bytes = count-1, bytes-old.size()
	}
	if len(m.payload) == 0 {
		r.tree.Delete(m.topic)
	} else {
		count, bytes = count+1, bytes+m.size()
		if count > r.limits.RetainedMessages || bytes > r.limits.RetainedBytes {
			return false
		}
		r.tree.Set(m.topic, m)
	}
	r.count, r.bytes = count, bytes
	r.metrics.retained.Set(float64(count))
	return true
}

// find returns what a new subscription gets.
func (r *retained) find(filter string, qos byte, id uint32) (found []delivery) {
	var ids []uint32
	if id != 0 {
		ids = []uint32{id}
	}
	now := time.Now()
	r.mu.RLock()
	defer r.mu.RUnlock()
	r.tree.Topics(filter, func(m *message) {
		if !m.expired(now) {
			found = append(found, delivery{message: m, qos: min(m.qos, qos), retain: true, subIDs: ids})
		}
	})
	return found
}

// run writes to the store until close, and then what is left.
func (r *retained) run() {
	const pause = 5 * time.Second // after the store failed
	var again <-chan time.Time
	for {
		select {
		case <-r.wake:
		case <-again:
		case <-r.done:
			r.save()
			return
		}
		again = nil
		if !r.save() {
			again = time.After(pause)
		}
	}
}

// close lets run write what is left, for as long as DrainTimeout.
func (r *retained) close() {
	close(r.done)
	time.AfterFunc(r.limits.DrainTimeout, r.cancel)
}

// save writes what changed. What the store refuses stays for the next time.
func (r *retained) save() (ok bool) {
	r.mu.Lock()
	changed := r.unsaved
	r.unsaved = map[string]*message{}
	r.mu.Unlock()
	for name, m := range changed {
		err := r.store.Put(r.ctx, Retained{Topic: name, Payload: m.payload, QoS: m.qos, Expires: m.expires, Props: m.forwarded})
		if err != nil {
			r.logger.Error("retained message is not saved and will be tried again", "topic", name, "error", err)
			r.keepUnsaved(changed)
			return false
		}
		delete(changed, name)
	}
	return true
}

// keepUnsaved puts back what was not written, unless it changed since.
func (r *retained) keepUnsaved(left map[string]*message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, m := range left {
		if _, newer := r.unsaved[name]; !newer {
			r.unsaved[name] = m
		}
	}
}
